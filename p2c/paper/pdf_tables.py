"""The rows of a table region."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from p2c.paper.pdf_layout import Cell
from p2c.paper.pdf_lines import lines_of
from p2c.paper.pdf_regions import Region, bounds
from p2c.paper.pdf_words import Word

_ACROSS = 0.9
"""Share of a table's width from which on a rule divides all of it."""
_NUMBER = re.compile(r"\d")


def table_rows(region: Region) -> list[list[str]]:
    """The text of each cell of a table region, by rows; a cell that spans several stands in its first column."""
    placed: list[tuple[int, int, Word]] = []
    for word in region.words:
        cell = min(region.cells, key=lambda c: _distance(c, word))
        placed.append((cell.row, cell.column, word))
    held = _with_close_columns(_divided_by_rules(placed, region))
    rows = sorted({row for row, _ in held})
    columns = sorted({column for _, column in held})
    return [[_text(held.get((row, column), [])) for column in columns] for row in rows]


def _divided_by_rules(placed: Sequence[tuple[int, int, Word]], region: Region) -> list[tuple[int, int, Word]]:
    """Words with rows told apart that the layout analysis took for one: no cell crosses a rule of the table's width."""
    x0, _, x1, _ = bounds(region.words)
    heights = [(rule[1] + rule[3]) / 2 for rule in region.rules if rule[2] - rule[0] >= _ACROSS * (x1 - x0)]
    strips = [(sum(height < word.middle[1] for height in heights), row) for row, _, word in placed]
    ranks = {strip: rank for rank, strip in enumerate(sorted(set(strips)))}
    return [(ranks[strip], column, word) for strip, (_, column, word) in zip(strips, placed, strict=True)]


def _with_close_columns(placed: Sequence[tuple[int, int, Word]]) -> dict[tuple[int, float], list[Word]]:
    """Words by cell, with columns of numbers told apart that the layout analysis took for one.

    A column is divided where, over most of its rows, groups of numbers stand above each other with white between. A
    number elsewhere in the same row that stands under such a group belongs to it.
    """
    bands = [band for column in {c for _, c, _ in placed} for band in _bands([p for p in placed if p[1] == column])]
    held: dict[tuple[int, float], list[Word]] = {}
    for row, column, word in placed:
        middle = word.middle[0]
        under = [band for band in bands if band[1] - 1 <= middle <= band[2] + 1]
        own = next((band for band in under if math.floor(band[0]) == column), None)
        moved = own or next(iter(under), None) if own or _NUMBER.search(word.text) else None
        held.setdefault((row, moved[0] if moved else float(column)), []).append(word)
    return held


def _bands(column: Sequence[tuple[int, int, Word]]) -> list[tuple[float, float, float]]:
    """(position, left, right) of each group of numbers in a column that holds several; else nothing."""
    spans: list[list[tuple[int, int, Word]]] = []
    for part in sorted(column, key=lambda p: p[2].x0):
        last = max((p[2].x1 for p in spans[-1]), default=0.0) if spans else 0.0
        if spans and part[2].x0 - last < 0.2 * part[2].size:
            spans[-1].append(part)
        else:
            spans.append([part])
    rows = len({row for row, _, _ in column})
    full = all(len({p[0] for p in span}) >= 0.6 * rows for span in spans)
    numbers = sum(bool(_NUMBER.search(word.text)) for _, _, word in column)
    if len(spans) < 2 or rows < 3 or not full or numbers < 0.6 * len(column):
        return []
    step = 1 / (len(spans) + 1)
    first = column[0][1]
    return [
        (first + number * step, min(p[2].x0 for p in span), max(p[2].x1 for p in span))
        for number, span in enumerate(spans)
    ]


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
