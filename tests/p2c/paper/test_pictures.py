"""A model that sees gets few and small pictures, designs and results first, and people are told which."""

from __future__ import annotations

import hashlib

import pymupdf
import pytest

from p2c.paper.pictures import LARGEST, LONGEST, MOST, choose
from p2c.types import Figure


def _png(width: int, height: int, noise: bool = False) -> bytes:
    size = width * height * 3
    samples = hashlib.shake_128(b"noise").digest(size) if noise else bytes(size)
    return bytes(pymupdf.Pixmap(pymupdf.csRGB, width, height, samples, 0).tobytes("png"))


def _figures(*captions: str) -> list[Figure]:
    return [
        Figure(label=f"Figure {n}", caption=caption, image=f"figure-{n}.png") for n, caption in enumerate(captions, 1)
    ]


def _shown(figures: list[Figure], most: int = MOST) -> list[str]:
    images = {str(figure.image): _png(64, 64) for figure in figures}
    return [picture.label for picture in choose(figures, images, most)[0]]


def test_designs_and_results_come_before_what_is_neither() -> None:
    figures = _figures("A street.", "Error over time.", "A cat.", "The overview of our method.", "Accuracy.")
    assert _shown(figures, 2) == ["Figure 2", "Figure 4"]
    assert _shown(figures, 3) == ["Figure 2", "Figure 4", "Figure 5"]
    assert _shown(figures) == [f"Figure {n}" for n in range(1, 6)]


def test_neither_sort_takes_the_place_of_the_other() -> None:
    figures = _figures(*["The architecture."] * 8, "Results.", "Results.", "Results.")
    assert _shown(figures) == [f"Figure {n}" for n in (1, 2, 3, 9, 10, 11)]


def test_an_appendix_comes_last() -> None:
    figures = [
        Figure(label="Figure A.1", caption="Results.", image="figure-1.png"),
        Figure(label="Figure 2", caption="Results.", image="figure-2.png"),
    ]
    assert _shown(figures, 1) == ["Figure 2"]


@pytest.mark.parametrize(("width", "height"), [(4000, 1000), (700, 3000)])
def test_a_large_picture_is_made_smaller(width: int, height: int) -> None:
    ((picture,), _) = choose(_figures("The model."), {"figure-1.png": _png(width, height)})
    assert max(picture.width, picture.height) == LONGEST
    assert picture.width / picture.height == pytest.approx(width / height, rel=0.02)
    shown = pymupdf.Pixmap(picture.png)
    assert (shown.width, shown.height) == (picture.width, picture.height)


def test_a_small_one_is_not_blown_up() -> None:
    ((picture,), _) = choose(_figures("The model."), {"figure-1.png": _png(300, 200)})
    assert (picture.width, picture.height) == (300, 200)


def test_no_file_is_larger_than_the_limit() -> None:
    ((picture,), _) = choose(_figures("A photograph."), {"figure-1.png": _png(1024, 1024, noise=True)})
    assert len(picture.png) <= LARGEST


def test_a_transparent_picture_stands_on_white() -> None:
    clear = pymupdf.Pixmap(pymupdf.csRGB, (0, 0, 64, 64), True)
    clear.clear_with(0)
    clear.set_alpha(bytes(64 * 64))
    ((picture,), _) = choose(_figures("The model."), {"figure-1.png": clear.tobytes("png")})
    assert pymupdf.Pixmap(picture.png).pixel(30, 30) == (255, 255, 255)


def test_a_jpeg_becomes_a_png() -> None:
    figure = Figure(label="Figure 1", caption="The model.", image="figure-1.jpg")
    jpeg = pymupdf.Pixmap(_png(80, 60)).tobytes("jpeg")
    ((picture,), _) = choose([figure], {"figure-1.jpg": jpeg})
    assert picture.png.startswith(b"\x89PNG")


def test_people_are_told_what_is_shown_and_what_is_not() -> None:
    figures = [
        *_figures(*["The architecture."] * 7),
        Figure(label="Figure 8", caption="A plot without a picture."),
        Figure(label="Figure 9", caption="Overview.", image="figure-9.png"),
    ]
    images = {f"figure-{n}.png": _png(64, 64) for n in range(1, 8)} | {"figure-9.png": b"no picture"}
    shown, notes = choose(figures, images, most=8)
    assert [picture.label for picture in shown] == [f"Figure {n}" for n in range(1, 8)]
    assert notes == (
        "7 of 9 figures go along as images: Figure 1, Figure 2, Figure 3, Figure 4, Figure 5, Figure 6, Figure 7",
        "without a picture that could be taken from the paper: Figure 8",
        "pictures that cannot be read: Figure 9",
    )
    assert choose(figures, images, most=2)[1][1].startswith("left out, as no more than 2 are shown: Figure 3, ")


def test_a_paper_without_figures_shows_none_and_says_so() -> None:
    assert choose([], {}) == ((), ("no figure was found in it",))
