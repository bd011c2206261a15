"""Real papers (where their folder is present): how much of each is read, against its own source."""

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from p2c.errors import PaperError
from p2c.paper.measure import measure
from p2c.paper.read import read_paper
from p2c.paper.render import to_markdown
from p2c.types import Paper

pytestmark = pytest.mark.papers


Read = Callable[[Path], Paper]


@pytest.mark.parametrize("name", ["transformer", "hypergrad_en", "hypergrad_ru", "ais_weight_init_grokking"])
def test_a_pdf_holds_what_its_latex_says_in_order(real_papers: Path, reading: Read, name: str) -> None:
    result = measure(reading(real_papers / f"{name}.pdf"), reading(real_papers / f"{name}.tex"))
    assert result.words >= 0.99
    assert result.missing == ()


def test_a_pdf_holds_what_grobid_found_in_it(real_papers: Path, reading: Read) -> None:
    pdf, json = (reading(real_papers / f"specter_acl2020.{kind}") for kind in ("pdf", "json"))
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
        ("sparse_jl_transform", r"g_{s}(A) = E_{h,r} [\exp (u \sum_{i=1}^{s-1} \hat{Z}_{i}) | h^{-1}(s) = A] ."),
        ("sparse_jl_transform", r"E_{h}[E_{r}[Z_{i}^{2} | \mathcal{G}]] ≤ 2E[Z_{i}^{2}]"),
        ("sparse_jl_transform", r"f(k, c, z + 1) = ({k \atop z + 1})/({c \atop z + 1}),"),
        ("sparse_jl_transform", r"E_{r} [( \sum_{j∈[d]} δ_{ih(j)}r_{j}x_{j})^{2}] ="),
        ("hypergrad_en", r"= \sum_{x,y∈X,y} \sum_{r=1}^{Z}[y = r]\log f_{r}(w, x)."),
    ],
)
def test_formulas_are_written_as_they_are_printed(real_papers: Path, reading: Read, name: str, formula: str) -> None:
    assert formula in to_markdown(reading(real_papers / f"{name}.pdf"))


@pytest.mark.parametrize("name", ["hypergrad_ru", "ais_weight_init_grokking"])
def test_latex_holds_what_its_pdf_shows(real_papers: Path, reading: Read, name: str) -> None:
    assert measure(reading(real_papers / f"{name}.tex"), reading(real_papers / f"{name}.pdf")).words >= 0.97


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
def test_a_broken_file_gets_its_own_clear_message(real_papers: Path, reading: Read, name: str) -> None:
    with pytest.raises(PaperError, match=BROKEN[name]):
        reading(real_papers / "bad" / name)


def test_every_other_file_of_the_broken_ones_is_read(real_papers: Path, reading: Read) -> None:
    whole = to_markdown(reading(real_papers / "fasttext_bag_of_tricks.pdf"))
    for path in sorted((real_papers / "bad").iterdir()):
        if path.name not in BROKEN:
            paper = reading(path)
            assert to_markdown(paper.model_copy(update={"notes": ()})).split()[:3000] == whole.split()[:3000], path.name


def test_a_scan_is_refused(real_papers: Path, reading: Read) -> None:
    with pytest.raises(PaperError, match="OCR"):
        reading(real_papers / "flajolet_probabilistic_counting_scan.pdf")


def test_json_that_is_not_s2orc_is_refused_by_name(real_papers: Path, reading: Read) -> None:
    with pytest.raises(PaperError, match=r"`lines`.*S2ORC"):
        reading(real_papers / "malvar_demosaic_icassp2004.json")


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
def test_difficult_text_layers_are_read(
    real_papers: Path, reading: Read, name: str, holds: Callable[[str], bool]
) -> None:
    assert holds(to_markdown(reading(real_papers / name)))


HEADINGS = {
    "joachims_tr_1997": "1|2|2.1|2.2|2.3|3|3.1|3.2|3.3|4|4.1|4.2|4.3|4.4|5|5.1|5.2|5.3|6|7|References",
    "malvar_demosaic_icassp2004": "1.|2.|3.|3.1|3.2|4.|5.|REFERENCES",
    "icbinb_rohde22a": "1|2|3|4",
    "sparse_jl_transform": "1.|2.|3.|3.1|3.2|3.3|4.|5.|6.|7.|8.|9.|9.1|9.2|9.2.1|9.3|9.4",
}
"""Of papers without a source, by the first word of each."""


@pytest.mark.parametrize("name", sorted(HEADINGS))
def test_every_heading_is_found_and_no_other(real_papers: Path, reading: Read, name: str) -> None:
    sections = reading(real_papers / f"{name}.pdf").sections
    found = [section.title.split()[0] for section in sections if section.title != "Front matter"]
    assert found == HEADINGS[name].split("|")


def test_page_heads_of_an_old_report_are_left_out_and_its_references_are_a_section(
    real_papers: Path, reading: Read
) -> None:
    paper = reading(real_papers / "joachims_tr_1997.pdf")
    text = "\n".join(section.text for section in paper.sections)
    assert not re.search(r"\d SUPPORT VECTOR MACHINES|3\.3 Non-Separable Problems 7|(?m:^\d{1,2}$)", text)
    references = next(section for section in paper.sections if section.kind == "references")
    assert references.text.count("\n\n") > 25


def test_a_report_without_an_abstract_is_read_from_its_first_page_on(real_papers: Path, reading: Read) -> None:
    paper = reading(real_papers / "encrypted_natural_rc4.pdf")
    titles = [section.title for section in paper.sections]
    assert titles[0] == "1.What is a Systematic Review"
    assert {"1.2. The Origins of Systematic Review", "4.1. Review Planning", "5.1. Evaluation Biases"} <= set(titles)
    assert len(paper.abstract.split()) < 400


def test_the_coefficients_of_a_filter_are_read_where_they_stand(real_papers: Path, reading: Read) -> None:
    text = to_markdown(reading(real_papers / "malvar_demosaic_icassp2004.pdf"))
    rows = [" ".join(line.split()) for line in text.split("\n")]
    assert rows.count("-1 4 5 4 -1 +1/2 5 +1/2 -3/2 6 -3/2") == 2
    assert "-1 2 4 2 -1 -1 2 4 2 -1" in rows


def test_formulas_of_two_columns_are_not_mixed(real_papers: Path, reading: Read) -> None:
    text = to_markdown(reading(real_papers / "sparse_jl_transform.pdf"))
    formulas = text.split("$$")[1::2]
    assert not [formula for formula in formulas if r"\max_{h∈G}" in formula and "h^{-1}(s)" in formula]
    (jensen,) = [formula for formula in formulas if "Jensen" in formula]
    assert jensen.strip().startswith(r"f_{s} (A ∪\{a\}) = E_{r} [\exp (u\hat{Z}_{s}) | h^{-1}(s) = A ∪\{a\}]")
