"""Mermaid diagrams: what a model sends, cleaned, and whether Mermaid can read it."""

from __future__ import annotations

import re
from typing import Literal

from p2c.stages import mermaid_class, mermaid_sequence

Kind = Literal["classDiagram", "sequenceDiagram"]

_FENCE = re.compile(r"^\s*```[a-zA-Z]*\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)
_PREAMBLE = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_BEHIND = re.compile(r"(?<=\S)[ \t]+%%(?!\{)[^\"\n]*$", re.MULTILINE)
_DIRECTIVE = re.compile(r"%%\{.*?\}%%|^[ \t]*accDescr[ \t]*\{.*?\}", re.DOTALL | re.MULTILINE)
"""What may stand in several lines and says nothing of the diagram: settings, a description for screen readers."""
_NOTE = re.compile(r"^[ \t]*note\b[^\"\n]*\"[^\"]*\"", re.MULTILINE)
"""A class diagram's note, which may be of several lines too."""


def clean(text: str) -> str:
    """The diagram without a code fence around it and without comments behind statements, which Mermaid takes in some
    places only; its line ends as real ones, one newline at the end.
    """
    text = text.replace("\r\n", "\n").strip("\ufeff \t\n")
    if "\n" not in text and "\\n" in text:
        text = text.replace("\\n", "\n").strip()
    if fenced := _FENCE.match(text):
        text = fenced.group(1)
    text = _BEHIND.sub("", text)
    return text.strip("\n").rstrip() + "\n"


def problem(text: str, kind: Kind) -> str:
    """Why Mermaid cannot read `text` as a diagram of `kind`, or an empty string.

    Statement by statement, after the grammars of Mermaid 11; lines are counted from 1.
    """
    front = _PREAMBLE.match(text)
    skipped = front.group().count("\n") if front else 0
    text = _DIRECTIVE.sub(lambda match: "\n" * match.group().count("\n"), text)
    text = _NOTE.sub(lambda match: match.group().replace("\n", " ") + "\n" * match.group().count("\n"), text)
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if number > skipped and line.strip() and not line.strip().startswith("%%")
    ]
    if not lines:
        return "is empty"
    first = lines[0][1].strip()
    if first.split()[0].removesuffix("-v2") != kind or len(first.split()) > 1:
        return f"begins with {first[:40]!r}; its first line must be `{kind}`"
    read = mermaid_class.problem if kind == "classDiagram" else mermaid_sequence.problem
    return read(lines[1:])
