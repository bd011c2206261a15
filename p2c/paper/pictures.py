"""The pictures of a paper that a model which sees is shown: few and small, chosen by caption and by place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from p2c.types import Figure
from sandbox.words import counted

MOST = 6
"""Pictures in all; half of them at most are of one sort while the other sort has some."""
LONGEST = 1024
"""Pixels of a picture's longest side; endpoints make larger ones smaller themselves, at the full price."""
LARGEST = 700_000
"""Bytes of one PNG file; a photograph that has more is made smaller."""
_SMALLEST = 32
_NAMED = 8
_DESIGN = re.compile(
    r"(?i)architect|overview|framework|pipeline|workflow|schema|diagram|structure|illustrat|block|module|"
    r"\bmodels?\b|network|encoder|layer|mechanism|attention|flow ?chart|схем|структур|архитектур"
)
_RESULT = re.compile(
    r"(?i)result|accura|perform|compar|error|loss|curve|converg|ablat|effect|score|\bpsnr|\brmse|"
    r"\bvs\b|versus|function of|histogram|distribution|результат|сравн|ошибк|зависимост"
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as PNG, its longest side `LONGEST` pixels at most."""

    label: str
    """For example `Figure 2`."""
    caption: str
    png: bytes
    width: int
    height: int


def choose(
    figures: Sequence[Figure], images: Mapping[str, bytes], most: int = MOST
) -> tuple[tuple[Picture, ...], tuple[str, ...]]:
    """At most `most` pictures, in the paper's order, and notes for people on what is shown and what is not, and why.

    Those whose caption speaks of a design (architecture, overview, pipeline...) come first, then results (comparisons,
    curves, errors...), then others; among each, the body's before an appendix's and earlier ones before later ones.

    Args:
        images: file name -> content, as the readers wrote them.
    """
    present = [n for n, figure in enumerate(figures) if figure.image is not None and figure.image in images]
    chosen = sorted(_ranked(figures, present)[:most])
    shown: list[Picture] = []
    unread: list[str] = []
    for number in chosen:
        figure = figures[number]
        small = _small(images[str(figure.image)], str(figure.image))
        if small is None:
            unread.append(figure.label)
        else:
            shown.append(Picture(figure.label, figure.caption, *small))
    return tuple(shown), tuple(_notes(figures, present, chosen, unread))


def not_shown(figures: Sequence[Figure]) -> tuple[str, ...]:
    """For people, where no picture is shown: which figures the model knows by their captions alone, if any."""
    if not figures:
        return ()
    labels = ", ".join(figure.label for figure in figures[:_NAMED]) + (", ..." if len(figures) > _NAMED else "")
    return (
        f"the model reads the captions of {counted(len(figures), 'figure')} and sees none ({labels}); "
        "--figures shows the main ones to a model that can",
    )


def _notes(figures: Sequence[Figure], present: list[int], chosen: list[int], unread: list[str]) -> list[str]:
    if not figures:
        return ["no figure was found in it"]
    shown = [figures[n].label for n in chosen if figures[n].label not in unread]
    notes = [f"{len(shown)} of {len(figures)} figures go along as images: {', '.join(shown) or 'none'}"]
    if left := [figures[n].label for n in present if n not in chosen]:
        notes.append(f"left out, as no more than {len(chosen)} are shown: {', '.join(left)}")
    if absent := [figure.label for n, figure in enumerate(figures) if n not in present]:
        notes.append(f"without a picture that could be taken from the paper: {', '.join(absent)}")
    if unread:
        notes.append(f"pictures that cannot be read: {', '.join(unread)}")
    return notes


def _ranked(figures: Sequence[Figure], present: Sequence[int]) -> list[int]:
    """The first to be shown first: designs and results in turns, a design first; then what is neither."""
    placed = sorted(present, key=lambda n: (_in_appendix(figures[n]), n))
    designs = [n for n in placed if _DESIGN.search(figures[n].caption)]
    results = [n for n in placed if n not in designs and _RESULT.search(figures[n].caption)]
    others = [n for n in placed if n not in designs and n not in results]
    turns: list[int] = []
    for number in range(max(len(designs), len(results))):
        turns += designs[number : number + 1] + results[number : number + 1]
    return turns + others


def _in_appendix(figure: Figure) -> bool:
    return bool(re.search(r"\b[A-Z]\.?\d+$|(?i:supplementary|extended)", figure.label))


def _small(data: bytes, name: str) -> tuple[bytes, int, int] | None:
    """The picture as PNG on white with its width and height, small enough; None where it is none."""
    import pymupdf  # noqa: PLC0415 - slow to load, and needed for papers with pictures to show only

    try:
        real = pymupdf.Pixmap(data)
        longest = min(LONGEST, max(real.width, real.height))
        with pymupdf.open(stream=data, filetype=name.rpartition(".")[2]) as document:
            page = document[0]
            while True:
                zoom = longest / max(page.rect.width, page.rect.height)
                pixels = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), alpha=False)
                png = pixels.tobytes("png")
                if len(png) <= LARGEST or longest <= 256:
                    break
                longest = int(longest * 0.75)
    except (pymupdf.mupdf.FzErrorBase, RuntimeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return (png, pixels.width, pixels.height) if min(pixels.width, pixels.height) >= _SMALLEST else None
