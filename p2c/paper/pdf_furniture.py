"""Page furniture: running heads, page numbers and stamps, which are no part of the text."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from p2c.paper.pdf_lines import lines_of
from p2c.paper.pdf_regions import Region, bounds

_NUMBER = re.compile(r"\W*(?:page\s+)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of)\s*\d+)?\W*", re.IGNORECASE)
_MARGIN = 0.1
"""Share of the page's height, above and below, in which furniture is looked for."""
_LEAST_PAGES = 3
"""So many pages must count on before their numbers are believed."""
_LONGEST_HEAD = 12
"""Words that a running head with the page's number has at most."""
_BESIDE = re.compile(r"(\d{1,4})\b|.*?\s(\d{1,4})$")


def without_furniture(pages: Sequence[Sequence[Region]], heights: Sequence[float]) -> list[list[Region]]:
    """`pages` without what repeats at the same height on several pages, page numbers, and marked heads and feet."""
    pages = [_with_head_apart(regions, height) for regions, height in zip(pages, heights, strict=True)]
    seen: dict[tuple[str, int], set[int]] = defaultdict(set)
    for number, (regions, height) in enumerate(zip(pages, heights, strict=True)):
        for region in regions:
            if _marginal(region, height):
                seen[_key(region)].add(number)
    often = {key for key, numbers in seen.items() if len(numbers) > 1 and len(numbers) >= len(pages) / 6}
    counted = _counted(pages, heights)
    return [
        [
            r
            for r in regions
            if id(r) not in counted and not (_marginal(r, height) and (_key(r) in often or _furniture(r)))
        ]
        for regions, height in zip(pages, heights, strict=True)
    ]


def _with_head_apart(regions: Sequence[Region], height: float) -> list[Region]:
    """`regions` of a page whose first line, if it may be the page's head (a number beside words), is one of its own."""
    top = min((region for region in regions if region.words), key=lambda r: bounds(r.words)[1], default=None)
    lines = lines_of(top.words) if top is not None else []
    if top is None or len(lines) < 2 or lines[0].y1 > _MARGIN * height or top.kind in ("table", "formula"):
        return list(regions)
    head, below = lines[0], lines[1]
    if not _numbered(head.text) or below.y0 - head.y1 < head.size:
        return list(regions)
    rest = tuple(word for line in lines[1:] for word in line.words)
    parts = [replace(top, kind="text", words=head.words, box=bounds(head.words), cells=())]
    parts.append(replace(top, words=rest, box=bounds(rest)))
    return [part for region in regions for part in (parts if region is top else [region])]


def _counted(pages: Sequence[Sequence[Region]], heights: Sequence[float]) -> set[int]:
    """The ids of page numbers, alone or beside a running head: what stands first or last on its page and counts on.

    Old reports have them far from the paper's edge, and heads that differ from page to page (`8  5 EXPERIMENTS`).
    """
    found: list[tuple[int, int, Region]] = []  # page, number, region
    for page, regions in enumerate(pages):
        worded = [r for r in regions if r.words and r.kind not in ("table", "picture", "formula")]
        for region in {id(r): r for r in _ends(worded)}.values():
            beside = _numbered(_text(region))
            if beside:
                found.append((page, int(beside[1] or beside[2]), region))
    offsets = Counter(number - page for page, number, _ in found)
    offset, pages_with = offsets.most_common(1)[0] if offsets else (0, 0)
    if pages_with < max(_LEAST_PAGES, len(pages) / 3):
        return set()
    numbered = [region for page, number, region in found if number - page == offset]
    alone = {id(region) for region in numbered if _NUMBER.fullmatch(_text(region))}
    tops = [region.box[1] for region in numbered if id(region) not in alone]
    usual = median(tops) if len(tops) >= _LEAST_PAGES else None
    heads = {id(r) for r in numbered if usual is not None and abs(r.box[1] - usual) <= _level(r)}
    furniture = [(page, region) for page, _, region in found if id(region) in alone | heads]
    return {id(r) for page, head in furniture for r in pages[page] if r is head or _beside(head, r, heights[page])}


def _beside(head: Region, region: Region, height: float) -> bool:
    """Whether `region` is a short line in the margin, as high as the page's number: a running head of its own."""
    on_line = _marginal(region, height) and abs(region.box[1] - head.box[1]) <= _level(head)
    return on_line and len(lines_of(region.words)) == 1 and len(region.words) <= _LONGEST_HEAD


def _numbered(text: str) -> re.Match[str] | None:
    """Whether `text` is short and begins or ends with a number; its groups are the one or the other."""
    return (_BESIDE.fullmatch(text) or _BESIDE.match(text)) if len(text.split()) <= _LONGEST_HEAD else None


def _ends(regions: Sequence[Region]) -> list[Region]:
    """The regions that begin highest, side by side, and those that end lowest."""
    if not regions:
        return []
    top, bottom = min(regions, key=lambda r: r.box[1]), max(regions, key=lambda r: r.box[3])
    high = [r for r in regions if abs(r.box[1] - top.box[1]) <= _level(top)]
    return high + [r for r in regions if abs(r.box[3] - bottom.box[3]) <= _level(bottom)]


def _level(region: Region) -> float:
    """Points by which heads of one height may differ: half a line."""
    return 0.5 * (region.box[3] - region.box[1])


def _marginal(region: Region, height: float) -> bool:
    margin = _MARGIN * (1.5 if region.kind in ("page-header", "page-footer") else 1.0) * height
    return bool(region.words) and (region.box[3] < margin or region.box[1] > height - margin)


def _furniture(region: Region) -> bool:
    return region.kind in ("page-header", "page-footer") or bool(_NUMBER.fullmatch(_text(region)))


def _key(region: Region) -> tuple[str, int]:
    return re.sub(r"\d+", "#", _text(region)), round(region.box[1] / 6)


def _text(region: Region) -> str:
    return " ".join(line.text for line in lines_of(region.words))
