"""Mermaid's sequence diagrams, read as its own grammar does (https://mermaid.js.org/syntax/sequenceDiagram.html)."""

from __future__ import annotations

import re

_ACTOR = r"[^+<>:\n,;\-]+(?:-+[^+<>:\n,;\-]+)*"
_ARROW = r"(?:<<-->>|<<->>|-->>|->>|-->|->|--x|-x|--\)|-\))"
_MESSAGE = re.compile(rf"(?P<source>{_ACTOR}?)\s*{_ARROW}\s*(?P<turn>[+-]?)\s*(?P<target>(?=\S){_ACTOR})\s*:.*")
_SILENT = re.compile(rf"{_ACTOR}?\s*{_ARROW}\s*[+-]?\s*{_ACTOR}")
_PARTICIPANT = re.compile(r"(?:create\s+)?(?:participant|actor)\s+[^<>:@\n,;]+?(?:@\{.*\})?(?:\s+as\s+.+)?", re.I)
_DESTROY = re.compile(rf"destroy\s+{_ACTOR}", re.I)
_TURN = re.compile(rf"(?P<word>activate|deactivate)\s+(?P<name>{_ACTOR})", re.I)
_NOTE = re.compile(rf"note\s+(?:over\s+{_ACTOR}(?:\s*,\s*{_ACTOR})?|(?:left|right) of\s+{_ACTOR})\s*:\s*\S.*", re.I)
_OPENS = re.compile(r"(?P<word>loop|alt|opt|par_over|par|critical|break|rect|box)\b.*", re.I)
_PARTS = {"else": ("alt",), "and": ("par", "par_over"), "option": ("critical",)}
_PART = re.compile(r"(?P<word>else|and|option)\b.*", re.I)
_OTHER = re.compile(
    r"autonumber(?:\s+(?:off|\d+(?:\s+\d+)?))?|title[\s:]\s*\S.*|(?:accTitle|accDescr)\s*:\s*\S.*"
    r"|(?:links?|properties|details)\s+\S.*:.*",
    re.I,
)
_RESERVED = re.compile(
    r"(end|loop|alt|opt|par|par_over|critical|break|rect|box|else|and|option|note|over|links?|properties|details|title"
    r"|create|destroy|participant|actor|activate|deactivate|autonumber|off)\b",
    re.I,
)
_ENTITY = re.compile(r"#\w+;")


def problem(lines: list[tuple[int, str]]) -> str:
    """Why Mermaid cannot read the lines (number, text) after `sequenceDiagram`, or an empty string."""
    reader = _Reader()
    for number, raw in lines:
        # A `#` begins a comment, unless it begins an entity (`#35;`). A semicolon ends a statement, also in a text.
        plain = _ENTITY.sub("x", raw).partition("#")[0]
        for index, part in enumerate(plain.split(";")):
            line = part.strip()
            if line and (why := reader.read(line, number)):
                cut = "; Mermaid ends a statement at `;`, write a comma" if index else ""
                return f"line {number}: {why}: {line[:80]!r}{cut}"
    if reader.opened:
        word, number = reader.opened[-1]
        return f"line {number} opens `{word}`, which no `end` closes"
    return "" if reader.messages else "holds no message between participants (`A->>B: text`)"


class _Reader:
    """What is open while a diagram is read."""

    def __init__(self) -> None:
        self.opened: list[tuple[str, int]] = []
        self.active: dict[str, int] = {}
        self.messages = 0

    def read(self, line: str, number: int) -> str:
        """Take in one statement; why it is none, or an empty string."""
        if line.lower() == "end":
            if not self.opened:
                return "`end` closes nothing"
            self.opened.pop()
            return ""
        if _PARTICIPANT.fullmatch(line):
            return ""
        if self.opened and self.opened[-1][0] == "box":
            return "a box holds participants alone"
        if _NOTE.fullmatch(line) or _DESTROY.fullmatch(line) or _OTHER.fullmatch(line):
            return ""
        return self._action(line, number)

    def _action(self, line: str, number: int) -> str:
        if match := _TURN.fullmatch(line):
            return self._turn(match["name"].strip(), starts=match["word"].lower() == "activate")
        if match := _PART.fullmatch(line):
            word = match["word"].lower()
            inside = self.opened[-1][0] if self.opened else ""
            return "" if inside in _PARTS[word] else f"`{word}` stands outside of `{_PARTS[word][0]}`"
        if match := _OPENS.fullmatch(line):
            self.opened.append((match["word"].lower(), number))
            return ""
        if match := _MESSAGE.fullmatch(line):
            return self._message(match)
        if _SILENT.fullmatch(line):
            return "a message needs a colon behind the participant (`A->>B: text`)"
        return "it is no participant, message, note, block or `end`"

    def _message(self, match: re.Match[str]) -> str:
        self.messages += 1
        source, target = match["source"].strip(), match["target"].strip()
        if taken := next((name for name in (source, target) if _RESERVED.match(name)), ""):
            return f"{taken!r} begins with a word of Mermaid's own and can name no participant"
        if "()" in target[1:] or target.startswith(")"):
            return "the participant that a message goes to holds `()`; write the call behind the colon"
        if match["turn"] == "+":
            return self._turn(target, starts=True)
        return self._turn(source, starts=False) if match["turn"] == "-" else ""

    def _turn(self, name: str, *, starts: bool) -> str:
        count = self.active.get(name, 0) + (1 if starts else -1)
        if count < 0:
            return f"{name} is deactivated although it is not active"
        self.active[name] = count
        return ""
