"""Places in a paper: `Section 4.1`, `Table 2`, `Algorithm 1`, `eq. (3)`, `Abstract`, and what stands there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from p2c.stages.statements import statement

_HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t]*#*$", re.M)
_NUMBER = re.compile(r"^(?:appendix\s+|annex\s+)?([A-Z]|\d+|[A-Z]?\d*(?:\.\d+)+|[IVX]+)[.:]?(?=\s|$)", re.I)
_LABEL = re.compile(
    r"(?P<section>\b(?:sections?|sects?\.?|secs?\.?|subsection|chapter|appendix|app\.|annex)|§+)\s*~?(?P<number>[A-Z]?\d*(?:\.\d+)*|[IVX]+)(?![\w.]*\w)"
    r"|\b(?P<float>tables?|tab\.|figures?|figs?\.?|algorithms?|algs?\.?|listing|box|theorems?|thms?\.?"
    r"|lemmas?|propositions?|corollary|definitions?|footnote)[\s_]*~?(?P<which>[A-Z]?\d+(?:\.\d+)*)"
    r"|\b(?:equations?|eqns?\.?|eqs?\.?|formulas?)\s*~?\(?(?P<equation>[A-Z]?\d+(?:\.\d+)*)\)?"
    r"|\b(?P<abstract>abstract)\b",
    re.I,
)
_REFERENCE = re.compile(rf"{_LABEL.pattern}|\[\d{{1,3}}\]|^#{{1,6}}[ \t]+[\dA-Z]*(?:\.\d+)*[.:]?[ \t]", re.I | re.M)
_LIST = re.compile(
    r"(\b(?:sections|sects\.?|secs\.?|tables|figures|figs\.?|algorithms|algs\.?|equations|eqns\.?|eqs\.?"
    r"|theorems|thms\.?|lemmas|propositions|definitions)|§§)"
    r"(\s*~?\(?[A-Z]?\d+(?:\.\d+)*\)?)\s*(?:,\s*and\b|,|and\b|&|to\b|--?|–)\s*(?=\(?[A-Z]?\d)",
    re.I,
)
"""`Sections 3.2 and 6`: a plural, its first number, and what joins the next one to it."""
_KINDS = {"tab": "table", "fig": "figure", "alg": "algorithm", "thm": "theorem"}
_STATEMENTS = frozenset({"theorem", "lemma", "proposition", "corollary", "definition"})
_WRITTEN = {"table": ("table", "tab"), "figure": ("figure", "fig"), "algorithm": ("algorithm", "alg")}
_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


@dataclass(frozen=True)
class Excerpt:
    """What the paper has at one place; `is_section`: a section with all that is below it, or the abstract."""

    text: str
    is_section: bool


@dataclass(frozen=True)
class _Part:
    title: str
    number: str
    level: int
    start: int
    end: int


def text_at(place: str, paper: str) -> str:
    """What the paper (Markdown) has at `place`; several places are joined. Empty where it has no such place."""
    return "\n\n".join(found.text for found in excerpts_at(place, paper))


def excerpts_at(place: str, paper: str) -> tuple[Excerpt, ...]:
    """What the paper has at each place that `place` names, once.

    A section is taken with its subsections; a table, figure or algorithm with its caption; a theorem and its like up to
    the next one, its proof or a heading; an equation with the paragraph around it. A place without a label may be a
    section's title.
    """
    place = _spelt_out(place)
    found = [
        Excerpt(text, is_section=bool(label["section"] or label["abstract"]))
        for label in _LABEL.finditer(place)
        if (text := _at_label(label, paper))
    ]
    if not found:
        found = [Excerpt(paper[part.start : part.end], True) for part in _parts(paper) if _is_titled(part, place)]
    return tuple(dict.fromkeys(found))


def named(text: str, *, sections: bool = False) -> tuple[str, ...]:
    """The tables, algorithms and equations that `text` names, each once: `Table 1`, `eq. (4)`; also its sections."""
    labels = _LABEL.finditer(_spelt_out(text))
    return tuple(dict.fromkeys(label[0] for label in labels if _is_exact(label) or (sections and label["section"])))


def without_references(text: str) -> str:
    """`text` (Markdown) without numbers that only name a place or paper: `Table 3`, `eq. (2)`, `[20]`, `## 5.1`."""
    return _REFERENCE.sub(" ", text)


def _spelt_out(place: str) -> str:
    while (spelt_out := _LIST.sub(r"\1\2; \1 ", place)) != place:
        place = spelt_out
    return place


def _is_exact(label: re.Match[str]) -> bool:
    return bool(label["equation"]) or (label["float"] or "").lower().startswith(("tab", "alg", "listing"))


def _at_label(label: re.Match[str], paper: str) -> str:
    if label["abstract"]:
        return _section(paper, lambda part: part.title.lower() == "abstract")
    if label["section"]:
        number = label["number"].lower()
        return _section(paper, lambda part: bool(number) and part.number == number)
    if label["float"]:
        word = label["float"].lower().rstrip(".").removesuffix("s")
        kind = _KINDS.get(word, word)
        if kind in _STATEMENTS:
            return statement(_blocks(paper), kind, _numbers(label["which"]))
        return _float(kind, label["which"], paper)
    return _equation(label["equation"], paper)


def _section(paper: str, wanted: Callable[[_Part], bool]) -> str:
    parts = _parts(paper)
    for index, part in enumerate(parts):
        if wanted(part):
            last = index
            while last + 1 < len(parts) and _is_below(parts[last + 1], part):
                last += 1
            return paper[part.start : parts[last].end]
    return ""


def _is_below(part: _Part, other: _Part) -> bool:
    if part.number and other.number:
        return part.number.startswith(f"{other.number}.")
    return part.level > other.level


@lru_cache(maxsize=8)
def _parts(paper: str) -> tuple[_Part, ...]:
    headings = list(_HEADING.finditer(paper))
    ends = [heading.start() for heading in headings[1:]] + [len(paper)]
    parts = []
    for heading, end in zip(headings, ends, strict=True):
        title = heading[2].strip("* ")
        number = _NUMBER.match(title)
        parts.append(_Part(title, number[1].lower() if number else "", len(heading[1]), heading.start(), end))
    return tuple(parts)


def _is_titled(part: _Part, place: str) -> bool:
    title = _NUMBER.sub("", part.title).strip(" .:").lower()
    return len(title) >= 4 and title in place.lower()


@lru_cache(maxsize=8)
def _blocks(paper: str) -> tuple[str, ...]:
    return tuple(block for block in re.split(r"\n[ \t]*\n", paper) if block.strip())


def _float(kind: str, number: str, paper: str) -> str:
    """The block that begins with the caption, and its neighbours that are its body (a table's rows, steps, code)."""
    blocks = _blocks(paper)
    numbers = "|".join(map(re.escape, _numbers(number)))
    words = "|".join(_WRITTEN.get(kind, (kind,)))
    caption = re.compile(
        rf"^[>*_#\s\[]*(?:caption\.?[*_\s]*)?(?:{words})[ \t.~]*(?:{numbers})\b(?!\.\d)",
        re.I,
    )
    for index, block in enumerate(blocks):
        if caption.match(block):
            before = blocks[index - 1 : index] if index and _is_body(blocks[index - 1]) else ()
            after = []
            for following in blocks[index + 1 : index + 4]:
                if not _is_body(following):
                    break
                after.append(following)
            return "\n\n".join((*before, block, *after))
    return ""


def _numbers(number: str) -> tuple[str, ...]:
    """The ways in which a paper may write `number`."""
    return tuple(filter(None, (number, _roman(number))))


def _roman(number: str) -> str:
    """`2` as `II`, as some journals number their tables; empty for what is no small number."""
    left, written = int(number) if number.isdigit() and int(number) < 40 else 0, ""
    for value, sign in _ROMAN:
        written += sign * (left // value)
        left %= value
    return written


def _is_body(block: str) -> bool:
    return bool(re.match(r"\s*(\||```|>|\d+[.:]|[-*] |\$\$| {4})", block))


def _equation(number: str, paper: str) -> str:
    """The block with the equation's number, and those before and after, which introduce and explain it."""
    blocks = _blocks(paper)
    sign = re.compile(rf"\\tag\{{\(?{re.escape(number)}\)?\}}|\({re.escape(number)}\)\s*(?:\$\$)?\s*$", re.M)
    displayed = (index for index, block in enumerate(blocks) if "$$" in block and sign.search(block))
    # PDF readers can leave an equation in a line of text: `L = max(x, 0) (2) where x is ...`
    inline = re.compile(rf"=[^\n]*(?<!eq\.)(?<!eqs\.)(?<!equation)(?<!formula) \({re.escape(number)}\)(?:\s|$)", re.I)
    in_text = (index for index, block in enumerate(blocks) if inline.search(block))
    index = next(displayed, next(in_text, None))
    return "" if index is None else "\n\n".join(blocks[max(0, index - 1) : index + 2])
