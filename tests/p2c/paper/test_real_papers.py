"""Real papers (where their folder is present): how much of each is read, against its own source."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from p2c.errors import PaperError
from p2c.paper.measure import measure
from p2c.paper.read import read_paper
from p2c.paper.render import to_markdown
from p2c.types import Paper

pytestmark = pytest.mark.papers


@cache
def _read(path: Path) -> Paper:
    """A reading that several tests look at; a long PDF takes seconds."""
    return read_paper(path)


@pytest.mark.parametrize(
    ("name", "words", "headings"),
    [
        ("transformer", 0.99, 1.0),
        ("hypergrad_en", 0.99, 1.0),
        ("hypergrad_ru", 0.99, 1.0),
        ("ais_weight_init_grokking", 0.99, 0.9),
    ],
)
def test_a_pdf_holds_what_its_latex_says_in_order(real_papers: Path, name: str, words: float, headings: float) -> None:
    result = measure(_read(real_papers / f"{name}.pdf"), _read(real_papers / f"{name}.tex"))
    assert result.words >= words
    assert result.headings >= headings, result.missing


def test_a_pdf_holds_what_grobid_found_in_it(real_papers: Path) -> None:
    pdf, json = (_read(real_papers / f"specter_acl2020.{kind}") for kind in ("pdf", "json"))
    assert measure(pdf, _without(json, _footnotes(real_papers / "specter_acl2020.tei.xml"))).words >= 0.94


def _footnotes(tei: Path) -> list[str]:
    """The footnotes that GROBID recognised; its JSON has them in the middle of the body."""
    notes = ElementTree.parse(tei).getroot().iter("{http://www.tei-c.org/ns/1.0}note")  # noqa: S314 - a file of ours
    return [" ".join("".join(note.itertext()).split()) for note in notes if note.get("place") == "foot"]


def _without(paper: Paper, footnotes: list[str]) -> Paper:
    def cut(paragraph: str) -> str:
        joined = " ".join(paragraph.split())
        for note in footnotes:
            joined = joined.replace(note, "")
        return joined

    sections = [
        section.model_copy(update={"text": "\n\n".join(map(cut, section.text.split("\n\n")))})
        for section in paper.sections
    ]
    return paper.model_copy(update={"sections": tuple(sections)})


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("fasttext_bag_of_tricks", r"-\frac{1}{N} \sum_{n=1}^{N} y_{n} \log(f(BAx_{n})),"),
        ("fasttext_bag_of_tricks", r"P (n_{l+1}) = \prod_{i=1}^{l} P (n_{i})."),
        ("transformer", r"Attention(Q, K, V ) = softmax(\frac{QK^{T}}{\sqrt{d_{k}}})V (1)"),
        ("hypergrad_en", r"= \sum_{x,y∈X,y} \sum_{r=1}^{Z}[y = r]\log f_{r}(w, x)."),
    ],
)
def test_formulas_are_written_as_they_are_printed(real_papers: Path, name: str, formula: str) -> None:
    assert formula in to_markdown(_read(real_papers / f"{name}.pdf"))


@pytest.mark.parametrize("name", ["hypergrad_ru", "ais_weight_init_grokking"])
def test_latex_holds_what_its_pdf_shows(real_papers: Path, name: str) -> None:
    assert measure(_read(real_papers / f"{name}.tex"), _read(real_papers / f"{name}.pdf")).words >= 0.97


BROKEN = {
    "bad_bitrot.pdf": "damaged",
    "bad_blank_pages.pdf": "blank",
    "bad_empty.pdf": "empty",
    "bad_encrypted_userpw.pdf": "password",
    "bad_header_only.pdf": "header",
    "bad_html_error_page.pdf": "HTML",
    "bad_json_truncated.json": "cut off",
    "bad_json_wrong_schema.json": "S2ORC",
    "bad_truncated_half.pdf": "cut off",
    "bad_zero_pages.pdf": "no pages",
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_file_gets_its_own_clear_message(real_papers: Path, name: str) -> None:
    with pytest.raises(PaperError, match=BROKEN[name]):
        read_paper(real_papers / "bad" / name)


def test_every_other_file_of_the_broken_ones_is_read(real_papers: Path) -> None:
    whole = to_markdown(read_paper(real_papers / "fasttext_bag_of_tricks.pdf"))
    for path in sorted((real_papers / "bad").iterdir()):
        if path.name not in BROKEN:
            paper = read_paper(path)
            assert to_markdown(paper.model_copy(update={"notes": ()})).split()[:3000] == whole.split()[:3000], path.name


def test_a_scan_is_refused(real_papers: Path) -> None:
    with pytest.raises(PaperError, match="OCR"):
        read_paper(real_papers / "flajolet_probabilistic_counting_scan.pdf")


def test_json_that_is_not_s2orc_is_refused_by_name(real_papers: Path) -> None:
    with pytest.raises(PaperError, match=r"`lines`.*S2ORC"):
        read_paper(real_papers / "malvar_demosaic_icassp2004.json")


def test_an_arxiv_archive_is_read(real_papers: Path, tmp_path: Path) -> None:
    paper = read_paper(real_papers / "s2orc_acl2020_src.tex.gz", figures_to=tmp_path)
    assert paper.title == "S2ORC: The Semantic Scholar Open Research Corpus"
    assert len(paper.abstract) > 500
    assert {"body", "appendix", "references"} <= {section.kind for section in paper.sections}
    assert [path.name for path in tmp_path.glob("*.png")]


def _letter_spaced(text: str) -> bool:
    return "text categorization has become one of the key techniques" in text and "[Vapnik, 1995]" in text


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("joachims_tr_1997.pdf", _letter_spaced),
        ("encrypted_natural_rc4.pdf", lambda text: "Systematic Review in Software Engineering" in text),
        ("malvar_demosaic_icassp2004.pdf", lambda text: "# 3. IMPROVED LINEAR INTERPOLATION" in text),
    ],
)
def test_difficult_text_layers_are_read(real_papers: Path, name: str, holds: Callable[[str], bool]) -> None:
    assert holds(to_markdown(read_paper(real_papers / name)))
