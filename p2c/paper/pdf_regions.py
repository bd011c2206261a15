"""Page regions (text, table, picture, formula...): what the layout analysis found, with every word accounted for.

The analysis only classifies. Words that it covers with no region become text regions of their own, so nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pymupdf

from p2c.paper.headings import depth, is_known
from p2c.paper.pdf_formula import linear
from p2c.paper.pdf_fractions import with_fractions
from p2c.paper.pdf_layout import Box, Cell, Place
from p2c.paper.pdf_lines import main_size
from p2c.paper.pdf_words import Word

_NUMBER = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.?")
"""A heading's."""
_LABEL = 8
"""Words of a picture's label are fewer."""
_THIN = 1.5
"""Points: no drawing that is higher is a line."""
_ON_LINES = 0.6
"""Share of words that stand on lines; accents and indices do not."""
_BESIDE_CELLS = 60.0
"""Points by which a table's rules may stick out over its text: a column's white."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a page, with the words in it.

    `kind` is one of text, title, section-header, list-item, table, picture, caption, formula, footnote,
    page-header, page-footer.
    """

    kind: str
    box: Box
    words: tuple[Word, ...]
    cells: tuple[Cell, ...] = ()
    rules: tuple[Box, ...] = ()
    """Thin horizontal lines that are drawn in it: of fractions, of roots; underlines."""
    boxed: bool = False
    """Whether it is a picture whose print stands in small boxes."""


def page_regions(page: pymupdf.Page, places: Sequence[Place], words: list[Word]) -> list[Region]:
    """The regions of `page` in no particular order; together they hold each of `words` once."""
    members: list[list[Word]] = [[] for _ in places]
    stray: list[Word] = []
    boxes = [place.box for place in places]
    for word in words:
        holders = [i for i in range(len(boxes)) if _holds(boxes[i], word)]
        if holders:
            members[min(holders, key=lambda i: _area(boxes[i]))].append(word)
        elif (close := _nearest(boxes, word)) is not None:
            members[close].append(word)
        else:
            stray.append(word)
    lines = page_rules(page)
    regions = [
        Region(place.kind, place.box, tuple(own), place.cells, _inside(lines, own, place.kind))
        for place, own in zip(places, members, strict=True)
        if own or place.kind == "picture"
    ]
    regions = [replace(region, kind="text") if _unpainted(page, region) else region for region in regions]
    regions = [_with_small_fractions(region) for region in with_parts_joined(_with_numbers_joined(regions))]
    return regions + [Region("text", bounds(own), tuple(own), (), _inside(lines, own)) for own in _clusters(stray)]


def page_rules(page: pymupdf.Page) -> list[Box]:
    """The thin horizontal lines of `page`, however drawn: as a stroke, a filled box or (old dvips) a bitmap."""
    boxes: list[Box] = [box for kind, box in page.get_bboxlog() if "text" not in kind]
    return [box for box in boxes if box[3] - box[1] < _THIN and box[2] - box[0] > 2 * (box[3] - box[1])]


def _inside(rules: Sequence[Box], words: Sequence[Word], kind: str = "text") -> tuple[Box, ...]:
    if not words or not rules:
        return ()
    x0, y0, x1, y1 = bounds(words)
    beside = _BESIDE_CELLS if kind == "table" else 2.0
    return tuple(r for r in rules if x0 - beside <= r[0] and r[2] <= x1 + beside and y0 - 2 <= r[1] and r[3] <= y1 + 2)


def with_parts_joined(regions: Sequence[Region]) -> list[Region]:
    """Regions without those that are a part of a line of another one of their kind, whose words they join."""
    parts: dict[int, int] = {}
    for i, part in enumerate(regions):
        for j, other in enumerate(regions):
            if i != j and part.kind == other.kind and j not in parts and _is_part(part, other):
                parts[i] = j
                break
    joined = [
        replace(region, words=(*region.words, *(w for i, j in parts.items() if j == number for w in regions[i].words)))
        for number, region in enumerate(regions)
    ]
    return [region for number, region in enumerate(joined) if number not in parts]


