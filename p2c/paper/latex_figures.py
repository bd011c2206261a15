"""The pictures that a LaTeX source includes, copied (PDF ones rendered) beside the paper's text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from p2c.paper.latex_blocks import LatexFigure
from p2c.paper.latex_source import Source
from p2c.types import Figure

_BITMAPS = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_SUFFIXES = (*_BITMAPS, ".pdf", ".svg")
_POSTSCRIPT = (".eps", ".ps", ".epsi")
_DPI = 150
_IN_A_ROW, _MOST, _SIDE = 3, 9, 400
"""Of a figure of several pictures: so many beside each other, so many in all, each in a square of so many pixels."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """The content of a picture's file, and the ending of its name."""

    data: bytes
    suffix: str


def figures(
    found: Sequence[LatexFigure], source: Source, text: str, folder: Path | None
) -> tuple[tuple[Figure, ...], list[str]]:
    """The figures, their pictures written below `folder` where given, and notes on those that are missing.

    A figure of several pictures becomes one, with all of them on one sheet.
    """
    shown: list[Figure] = []
    missing: list[str] = []
    places = ["", *re.findall(r"\{([^{}]*)\}", "".join(re.findall(r"\\graphicspath\s*\{((?:\{[^}]*\}\s*)+)\}", text)))]
    for figure in found:
        image = None
        if folder is not None and figure.files:
            pictures = [p for name in figure.files[:_MOST] if (p := _picture(source, name, places)) is not None]
            image = _written(pictures, folder, f"figure-{figure.number}")
            if image is None:
                missing.append(_why(figure, source, places))
        shown.append(Figure(label=f"Figure {figure.number}", caption=figure.caption, image=image))
    return tuple(shown), missing


def _why(figure: LatexFigure, source: Source, places: Sequence[str]) -> str:
    """Why there is no picture of `figure`."""
    for name in figure.files:
        if any(source.read(candidate) is not None for candidate in _candidates(name, places, _POSTSCRIPT)):
            return f"The picture of figure {figure.number} is PostScript (EPS), which is not read."
    return f"The picture of figure {figure.number} is not in the source, or of a kind not read."


def _candidates(name: str, places: Sequence[str], suffixes: Sequence[str]) -> Iterator[str]:
    """The names that a file may have: as it is written, where that has one of these endings, or with one of them."""
    for place in places:
        base = posixpath.normpath(posixpath.join(place, name))
        if posixpath.splitext(base)[1].lower() in suffixes:
            yield base
        yield from (base + suffix for suffix in suffixes)


def _picture(source: Source, name: str, places: Sequence[str]) -> _Picture | None:
    for candidate in _candidates(name, places, _SUFFIXES):
        data = source.read(candidate)
        if data:
            return _Picture(data, posixpath.splitext(candidate)[1].lower())
    return None


def _written(pictures: Sequence[_Picture], folder: Path, stem: str) -> str | None:
    """The pictures as one file a browser shows; None where none can be read."""
    if len(pictures) == 1 and pictures[0].suffix in _BITMAPS:
        name, content = f"{stem}{pictures[0].suffix}", pictures[0].data
    else:
        rendered = [png for picture in pictures if (png := _png(picture)) is not None]
        if not rendered:
            return None
        name, content = f"{stem}.png", rendered[0] if len(rendered) == 1 else _sheet(rendered)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return name


def _png(picture: _Picture) -> bytes | None:
    """A picture as PNG; None where it cannot be read."""
    import pymupdf  # noqa: PLC0415 - slow to load, and needed for pictures that are PDF, SVG or several only

    try:
        with pymupdf.open(stream=picture.data, filetype=picture.suffix[1:]) as document:
            return bytes(document[0].get_pixmap(dpi=_DPI).tobytes("png"))
    except (pymupdf.mupdf.FzErrorBase, RuntimeError, ValueError, IndexError):  # damaged in one way or another
        return None


def _sheet(pictures: Sequence[bytes]) -> bytes:
    """All pictures on one white sheet, in rows."""
    import pymupdf  # noqa: PLC0415 - as above

    columns = min(_IN_A_ROW, len(pictures))
    rows = -(-len(pictures) // columns)
    with pymupdf.open() as document:
        sheet = document.new_page(width=columns * _SIDE, height=rows * _SIDE)
        for number, picture in enumerate(pictures):
            x, y = number % columns * _SIDE, number // columns * _SIDE
            sheet.insert_image(pymupdf.Rect(x + 4, y + 4, x + _SIDE - 4, y + _SIDE - 4), stream=picture)
        return bytes(sheet.get_pixmap().tobytes("png"))
