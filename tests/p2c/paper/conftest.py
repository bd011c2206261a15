"""Small papers that the tests make themselves, and the folder of real ones beside the project."""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pymupdf
import pytest
from pydantic import TypeAdapter, ValidationError

import p2c.paper.pdf
from p2c.paper import pdf_layout
from p2c.paper.pdf_layout import Place
from p2c.paper.read import read_paper
from p2c.types import Paper

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
def reading(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Paper]:
    """Reads a paper, once a run of the tests.

    The layout network's answers are kept from one run to the next: they take nine tenths of a reading, and depend on no
    code of ours but the module that asks for them. All else is done anew by each run.
    """
    kept = getattr(request.config, "cache", None)
    folder = kept.mkdir("layouts") if kept is not None else tmp_path_factory.mktemp("layouts")
    form = TypeAdapter(list[list[Place]])
    asker = Path(pdf_layout.__file__).read_bytes()
    asker += "".join(map(version, ("pymupdf", "pymupdf-layout", "onnxruntime"))).encode()

    def layouts(document: pymupdf.Document, data: bytes) -> list[list[Place]]:
        path = folder / f"{hashlib.sha256(hashlib.sha256(data).digest() + asker).hexdigest()}.json"
        try:
            return form.validate_json(path.read_bytes())
        except (OSError, ValidationError):
            found = pdf_layout.layouts(document, data)
        scratch = path.with_suffix(f".{os.getpid()}")
        scratch.write_bytes(form.dump_json(found))
        scratch.replace(path)
        return found

    @cache
    def read(path: Path) -> Paper:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(p2c.paper.pdf, "layouts", layouts)
            return read_paper(path)

    return read


@pytest.fixture(scope="session")
def real_papers() -> Path:
    """The folder of real papers; the test is skipped where it is absent."""
    folder = Path(__file__).parents[4] / "shared" / "papers"
    if not folder.is_dir():
        pytest.skip("the folder of real papers is absent")
    return folder
