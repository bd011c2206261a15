"""Page furniture: running heads, page numbers and stamps, which are no part of the text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from p2c.paper.pdf_lines import lines_of
from p2c.paper.pdf_regions import Region

_NUMBER = re.compile(r"\W*(?:page\s+)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of)\s*\d+)?\W*", re.IGNORECASE)
_MARGIN = 0.1
"""Share of the page's height, above and below, in which furniture is looked for."""


def without_furniture(pages: Sequence[Sequence[Region]], heights: Sequence[float]) -> list[list[Region]]:
    """`pages` without what repeats at the same height on several pages, page numbers, and marked heads and feet."""
    seen: dict[tuple[str, int], set[int]] = defaultdict(set)
    for number, (regions, height) in enumerate(zip(pages, heights, strict=True)):
        for region in regions:
            if _marginal(region, height):
                seen[_key(region)].add(number)
    often = {key for key, numbers in seen.items() if len(numbers) > 1 and len(numbers) >= len(pages) / 6}
    return [
        [r for r in regions if not (_marginal(r, height) and (_key(r) in often or _furniture(r)))]
        for regions, height in zip(pages, heights, strict=True)
    ]


def _marginal(region: Region, height: float) -> bool:
    margin = _MARGIN * (1.5 if region.kind in ("page-header", "page-footer") else 1.0) * height
    return bool(region.words) and (region.box[3] < margin or region.box[1] > height - margin)


def _furniture(region: Region) -> bool:
    return region.kind in ("page-header", "page-footer") or bool(_NUMBER.fullmatch(_text(region)))


def _key(region: Region) -> tuple[str, int]:
    return re.sub(r"\d+", "#", _text(region)), round(region.box[1] / 6)


def _text(region: Region) -> str:
    return " ".join(line.text for line in lines_of(region.words))
