"""Numbers in boxes are what a picture says, and stand in the text as they are printed; numbers beside axes do not."""

from __future__ import annotations

from collections.abc import Callable

import pymupdf

from p2c.paper.pdf_assemble import markdown
from p2c.paper.pdf_blocks import page_blocks
from p2c.paper.pdf_diagrams import laid_out, with_diagrams
from p2c.paper.pdf_regions import Region
from p2c.paper.pdf_text import Vocabulary
from p2c.paper.pdf_words import page_words

KERNEL = (("0", "-1", "0"), ("-1", "4", "-1"), ("0", "-1", "0"))


def _page(draw: Callable[[pymupdf.Page], None]) -> tuple[pymupdf.Document, Region]:
    document = pymupdf.open()
    page = document.new_page(width=300, height=300)
    draw(page)
    return document, Region("picture", (40, 40, 260, 260), tuple(page_words(page)))


def _kernel(page: pymupdf.Page) -> None:
    for row, numbers in enumerate(KERNEL):
        for column, number in enumerate(numbers):
            x, y = 100 + 20 * column, 100 + 20 * row
            page.draw_rect((x, y, x + 20, y + 20))
            page.insert_text((x + 6, y + 13), number, fontsize=8)
    page.insert_text((100, 180), "The kernel", fontsize=8)


def _plot(page: pymupdf.Page) -> None:
    page.draw_rect((60, 60, 250, 230))
    for at in range(6):
        page.insert_text((60 + 35 * at, 240), str(20 * at), fontsize=8)
        page.insert_text((45, 230 - 30 * at), f"0.{at}", fontsize=8)
        for curve in range(3):
            page.insert_text((80 + 25 * at, 80 + 15 * at + 25 * curve), f"{at}%", fontsize=8)


def test_numbers_in_boxes_are_laid_out_as_they_are_printed() -> None:
    document, region = _page(_kernel)
    with document:
        (diagram,) = with_diagrams(document[0], [region])
    assert diagram.boxed
    lines = laid_out(diagram.words).split("\n")
    assert [line.split() for line in lines] == [*map(list, KERNEL), ["The", "kernel"]]
    assert {line.index("-1") for line in (lines[0], lines[2])} == {lines[0].index("-1")}
    assert lines[1].index("4") - lines[0].index("-1") in (0, 1)


def test_numbers_beside_axes_and_in_a_plots_frame_are_not() -> None:
    document, region = _page(_plot)
    with document:
        assert with_diagrams(document[0], [region]) == [region]


def test_a_model_reads_the_numbers_of_a_diagram() -> None:
    document, region = _page(_kernel)
    with document:
        (block,) = page_blocks(with_diagrams(document[0], [region]), 1, Vocabulary([]))
    shown = markdown(block)
    assert shown.startswith("> Text in the picture, each word where it stands:\n\n```text\n")
    assert [line.split() for line in shown.split("\n")[3:6]] == [list(row) for row in KERNEL]
