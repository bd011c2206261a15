"""Page regions (text, table, picture, formula...): PyMuPDF's layout analysis, with every word accounted for.

The analysis is a small neural network that comes with PyMuPDF and runs on the CPU without a network; it only
classifies. Words that it covers with no region become text regions of their own, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pymupdf
import pymupdf.layout

from p2c.paper.pdf_formula import linear
from p2c.paper.pdf_fractions import with_fractions
from p2c.paper.pdf_lines import main_size
from p2c.paper.pdf_words import Word

Box = tuple[float, float, float, float]
_THIN = 1.5
"""Points: no drawing that is higher is a line."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table's grid: place, and first row and column."""

    box: Box
    row: int
    column: int


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


def page_regions(page: pymupdf.Page, words: list[Word]) -> list[Region]:
    """The regions of `page` in no particular order; together they hold each of `words` once."""
    page.get_layout(return_raw=True)
    groups: list[dict[str, Any]] = page.layout_information or []
    members: list[list[Word]] = [[] for _ in groups]
    stray: list[Word] = []
    places = [group["group_bbox"] for group in groups]
    for word in words:
        holders = [i for i in range(len(groups)) if _holds(places[i], word)]
        if holders:
            members[min(holders, key=lambda i: _area(places[i]))].append(word)
        elif (close := _nearest(places, word)) is not None:
            members[close].append(word)
        else:
            stray.append(word)
    lines = page_rules(page)
    regions = [
        Region(group["class_name"], _box(group["group_bbox"]), tuple(own), _cells(group), _inside(lines, own))
        for group, own in zip(groups, members, strict=True)
        if own or group["class_name"] == "picture"
    ]
    regions = [replace(region, kind="text") if _unpainted(page, region) else region for region in regions]
    regions = [_with_small_fractions(region) for region in regions]
    return regions + [Region("text", bounds(own), tuple(own), (), _inside(lines, own)) for own in _clusters(stray)]


def page_rules(page: pymupdf.Page) -> list[Box]:
    """The thin horizontal lines of `page`, however drawn: as a stroke, a filled box or (old dvips) a bitmap."""
    boxes = [box for kind, box in page.get_bboxlog() if "text" not in kind]
    return [_box(box) for box in boxes if box[3] - box[1] < _THIN and box[2] - box[0] > 2 * (box[3] - box[1])]


def _inside(rules: Sequence[Box], words: Sequence[Word]) -> tuple[Box, ...]:
    if not words or not rules:
        return ()
    x0, y0, x1, y1 = bounds(words)
    return tuple(r for r in rules if x0 - 2 <= r[0] and r[2] <= x1 + 2 and y0 - 2 <= r[1] and r[3] <= y1 + 2)


def _with_small_fractions(region: Region) -> Region:
    """Running text with the fractions in its lines put together: their print is that of indices."""
    if region.kind not in ("text", "list-item", "footnote", "caption") or not region.rules:
        return region
    words = with_fractions(region.words, region.rules, linear, largest=0.85 * main_size(region.words))
    return replace(region, words=tuple(words))


def _unpainted(page: pymupdf.Page, region: Region) -> bool:
    """Whether a region called a picture has words and nothing drawn in it: a title page, mostly."""
    if region.kind != "picture" or len(region.words) < 8:
        return False
    painted = (pymupdf.Rect(box) for kind, box in page.get_bboxlog() if "text" not in kind)
    return not any(pymupdf.Rect(region.box).intersects(box) for box in painted)


def bounds(words: Iterable[Word]) -> Box:
    """The smallest box around `words`, of which there is at least one."""
    held = list(words)
    return min(w.x0 for w in held), min(w.y0 for w in held), max(w.x1 for w in held), max(w.y1 for w in held)


def _holds(box: Any, word: Word) -> bool:
    x, y = word.middle
    return bool(box[0] - 1 <= x <= box[2] + 1 and box[1] - 2 <= y <= box[3] + 2)


def _nearest(places: list[Any], word: Word) -> int | None:
    """The region at whose edge a bracket or an accent stands; None for words, and for what stands alone."""
    if not places or any(char.isalnum() for char in word.text):
        return None
    nearest = min(range(len(places)), key=lambda i: _distance(places[i], word))
    return nearest if _distance(places[nearest], word) < 1.2 * word.size else None


def _distance(box: Any, word: Word) -> float:
    x, y = word.middle
    return float(max(box[0] - x, x - box[2], 0.0) + max(box[1] - y, y - box[3], 0.0))


def _area(box: Any) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def _box(box: Any) -> Box:
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])


def _cells(group: dict[str, Any]) -> tuple[Cell, ...]:
    found = group.get("table_cells") or ()
    return tuple(Cell(_box(group["bboxes"][c.bbox_idx]), int(c.row_start), int(c.col_start)) for c in found)


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
