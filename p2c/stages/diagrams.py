"""Mermaid diagrams: what a model sends, cleaned, and a light check that it is a diagram of its kind."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["classDiagram", "sequenceDiagram"]

_FENCE = re.compile(r"^\s*```[a-zA-Z]*\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)
_PREAMBLE = re.compile(r"^---\n.*?\n---\n", re.DOTALL)
_MESSAGE = re.compile(r"^\s*[^%\s].*?(?:--?>>?|--?[x)]|<<--?>>)\s*[+-]?\s*\S+.*:", re.MULTILINE)
_CLASS = re.compile(
    r"^\s*class\s+\S+|^\s*\S+\s+(?:<\|--|\*--|o--|-->|--|<--|\.\.>|<\.\.|\.\.\|>|--\|>|\.\.)", re.MULTILINE
)
_OPENS = re.compile(r"^\s*(?:loop|alt|opt|par|critical|break|rect|box)\b", re.MULTILINE)
_ENDS = re.compile(r"^\s*end\s*$", re.MULTILINE)


def clean(text: str) -> str:
    """The diagram without a code fence around it, its line ends as real ones, one newline at the end."""
    text = text.replace("\r\n", "\n").strip()
    if "\n" not in text and "\\n" in text:
        text = text.replace("\\n", "\n").strip()
    if fenced := _FENCE.match(text):
        text = fenced.group(1)
    return text.strip("\n").rstrip() + "\n"


def problem(text: str, kind: Kind) -> str:
    """Why `text` is not a Mermaid diagram of `kind`, or an empty string."""
    body = _PREAMBLE.sub("", text.lstrip())
    lines = [line for line in body.splitlines() if line.strip() and not line.strip().startswith("%%")]
    if not lines:
        return "is empty"
    if lines[0].split()[0].removesuffix("-v2") != kind:
        return f"begins with {lines[0].strip()[:40]!r}; its first line must be `{kind}`"
    rest = "\n".join(lines[1:])
    return _class_problem(rest) if kind == "classDiagram" else _sequence_problem(rest)


def _class_problem(rest: str) -> str:
    if not _CLASS.search(rest):
        return "names no class"
    opened, closed = rest.count("{"), rest.count("}")
    return "" if opened == closed else f"has {opened} opening and {closed} closing braces"


def _sequence_problem(rest: str) -> str:
    if not _MESSAGE.search(rest):
        return "holds no message between participants (`A->>B: text`)"
    opened, ended = len(_OPENS.findall(rest)), len(_ENDS.findall(rest))
    return "" if opened == ended else f"opens {opened} blocks (loop, alt, opt, ...) but ends {ended}"