def _with_numbers_joined(regions: Sequence[Region]) -> list[Region]:
    """`regions` with a heading's number, where it was taken for a thing of its own, beside its words."""
    single = [r for r in regions if r.kind in ("text", "section-header", "picture") and len(r.words) == 1]
    numbers = [region for region in single if _NUMBER.fullmatch(region.words[0].text)]
    joined: dict[int, Region | None] = {}
    for region in regions:
        if region.kind != "section-header" or not region.words or region in numbers:
            continue
        first = min(region.words, key=lambda word: (round(word.baseline), word.x0))
        for number in numbers:
            word = number.words[0]
            if abs(word.baseline - first.baseline) < 0.25 * word.size and 0 < first.x0 - word.x1 < 3 * word.size:
                whole = (word, *region.words)
                joined |= {id(region): replace(region, words=whole, box=bounds(whole)), id(number): None}
    found = [joined.get(id(region), region) for region in regions]
    return [region for region in found if region is not None]


def _is_part(part: Region, other: Region) -> bool:
    """Whether all of `part` stands within `other`, beside words of a line of it and over none."""
    if not part.words or part.kind in ("table", "picture", "formula"):
        return False
    beside = [[o for o in other.words if abs(o.baseline - word.baseline) <= 0.25 * word.size] for word in part.words]
    x0, y0, x1, y1 = part.box
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    inside = other.box[0] <= middle[0] <= other.box[2] and other.box[1] <= middle[1] <= other.box[3]
    on_lines = sum(bool(words) for words in beside) >= _ON_LINES * len(beside)
    return inside and on_lines and not any(o.x0 < x1 and o.x1 > x0 for words in beside for o in words)


def _with_small_fractions(region: Region) -> Region:
    """Running text with the fractions in its lines put together: their print is that of indices."""
    if region.kind not in ("text", "list-item", "footnote", "caption") or not region.rules:
        return region
    words = with_fractions(region.words, region.rules, linear, largest=0.85 * main_size(region.words))
    return replace(region, words=tuple(words))


def _unpainted(page: pymupdf.Page, region: Region) -> bool:
    """Whether a region called a picture has nothing drawn in it but words: a title page, a heading in a bitmap font.

    A few words that are no heading are a picture's label, (a) or (b).
    """
    text = " ".join(word.text for word in region.words)
    if region.kind != "picture" or (len(region.words) < _LABEL and not (depth(text) or is_known(text))):
        return False
    painted = (pymupdf.Rect(box) for kind, box in page.get_bboxlog() if "text" not in kind)
    return not any(pymupdf.Rect(region.box).intersects(box) for box in painted)


def bounds(words: Iterable[Word]) -> Box:
    """The smallest box around `words`, of which there is at least one."""
    held = list(words)
    return min(w.x0 for w in held), min(w.y0 for w in held), max(w.x1 for w in held), max(w.y1 for w in held)


def _holds(box: Box, word: Word) -> bool:
    x, y = word.middle
    return box[0] - 1 <= x <= box[2] + 1 and box[1] - 2 <= y <= box[3] + 2


def _nearest(places: list[Box], word: Word) -> int | None:
    """The region at whose edge a bracket or an accent stands; None for words, and for what stands alone."""
    if not places or any(char.isalnum() for char in word.text):
        return None
    nearest = min(range(len(places)), key=lambda i: _distance(places[i], word))
    return nearest if _distance(places[nearest], word) < 1.2 * word.size else None


def _distance(box: Box, word: Word) -> float:
    x, y = word.middle
    return max(box[0] - x, x - box[2], 0.0) + max(box[1] - y, y - box[3], 0.0)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _clusters(words: list[Word]) -> list[list[Word]]:
    """Stray words grouped into blocks: next to each other, or on the next line."""
    clusters: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (round(w.baseline), w.x0)):
        for cluster in clusters:
            x0, y0, x1, y1 = bounds(cluster)
            near = word.size * 1.2
            beside = x0 - near <= word.x1 and word.x0 <= x1 + near
            if beside and y0 - near <= word.y1 and word.y0 <= y1 + near * 0.5:
                cluster.append(word)
                break
        else:
            clusters.append([word])
    return clusters
