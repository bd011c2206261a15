"""Footnotes: which regions of a page are some, whatever the layout analysis calls them, and where they belong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from p2c.paper.pdf_lines import lines_of, main_size
from p2c.paper.pdf_regions import Region

_MARK = re.compile(r"(?:\^\{([\d*∗†‡§¶]{1,3}|[a-z])\}|([∗†‡§¶*]))\s*")
_KINDS = ("text", "list-item", "page-footer")
_LOWER = 0.5
"""Share of the page's height below which footnotes begin."""


def with_footnotes(pages: Sequence[Sequence[Region]], heights: Sequence[float]) -> list[list[Region]]:
    """`pages` with what begins with a raised mark low on its page (a number, or a sign in small print) as footnotes."""
    body = main_size(w for regions in pages for region in regions if region.kind == "text" for w in region.words)
    return [
        [replace(r, kind="footnote") if _is_note(r, height, body) else r for r in regions]
        for regions, height in zip(pages, heights, strict=True)
    ]


def _is_note(region: Region, height: float, body: float) -> bool:
    if region.kind not in _KINDS or region.box[1] < _LOWER * height or not region.words:
        return False
    first = lines_of(region.words)[0].text
    mark = _MARK.match(first)
    if mark is None or len(first) <= mark.end() + 2:
        return False
    return main_size(region.words) <= body - 0.5 or (mark[1] or "").isdigit()


def divided(text: str) -> tuple[str, str]:
    """A footnote's mark (`2`, `∗`; empty where it has none) and its text."""
    mark = _MARK.match(text)
    return (mark[1] or mark[2], text[mark.end() :]) if mark else ("", text)


def refers(text: str, mark: str) -> bool:
    """Whether `text` has the reference to a footnote: its mark, raised behind a word or a stop, no exponent."""
    before = r"(?:[^\W\d_]{2}|[.,;:)\]”\"’]|[∗†‡§*]\})\s?"
    raised = rf"\^\{{(?:[^{{}}]+,)?\s*{re.escape(mark)}(?:,[^{{}}]*)?\}}"
    return bool(mark) and bool(re.search(before + raised, text))
