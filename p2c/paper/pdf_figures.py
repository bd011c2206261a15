"""The figures of a PDF: captions, and the picture above or below each, rendered to a PNG file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pymupdf

from p2c.paper.pdf_blocks import CAPTION, Block
from p2c.paper.pdf_regions import Box, Region
from p2c.types import Figure

_DPI = 150
_FIGURE = re.compile(r"(?:(?:supplementary|extended data) )?(?:fig|рис|abb)", re.IGNORECASE)


def figures(
    document: pymupdf.Document, pages: Sequence[Sequence[Region]], blocks: Sequence[Block], folder: Path | None
) -> tuple[Figure, ...]:
    """Every figure that has a caption; pictures are rendered (vector and bitmap alike) where `folder` is given."""
    found: list[Figure] = []
    for block in blocks:
        label = CAPTION.match(block.text)
        if block.kind != "caption" or not label or not _FIGURE.match(block.text):
            continue
        box = _picture(block, pages[block.page - 1])
        name = None
        if folder is not None and box is not None:
            name = f"figure-{len(found) + 1}.png"
            folder.mkdir(parents=True, exist_ok=True)
            document[block.page - 1].get_pixmap(dpi=_DPI, clip=pymupdf.Rect(box)).save(folder / name)
        found.append(
            Figure(
                label=label[0].strip(" .:|)–—-"),
                caption=block.text[label.end() :].strip(),
                page=block.page,
                image=name,
            )
        )
    return tuple(found)


def _picture(caption: Block, regions: Sequence[Region]) -> Box | None:
    """The box around the pictures that belong to `caption`: those nearest to it, in its own columns."""
    pictures = [r.box for r in regions if r.kind == "picture" and _overlap(r.box, caption.box) > 0]
    if not pictures:
        return None
    above = [box for box in pictures if box[3] <= caption.box[1] + 8]
    side = above or pictures
    nearest = min(side, key=lambda box: _gap(box, caption.box))
    reach = [box for box in side if abs(box[3] - nearest[3]) < 40 or _touch(box, nearest)]
    return min(b[0] for b in reach), min(b[1] for b in reach), max(b[2] for b in reach), max(b[3] for b in reach)


def _overlap(one: Box, other: Box) -> float:
    return min(one[2], other[2]) - max(one[0], other[0])


def _gap(one: Box, other: Box) -> float:
    return max(other[1] - one[3], one[1] - other[3], 0.0)


def _touch(one: Box, other: Box) -> bool:
    return _overlap(one, other) > 0 and _gap(one, other) < 25
