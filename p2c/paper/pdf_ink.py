"""Text of a PDF that no reader of the printed page sees: white, without ink, or too small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pymupdf

from p2c.paper.pdf_layout import Box

_WHITE = 0xF5
"""Of 255: what each of red, green and blue has at least."""
_SMALLEST = 1.5
"""Points: print that is lower is a speck."""


def painted(page: pymupdf.Page) -> list[Box]:
    """Where something other than text is painted on `page`: images (of a scan, for one), areas of colour, lines."""
    return [box for kind, box in page.get_bboxlog() if "text" not in kind]


def is_seen(span: dict[str, Any], behind: Sequence[Box]) -> bool:
    """Whether a span of PyMuPDF's `rawdict` can be read on paper.

    White letters on what is painted can be; so, in a way, can the text that lies invisible on the image of a scan.
    """
    x0, y0, x1, y1 = span["bbox"]
    if y1 - y0 < _SMALLEST:
        return False
    color = int(span["color"])
    white = min(color >> 16 & 255, color >> 8 & 255, color & 255) >= _WHITE
    if not white and span.get("alpha", 255) > 0:
        return True
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in behind)
