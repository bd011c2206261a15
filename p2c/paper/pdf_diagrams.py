"""Pictures whose print is what they show: numbers in boxes (a filter's coefficients, a matrix), not beside axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pymupdf

from p2c.paper.pdf_layout import Box
from p2c.paper.pdf_lines import Line, lines_of
from p2c.paper.pdf_regions import Region
from p2c.paper.pdf_words import Word

_LEAST, _MOST = 4, 400
"""Words: fewer make no diagram, more would be a picture of data."""
_SHARE = 0.6
"""Of the short words (numbers, signs, letters) so many stand in boxes."""
_SHORT = 5
"""Characters of such a word at most."""
_WIDE, _HIGH = 6.0, 4.0
"""A box's width and height at most, in sizes of the print in it."""


def with_diagrams(page: pymupdf.Page, regions: Sequence[Region]) -> list[Region]:
    """`regions` of `page` with those pictures marked whose numbers and signs stand in small boxes of their own."""
    boxes: list[Box] = [box for kind, box in page.get_bboxlog() if kind.endswith("-path")]
    return [replace(region, boxed=True) if _is_diagram(region, boxes) else region for region in regions]


def _is_diagram(region: Region, boxes: Sequence[Box]) -> bool:
    if region.kind != "picture" or not _LEAST <= len(region.words) <= _MOST:
        return False
    short = [word for word in region.words if len(word.text) <= _SHORT and not word.text.isalpha()]
    boxed = sum(any(_encloses(box, word) for box in boxes) for word in short)
    return boxed >= _LEAST and boxed >= _SHARE * len(short)


def _encloses(box: Box, word: Word) -> bool:
    x, y = word.middle
    small = word.x1 - word.x0 <= box[2] - box[0] <= _WIDE * word.size and box[3] - box[1] <= _HIGH * word.size
    return small and box[3] - box[1] >= word.size and box[0] < x < box[2] and box[1] < y < box[3]


def laid_out(words: Sequence[Word]) -> str:
    """`words` in lines, each word below and beside the others as it is printed."""
    lines = lines_of(words)
    left = min(word.x0 for word in words)
    return "\n".join(_placed(line, left) for line in lines)


def _placed(line: Line, left: float) -> str:
    text = ""
    for word in line.words:
        start = round((word.x0 - left) / (0.5 * line.size))
        text = text.ljust(start) if start > len(text) else f"{text} "
        text += word.text
    return text.rstrip()
