"""LaTeX's block structure as Markdown: environments, display mathematics, lists, floats, paragraphs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from p2c.paper.latex_flatten import MARK
from p2c.paper.latex_inline import inline
from p2c.paper.latex_scan import argument, arguments, environment, option, replace_command
from p2c.paper.latex_tables import pseudo_code, table

_BLOCK = re.compile(
    r"\\begin\s*\{(?P<env>[^}]*)\}|(?P<display>(?<!\\)\\\[|\$\$)|\\(?P<run>(?:sub)?paragraph|textbf@)\*?(?=\s*[\[{])"
)
_MATH = {"equation", "align", "gather", "multline", "eqnarray", "displaymath", "flalign", "alignat", "dmath", "math"}
_MATH |= {"xalignat", "IEEEeqnarray", "dgroup", "aligned", "gathered", "split"}
_ALIGNED = {"align": "aligned", "eqnarray": "aligned", "flalign": "aligned", "alignat": "aligned", "aligned": "aligned"}
_ALIGNED |= {"gather": "gathered", "multline": "gathered", "IEEEeqnarray": "aligned", "split": "aligned"}
_TABLES = {
    "tabular": 1,
    "tabular*": 2,
    "tabularx": 2,
    "tabulary": 2,
    "longtable": 1,
    "array": 1,
    "tabu": 1,
    "NiceTabular": 1,
}
_TABLES |= {"supertabular": 1, "xltabular": 2, "tblr": 1}
_FLOATS = re.compile(
    r"(?:sideways|wrap|SC|floating|margin|teaser)?(?:figure|table)|subfigure|subtable|longfigure|SCfigure"
)
_LISTS = re.compile(
    r"(?:itemize|enumerate|description|list|trivlist)|(?:compact|inpara|para)(?:item|enum|desc)|tightlist"
)
_DROPPED = {"tikzpicture", "pgfpicture", "CCSXML", "picture", "comment", "axis", "pspicture", "filecontents", "forest"}
_THEOREMS = {"theorem": "Theorem", "thm": "Theorem", "lemma": "Lemma", "lem": "Lemma", "corollary": "Corollary"}
_THEOREMS |= {"proposition": "Proposition", "prop": "Proposition", "definition": "Definition", "remark": "Remark"}
_THEOREMS |= {"proof": "Proof", "example": "Example", "claim": "Claim", "assumption": "Assumption"}
_WITH_ARGUMENTS = {
    "minipage",
    "multicols",
    "adjustbox",
    "wrapfigure",
    "subfigure",
    "tcolorbox",
    "adjustwidth",
    "spacing",
}


@dataclass
class LatexFigure:
    """One figure of the source: caption as Markdown, and the files that it includes."""

    number: str
    caption: str
    files: tuple[str, ...]


@dataclass
class Blocks:
    """Converts LaTeX to Markdown; gathers the figures that it meets on its way."""

    labels: dict[str, str] = field(default_factory=dict)
    theorems: dict[str, str] = field(default_factory=dict)
    code: list[str] = field(default_factory=list)
    figures: list[LatexFigure] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    """Names of environments that were left out (drawings)."""
    counts: dict[str, int] = field(default_factory=dict)

    def inline(self, text: str) -> str:
        """Running text as Markdown."""
        return inline(text, self.labels, self.code)

    def convert(self, text: str) -> str:
        """LaTeX with paragraphs, environments and display mathematics, as Markdown."""
        parts: list[str] = []
        at = 0
        while found := _BLOCK.search(text, at):
            parts.append(self._paragraphs(text[at : found.start()]))
            if found["env"] is not None:
                body, at = environment(text, found["env"], found.end())
                parts.append(self._environment(found["env"], body))
            elif found["display"]:
                closing = "\\]" if found["display"] == "\\[" else "$$"
                end = text.find(closing, found.end())
                end = end if end >= 0 else len(text)
                parts.append(display(text[found.end() : end], "", ""))
                at = end + len(closing)
            else:
                heading, at = argument(text, option(text, found.end())[1])
                parts.append(f"**{self.inline(heading)}** ")
        parts.append(self._paragraphs(text[at:]))
        return _joined(parts)

    def _paragraphs(self, text: str) -> str:
        """Paragraphs; the footnotes of each follow it."""
        done: list[str] = []
        for part in re.split(r"\n\s*\n|\\par(?![A-Za-z])", text):
            notes: list[str] = []

            def note(_: str, values: list[str], notes: list[str] = notes) -> str:
                notes.append(values[0])
                return ""

            body = replace_command(part, "footnote|footnotetext|thanks", note)
            running = self.inline(body)
            if running:
                done.append(running)
            done.extend(f"> Footnote: {self.inline(value)}" for value in notes)
        return "\n\n".join(done)

    def _environment(self, name: str, body: str) -> str:
        plain = name.rstrip("*")
        if plain in _MATH:
            found = self._display(name, plain, body)
        elif name in _TABLES or plain in _TABLES:
            found = self._table(name if name in _TABLES else plain, body)
        elif _FLOATS.fullmatch(plain) or plain in ("algorithm", "listing"):
            found = self._float(plain, body)
        elif plain in ("algorithmic", "algorithmicx"):
            found = f"```text\n{pseudo_code(body[option(body, 0)[1] :], self.inline)}\n```"
        elif _LISTS.fullmatch(plain):
            found = self._list(plain, body)
        elif plain in _DROPPED:
            self.dropped.append(plain)
            found = ""
        elif plain == "thebibliography":
            found = bibliography(body, self.inline)
        elif printed := self.theorems.get(name) or _THEOREMS.get(plain):
            found = self._theorem(printed, body)
        else:
            found = self.convert(body[arguments(body, 0)[1] :] if plain in _WITH_ARGUMENTS else body)
        return found

    def _theorem(self, printed: str, body: str) -> str:
        title, at = option(body, 0)
        self.counts[printed] = self.counts.get(printed, 0) + 1
        head = printed if printed == "Proof" else f"{printed} {self.counts[printed]}"
        return f"**{head}{f' ({self.inline(title)})' if title else ''}.** {self.convert(body[at:])}"

    def _display(self, name: str, plain: str, body: str) -> str:
        tags = [self.labels.get(key, "").partition(" ")[2] for key in re.findall(r"\\label\s*\{([^}]*)\}", body)]
        if plain == "alignat":
            body = body[argument(body, 0)[1] :]
        return display(body, _ALIGNED.get(plain, ""), tags[0] if len(tags) == 1 and not name.endswith("*") else "")

    def _table(self, name: str, body: str) -> str:
        at = 0
        for _ in range(_TABLES[name]):
            _, at = option(body, at)
            _, at = argument(body, at)
        return table(body[at:], lambda cell: self.convert(cell) if "\\begin" in cell else self.inline(cell))

    def _float(self, name: str, body: str) -> str:
        """A float: what it holds, then its caption; the pictures of a figure are noted."""
        captions: list[str] = []

        def caption(_: str, values: list[str]) -> str:
            captions.append(values[0])
            return ""

        if name in ("wrapfigure", "wraptable", "subfigure", "subtable"):
            body = body[arguments(body, 0)[1] :]
        else:
            body = body[option(body, 0)[1] :]
        inner = name in ("subfigure", "subtable")
        key = next((k for k in re.findall(r"\\label\s*\{([^}]*)\}", body) if k in self.labels), "")
        kind = "Algorithm" if name in ("algorithm", "listing") else "Figure" if "figure" in name.lower() else "Table"
        files = tuple(_graphics(body))
        outer = _without_inner(body)
        rest = replace_command(outer, r"(?:caption|captionof\{[a-z]+\}|subcaption|icmlcaption)", caption)
        content = self._content(kind, rest, body, inner=inner)
        number = self._number(kind, key, inner=inner)
        shown = [self.inline(text) for text in captions]
        if kind == "Figure" and not inner:
            self.figures.append(LatexFigure(number, " ".join(shown), files))
        label = "Caption." if inner else f"{kind} {number}."
        return "\n\n".join(part for part in [content, *(f"**{label}** {text}" for text in shown)] if part)

    def _content(self, kind: str, rest: str, body: str, *, inner: bool) -> str:
        if kind == "Algorithm" and "\\begin{algorithmic}" not in body and MARK not in body:
            return f"```text\n{pseudo_code(rest, self.inline)}\n```"
        rest = replace_command(rest, "includegraphics|epsfig|psfig|plotone", lambda _, _values: "")
        shown = [] if inner else [self._environment(m, b) for m, b in _inner(body)]
        return _joined([self.convert(rest), *shown])

    def _number(self, kind: str, key: str, *, inner: bool) -> str:
        if inner:
            return ""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        known = self.labels.get(key, "")
        return known.partition(" ")[2] if known.startswith(kind) else str(self.counts[kind])

    def _list(self, name: str, body: str) -> str:
        body = body[option(body, 0)[1] :] if not body.lstrip().startswith("\\item") else body
        items = _items(body)
        numbered = "enum" in name
        lines: list[str] = []
        for number, (label, text) in enumerate(items, start=1):
            mark = f"{number}." if numbered else "-"
            head = f"**{self.inline(label)}** " if label else ""
            inner = self.convert(text).split("\n")
            indent = " " * (len(mark) + 1)
            rest = "".join(f"\n{indent}{line}" if line else "\n" for line in inner[1:])
            lines.append(f"{mark} {head}{inner[0]}{rest}")
        return "\n".join(lines)


def unboxed(text: str) -> str:
    """`text` with the content of boxes (`\\resizebox` and its kin) in their place, and rules taken out."""
    text = replace_command(text, "resizebox", lambda _, values: values[2], count=3)
    text = replace_command(text, "scalebox|raisebox|parbox|rotatebox", lambda _, values: values[1], count=2)
    return replace_command(text, "rule", lambda _, _values: "", count=2)


def display(body: str, wrap: str, tag: str) -> str:
    """Display mathematics between `$$`, labels taken out; several aligned lines keep their alignment."""
    body = re.sub(r"\\label\s*\{[^}]*\}|\\(?:nonumber|notag)(?![A-Za-z])", "", body)
    body = "\n".join(line.strip() for line in body.strip().split("\n") if line.strip())
    if not body:
        return ""
    if wrap and ("\\\\" in body or "&" in body):
        body = f"\\begin{{{wrap}}}\n{body}\n\\end{{{wrap}}}"
    numbered = rf" \tag{{{tag}}}" if tag else ""
    return f"$$\n{body}{numbered}\n$$"


def bibliography(body: str, show: Callable[[str], str]) -> str:
    r"""The `\bibitem`s of a bibliography as a list, each with its key."""
    entries: list[str] = []
    for part in re.split(r"\\bibitem(?![A-Za-z])", body)[1:]:
        _, at = option(part.replace("\n", " "), 0)
        key, at = argument(part, at)
        text = " ".join(show(part[at:].replace("\\newblock", " ")).split())
        entries.append(f"- [{key.strip()}] {text}")
    return "\n".join(entries)


def _graphics(body: str) -> list[str]:
    found: list[str] = []

    def note(_: str, values: list[str]) -> str:
        found.append(values[0].strip())
        return ""

    replace_command(body, "includegraphics|epsfig|plotone", note)
    return found


def _inner(body: str) -> list[tuple[str, str]]:
    return [
        (found[1], environment(body, found[1], found.end())[0])
        for found in re.finditer(r"\\begin\s*\{((?:subfigure|subtable)\*?)\}", body)
    ]


def _without_inner(body: str) -> str:
    at, parts = 0, []
    for found in re.finditer(r"\\begin\s*\{((?:subfigure|subtable)\*?)\}", body):
        if found.start() < at:
            continue
        parts.append(body[at : found.start()])
        _, at = environment(body, found[1], found.end())
    return "".join(parts) + body[at:]


def _items(body: str) -> list[tuple[str, str]]:
    r"""(label, text) of each `\item` of this list; those of lists within belong to their item."""
    depth = 0
    starts: list[tuple[int, int]] = []
    for found in re.finditer(r"\\(begin|end)\s*\{|\\item(?![A-Za-z@])", body):
        if found[1] == "begin":
            depth += 1
        elif found[1] == "end":
            depth -= 1
        elif depth == 0:
            starts.append((found.start(), found.end()))
    items: list[tuple[str, str]] = []
    for number, (_, at) in enumerate(starts):
        end = starts[number + 1][0] if number + 1 < len(starts) else len(body)
        label, after = option(body[:end], at)
        items.append((label, body[after:end]))
    return items


def _joined(parts: list[str]) -> str:
    """Blocks with a blank line between; a run-in heading stays with the paragraph that follows it."""
    text = ""
    for part in parts:
        if not part:
            continue
        text += ("" if not text or text.endswith("** ") else "\n\n") + part
    return text.strip()
