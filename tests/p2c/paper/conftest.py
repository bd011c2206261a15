"""Small papers that the tests make themselves, and the folder of real ones beside the project."""

from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest

Draw = Callable[[pymupdf.Document], None]

PROSE = (
    "We study the estimation of sparse linear models from few observations. The method that we propose selects "
    "features one after another and stops by a rule which is derived below. Earlier work needs the noise level to be "
    "known in advance, which is seldom the case in practice. Our experiments compare the estimators on synthetic data "
    "and on three public collections, and report the mean error over twenty repetitions of every setting."
)


@pytest.fixture
def prose() -> str:
    """A paragraph of five sentences."""
    return PROSE


@pytest.fixture
def make_pdf(tmp_path: Path) -> Callable[..., Path]:
    """Makes a PDF from a function that draws its pages."""

    def make(draw: Draw, name: str = "paper.pdf", **options: object) -> Path:
        path = tmp_path / name
        with pymupdf.open() as document:
            draw(document)
            document.save(path, **options)
        return path

    return make


@pytest.fixture
def paper_pdf(make_pdf: Callable[..., Path]) -> Path:
    """A two-column paper of two pages: title, abstract, headings, list, table, footer, references."""
    return make_pdf(two_columns)


def two_columns(document: pymupdf.Document) -> None:
    """Draws the paper of `paper_pdf`; each column's text names its place, so that the order can be read off."""
    for number in (1, 2):
        page = document.new_page(width=612, height=792)
        page.insert_text((230, 40), "A running head of this journal", fontsize=8)
        page.insert_text((300, 770), str(number), fontsize=9)
        if number == 1:
            page.insert_text((150, 90), "Greedy Selection of Sparse Models", fontsize=18, fontname="hebo")
            _column(page, 54, 130, [("h", "Abstract"), ("p", "This is the abstract. " + PROSE)])
            _column(page, 54, 330, [("h", "1 Introduction"), ("p", "Left column first. " + PROSE)])
            _column(page, 318, 130, [("p", "Right column second. " + PROSE), ("h", "2 Method"), ("p", PROSE)])
        else:
            items = [f"\u00b7 the {name} step is done once" for name in ("first", "second", "third")]
            _column(
                page, 54, 80, [("h", "3 Experiments"), ("p", "Second page. " + PROSE), *(("i", item) for item in items)]
            )
            _column(
                page, 318, 80, [("h", "References"), ("p", "[1] A. Author. A paper on something. 2019."), ("p", PROSE)]
            )


def _column(page: pymupdf.Page, x: float, y: float, parts: list[tuple[str, str]]) -> None:
    for kind, text in parts:
        if kind == "h":
            page.insert_text((x, y + 12), text, fontsize=12, fontname="hebo")
            y += 26
        else:
            width = 230
            left = page.insert_textbox((x, y, x + width, y + 300), text, fontsize=10, fontname="tiro", align=0)
            y += 300 - left + (10 if kind == "p" else 1)


@pytest.fixture(scope="session")
def real_papers() -> Path:
    """The folder of real papers; the test is skipped where it is absent."""
    folder = Path(__file__).parents[4] / "shared" / "papers"
    if not folder.is_dir():
        pytest.skip("the folder of real papers is absent")
    return folder
