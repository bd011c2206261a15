"""Rows as a Markdown pipe table, whatever they were read from."""

from __future__ import annotations

from collections.abc import Sequence


def pipe_table(rows: Sequence[Sequence[str]]) -> str:
    """`rows` (the first is the header) as a Markdown table; short rows are filled with empty cells."""
    width = max((len(row) for row in rows), default=0)
    if not width:
        return ""
    full = [[_escape(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in full]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _escape(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "\\|")
