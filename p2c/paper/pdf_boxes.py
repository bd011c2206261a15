"""Algorithm boxes of a PDF: what stands between the rules around an algorithm is one region, however it was divided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from p2c.paper.pdf_code import is_title
from p2c.paper.pdf_layout import Box
from p2c.paper.pdf_lines import lines_of
from p2c.paper.pdf_regions import Region, bounds
from p2c.paper.pdf_words import Word

ALGORITHM = "algorithm"
"""The kind of such a region."""
_NEAR = 1.2
"""Sizes of the title's print within which the rule above it stands."""
_ALIKE = 2.0
"""Points by which the ends of the rules of one box differ at most."""


def with_boxes_whole(regions: Sequence[Region], rules: Sequence[Box]) -> list[Region]:
    """`regions` with one of kind `ALGORITHM` for each box: rule, title (`Algorithm 1 ...`), rule, algorithm, rule."""
    found = list(regions)
    for region in regions:
        first = next(iter(lines_of(region.words)), None) if region.kind not in ("table", "formula") else None
        box = _box(bounds(first.words), rules) if first is not None and is_title(first.text) else None
        if box is not None:
            found = _merged(found, box)
    return found


def _box(title: Box, rules: Sequence[Box]) -> Box | None:
    """The place below a title that the rules of its box enclose, if it has one."""
    size = title[3] - title[1]
    above = [rule for rule in rules if rule[0] - _ALIKE <= title[0] and title[2] <= rule[2] + _ALIKE]
    above = [rule for rule in above if -0.3 * size <= title[1] - rule[3] <= _NEAR * size]
    if not above:
        return None
    top = max(above, key=lambda rule: rule[3])
    like = [r for r in rules if abs(r[0] - top[0]) <= _ALIKE and abs(r[2] - top[2]) <= _ALIKE and r[1] > title[1]]
    middle, bottom = (*sorted({rule[1] for rule in like}), None, None)[:2]
    return (top[0], middle, top[2], bottom) if middle is not None and bottom is not None else None


def _merged(regions: Sequence[Region], box: Box) -> list[Region]:
    """`regions` with the words within `box` taken out of theirs, as one region behind the others."""
    kept: list[Region] = []
    inside: list[Word] = []
    for region in regions:
        own = [word for word in region.words if not _within(word, box)]
        inside += [word for word in region.words if _within(word, box)]
        if len(own) == len(region.words):
            kept.append(region)
        elif own:
            kept.append(replace(region, words=tuple(own), box=bounds(own)))
    return [*kept, Region(ALGORITHM, box, tuple(inside))] if inside else list(regions)


def _within(word: Word, box: Box) -> bool:
    x, y = word.middle
    return box[0] - _ALIKE <= x <= box[2] + _ALIKE and box[1] < y < box[3]
