"""Formulas that the layout analysis drew across two columns: each column's part is a region of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from p2c.paper.pdf_lines import lines_of
from p2c.paper.pdf_regions import Region, bounds
from p2c.paper.pdf_words import Word

_PROSE = ("text", "list-item")
_WORDS = 6
"""So many words make a text that shows where a column begins and ends."""
_NARROWEST = 6.0
"""Points of white between two columns, and between what stands in them, at least."""
_HAIR, _ROWS = 1.0, 4
"""Points that are enough between what stands in them where it has so many lines."""


def with_columns_apart(regions: Sequence[Region]) -> list[Region]:
    """`regions` of one page, where it has two columns, with the formulas divided that stand in both.

    Line by line such a region would read the left column's line and the right one's as one formula.
    """
    white = _gutter(regions)
    if white is None:
        return list(regions)
    return [part for region in regions for part in _parts(region, white)]


def _gutter(regions: Sequence[Region]) -> tuple[float, float] | None:
    """The white between two columns, by its left and right edge: what no paragraph of the page stands in."""
    edges: list[tuple[float, float]] = []
    for region in regions:
        if region.kind in _PROSE and len(region.words) >= _WORDS:
            box = bounds(region.words)
            edges.append((box[0], box[2]))
    columns: list[tuple[float, float]] = []
    for x0, x1 in sorted(edges):
        if columns and x0 <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(x1, columns[-1][1]))
        else:
            columns.append((x0, x1))
    if len(columns) != 2 or columns[1][0] - columns[0][1] < _NARROWEST:
        return None
    return columns[0][1], columns[1][0]


def _parts(region: Region, white: tuple[float, float]) -> list[Region]:
    """What of a region stands on each side of the white, if it stands on both and nothing of it between."""
    if region.kind != "formula":
        return [region]
    sides = _sides(region, white)
    if sides is None:
        return [region]
    edge = bounds(sides[1])[0]
    rules = [tuple(r for r in region.rules if (r[0] < edge) == is_left) for is_left in (True, False)]
    return [replace(region, words=words, box=bounds(words), rules=own) for words, own in zip(sides, rules, strict=True)]


def _sides(region: Region, white: tuple[float, float]) -> tuple[tuple[Word, ...], tuple[Word, ...]] | None:
    """The words on each side of the widest strip at `white` in which none stands; None where none is wide enough.

    Formulas hang over the edges of their column; that none of several lines stands in a strip is no chance.
    """
    reached, strips = white[0], [(0.0, 0.0)]
    for word in sorted(region.words, key=lambda w: w.x0):
        if reached < white[1] and word.x0 > white[0]:
            strips.append((word.x0 - reached, word.x0))
        reached = max(reached, word.x1)
    width, edge = max(strips)
    left = tuple(word for word in region.words if word.x0 < edge)
    right = tuple(word for word in region.words if word.x0 >= edge)
    least = _HAIR if len(lines_of(region.words)) >= _ROWS else _NARROWEST
    return (left, right) if left and right and width >= least else None
