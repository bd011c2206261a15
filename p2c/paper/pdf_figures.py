"""The figures of a PDF: captions, and the picture above or below each, rendered to a PNG file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pymupdf

from p2c.paper.pdf_blocks import CAPTION, Block
from p2c.paper.pdf_layout import Box
from p2c.paper.pdf_regions import Region
from p2c.types import Figure

_DPI = 150
_MARGIN = 4.0
"""Points on each side of a picture that are shown with it: the half of a frame's line that is outside its box."""
_SMALLEST, _TOUCH, _FARTHEST = 20.0, 16.0, 60.0
"""Points: no smaller shape is a picture; shapes this close are one figure; a caption stands no farther from it."""
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
        box = _picture(block, document[block.page - 1], pages[block.page - 1]) if folder is not None else None
        name = None
        if folder is not None and box is not None:
            name = f"figure-{len(found) + 1}.png"
            folder.mkdir(parents=True, exist_ok=True)
            clip = pymupdf.Rect(box[0] - _MARGIN, box[1], box[2] + _MARGIN, box[3])
            document[block.page - 1].get_pixmap(dpi=_DPI, clip=clip).save(folder / name)
        found.append(
            Figure(
                label=label[0].strip(" .:|)–—-"),
                caption=block.text[label.end() :].strip(),
                page=block.page,
                image=name,
            )
        )
    return tuple(found)


def _picture(caption: Block, page: pymupdf.Page, regions: Sequence[Region]) -> Box | None:
    """The box around what belongs to `caption`: the images and drawings nearest to it, with all that touches them."""
    shapes = [shape for shape in _shapes(page, regions) if _overlap(shape, caption.box) > 0]
    above = [shape for shape in shapes if shape[3] <= caption.box[1] + 8]
    side = above or [shape for shape in shapes if shape[1] >= caption.box[3] - 8]
    if not side:
        return None
    nearest = min(side, key=lambda shape: _gap(shape, caption.box))
    if _gap(nearest, caption.box) > _FARTHEST:
        return None
    whole = nearest
    while joined := [shape for shape in side if not _within(shape, whole) and _gap(shape, whole) < _TOUCH]:
        for shape in joined:
            whole = (
                min(whole[0], shape[0]),
                min(whole[1], shape[1]),
                max(whole[2], shape[2]),
                max(whole[3], shape[3]),
            )
    return whole


def _shapes(page: pymupdf.Page, regions: Sequence[Region]) -> list[Box]:
    """Bitmaps, clusters of vector drawings, and regions that the layout analysis calls pictures."""
    found = [tuple(image["bbox"]) for image in page.get_image_info()]
    found += [tuple(cluster) for cluster in page.cluster_drawings()]
    found = [box for box in found if box[2] - box[0] > _SMALLEST and box[3] - box[1] > _SMALLEST]
    return [*found, *(region.box for region in regions if region.kind == "picture")]


def _within(inner: Box, outer: Box) -> bool:
    return all(inner[i] >= outer[i] - 0.5 for i in (0, 1)) and all(inner[i] <= outer[i] + 0.5 for i in (2, 3))


def _overlap(one: Box, other: Box) -> float:
    return min(one[2], other[2]) - max(one[0], other[0])


def _gap(one: Box, other: Box) -> float:
    return max(other[1] - one[3], one[1] - other[3], 0.0)
