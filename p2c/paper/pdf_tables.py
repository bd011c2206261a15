"""A table region as a Markdown pipe table."""

from __future__ import annotations

from collections.abc import Sequence

from p2c.paper.pdf_lines import lines_of
from p2c.paper.pdf_regions import Cell, Region
from p2c.paper.pdf_words import Word


def pipe_table(rows: Sequence[Sequence[str]]) -> str:
    """`rows` (the first is the header) as a Markdown table; short rows are filled with empty cells."""
    width = max((len(row) for row in rows), default=0)
    if not width:
        return ""
    full = [[_escape(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in full]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def table_rows(region: Region) -> list[list[str]]:
    """The text of each cell of a table region, by rows; a cell that spans several stands in its first column."""
    held: dict[tuple[int, int], list[Word]] = {}
    for word in region.words:
        cell = min(region.cells, key=lambda c: _distance(c, word))
        held.setdefault((cell.row, cell.column), []).append(word)
    height = max(row for row, _ in held) + 1
    width = max(column for _, column in held) + 1
    rows = [[_text(held.get((row, column), [])) for column in range(width)] for row in range(height)]
    return [row for row in rows if any(row)]


def _text(words: list[Word]) -> str:
    whole = ""
    for line in lines_of(words):
        divided = whole.endswith("-") and line.text[:1].islower()
        whole = whole[:-1] + line.text if divided else f"{whole} {line.text}".strip()
    return whole


def _distance(cell: Cell, word: Word) -> float:
    x, y = word.middle
    x0, y0, x1, y1 = cell.box
    return max(x0 - x, x - x1, 0.0) + 4 * max(y0 - y, y - y1, 0.0)


def _escape(cell: str) -> str:
    return " ".join(cell.split()).replace("|", "\\|")
