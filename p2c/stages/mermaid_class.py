"""Mermaid's class diagrams, read line by line as its own grammar does (https://mermaid.js.org/syntax/classDiagram.html)."""

from __future__ import annotations

import re

_NAME = r"(?:`[^`\n]+`|\w[\w\-]*(?:\.\w[\w\-]*)*)(?:~[^~\n]*~)?"
_LABEL = r"(?:\[\"[^\"\n]*\"\])?"
_STYLE = r"(?::::[\w-]+)?"
_TITLE = r"(?::[^:;\n]+)?"
"""What a relation is called; a second colon or a semicolon ends it, and Mermaid cannot go on."""
_ARROW = r"(?:<\||\*|o(?=[-.])|<|\(\))?(?:--|\.\.)(?:\|>|\*|o(?![\w.-])|>|\(\))?"
_CLASS = re.compile(rf"class\s+(?P<name>{_NAME}){_LABEL}{_STYLE}(?:\s*<<[^<>\n]+>>)?\s*(?P<body>\{{\s*(?P<rest>.*))?")
_NAMESPACE = re.compile(rf"namespace\s+{_NAME}{_LABEL}\s*\{{")
_RELATION = re.compile(
    rf"(?P<one>{_NAME}){_STYLE}\s*(?:\"[^\"\n]*\")?\s*{_ARROW}\s*(?:\"[^\"\n]*\")?\s*(?P<two>{_NAME}){_STYLE}\s*{_TITLE}"
)
_MEMBER_OF = re.compile(rf"(?P<one>{_NAME})\s*:[^:;\n]+")
_ANNOTATION = re.compile(rf"<<\s*\w+\s*>>\s*(?P<one>{_NAME})")
_NOTE = re.compile(rf"note\s+(?:for\s+{_NAME}\s+)?\"[^\"\n]*\"")
_OTHER = re.compile(
    r"direction\s+(?:TB|TD|BT|LR|RL)|(?:style|classDef|cssClass|click|link|callback)\s+\S.*|(?:accTitle|accDescr)\s*:\s*\S.*"
)
_RESERVED = frozenset(
    {"class", "namespace", "note", "link", "click", "callback", "cssClass", "href", "style", "classDef", "call", "o"}
)
_TWO_COLONS = re.compile(rf"{_NAME}\s*(?:{_ARROW}\s*{_NAME}\s*)?:[^:]+:.*")


def problem(lines: list[tuple[int, str]]) -> str:
    """Why Mermaid cannot read the lines (number, text) after `classDiagram`, or an empty string."""
    reader = _Reader()
    for number, raw in lines:
        line = raw.strip()
        if why := reader.read(line, number):
            return f"line {number}: {why}: {line[:80]!r}"
    if opened := reader.open_class or next(iter(reader.open_namespaces), 0):
        return f"line {opened} opens braces that nothing closes"
    return "" if reader.classes else "names no class"


class _Reader:
    """What is open while a diagram is read: the numbers of the lines that opened it."""

    def __init__(self) -> None:
        self.open_class = 0
        self.open_namespaces: list[int] = []
        self.classes: set[str] = set()

    def read(self, line: str, number: int) -> str:
        """Take in one line; why Mermaid cannot read it, or an empty string."""
        if self.open_class:
            if ((match := _CLASS.fullmatch(line)) and match["body"]) or _NAMESPACE.fullmatch(line):
                return f"the class of line {self.open_class} is still open: its closing `}}` is missing above this"
            last = line.endswith("}")
            self.open_class = 0 if last else self.open_class
            return _member(line.removesuffix("}"))
        if line == "}" and self.open_namespaces:
            self.open_namespaces.pop()
        elif _NAMESPACE.fullmatch(line):
            self.open_namespaces.append(number)
        elif match := _CLASS.fullmatch(line):
            return self._class(match, number)
        elif self.open_namespaces and not _NOTE.fullmatch(line):
            return "a namespace holds classes and notes alone"
        else:
            return self._statement(line)
        return ""

    def _class(self, match: re.Match[str], number: int) -> str:
        self.classes.add(match["name"])
        rest = (match["rest"] or "").strip()
        if match["name"] in _RESERVED:
            return f"`{match['name']}` is a word of Mermaid's own and can name no class"
        if match["body"] is not None and not rest.endswith("}"):
            self.open_class = number
        return _member(rest.removesuffix("}"))

    def _statement(self, line: str) -> str:
        if (marked := _ANNOTATION.fullmatch(line)) and marked["one"] not in self.classes:
            return "what is annotated must stand above it (`class Shape`)"
        match = _RELATION.fullmatch(line) or _MEMBER_OF.fullmatch(line) or marked
        if match:
            self.classes.update(match.groupdict().values())
            taken = next((name for name in match.groupdict().values() if name in _RESERVED), "")
            return f"`{taken}` is a word of Mermaid's own and can name no class" if taken else ""
        if _NOTE.fullmatch(line) or _OTHER.fullmatch(line):
            return ""
        if _TWO_COLONS.fullmatch(line):
            return "the text behind a colon must hold no other colon; give members in the braces of their class"
        return "it is no class, member, relation, annotation or note"


def _member(line: str) -> str:
    if re.search(r"[{}]", line):
        return "a member holds braces, which Mermaid takes for the class's own (write `dict[str, int]`)"
    if line.count("(") != line.count(")"):
        return "a member's parentheses do not match"
    return ""
