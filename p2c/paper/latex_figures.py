"""The pictures that a LaTeX source includes, copied (PDF ones rendered) beside the paper's text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from pathlib import Path

from p2c.paper.latex_blocks import LatexFigure
from p2c.paper.latex_source import Source
from p2c.types import Figure

_BITMAPS = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_SUFFIXES = (*_BITMAPS, ".pdf", ".svg")
_DPI = 150


def figures(
    found: Sequence[LatexFigure], source: Source, text: str, folder: Path | None
) -> tuple[tuple[Figure, ...], list[str]]:
    """The figures, their first picture written below `folder` where given, and notes on pictures that are missing."""
    shown: list[Figure] = []
    missing: list[str] = []
    places = ["", *re.findall(r"\{([^{}]*)\}", "".join(re.findall(r"\\graphicspath\s*\{((?:\{[^}]*\}\s*)+)\}", text)))]
    for figure in found:
        image = None
        if folder is not None:
            for name in figure.files:
                stem = f"figure-{figure.number}"
                image = image or _copied(source, name, places, folder, stem)
            if figure.files and image is None:
                missing.append(f"The picture of figure {figure.number} is not in the source, or of a kind not read.")
        shown.append(Figure(label=f"Figure {figure.number}", caption=figure.caption, image=image))
    return tuple(shown), missing


def _copied(source: Source, name: str, places: Sequence[str], folder: Path, stem: str) -> str | None:
    for place in places:
        base = posixpath.normpath(posixpath.join(place, name))
        for candidate in (base, *(base + suffix for suffix in _SUFFIXES)):
            data = source.read(candidate)
            suffix = posixpath.splitext(candidate)[1].lower()
            if data and suffix in _SUFFIXES:
                return _written(data, suffix, folder, stem)
    return None


def _written(data: bytes, suffix: str, folder: Path, stem: str) -> str | None:
    """The picture as a file a browser shows; None where it cannot be read."""
    folder.mkdir(parents=True, exist_ok=True)
    if suffix in _BITMAPS:
        (folder / f"{stem}{suffix}").write_bytes(data)
        return f"{stem}{suffix}"
    import pymupdf  # noqa: PLC0415 - slow to load, and needed for pictures that are PDF or SVG only

    try:
        with pymupdf.open(stream=data, filetype=suffix[1:]) as document:
            document[0].get_pixmap(dpi=_DPI).save(folder / f"{stem}.png")
    except (pymupdf.FileDataError, RuntimeError, ValueError, IndexError):
        return None
    return f"{stem}.png"
