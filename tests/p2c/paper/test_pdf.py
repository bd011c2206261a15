"""PDF papers: order, headings, lists, tables, figures, what is left out; and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest

from p2c.errors import PaperError
from p2c.paper.read import read_paper
from p2c.paper.render import to_markdown
from p2c.types import Paper
from tests.p2c.paper.conftest import two_columns


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    """The reading of `paper_pdf`."""
    path = tmp_path_factory.mktemp("pdf") / "paper.pdf"
    with pymupdf.open() as document:
        two_columns(document)
        document.save(path)
    return read_paper(path)


def _text(paper: Paper) -> str:
    return to_markdown(paper)


def test_title_and_abstract_are_found(paper: Paper) -> None:
    assert paper.title == "Greedy Selection of Sparse Models"
    assert paper.abstract.startswith("This is the abstract. We study the estimation")
    assert paper.source == "pdf"


def test_the_left_column_is_read_before_the_right(paper: Paper) -> None:
    text = _text(paper)
    places = [
        text.index(mark) for mark in ("This is the abstract", "Left column first", "Right column second", "Second page")
    ]
    assert places == sorted(places)


def test_headings_become_sections_and_references_a_kind_of_their_own(paper: Paper) -> None:
    assert [(section.title, section.level, section.kind) for section in paper.sections] == [
        ("1 Introduction", 1, "body"),
        ("2 Method", 1, "body"),
        ("3 Experiments", 1, "body"),
        ("References", 1, "references"),
    ]


def test_running_heads_and_page_numbers_are_left_out(paper: Paper) -> None:
    assert "running head" not in _text(paper)
    assert not any(part.strip() in ("1", "2") for section in paper.sections for part in section.text.split("\n"))


def test_bullets_become_a_markdown_list(paper: Paper) -> None:
    experiments = paper.sections[2]
    assert [line for line in experiments.text.split("\n") if line.startswith("- ")] == [
        "- the first step is done once",
        "- the second step is done once",
        "- the third step is done once",
    ]


def test_the_same_file_is_read_the_same_every_time(paper_pdf: Path) -> None:
    assert read_paper(paper_pdf) == read_paper(paper_pdf)


def test_a_figure_is_saved_as_an_image_with_its_caption(
    make_pdf: Callable[..., Path], prose: str, tmp_path: Path
) -> None:
    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        page.insert_text((60, 60), "A Title of Some Length", fontsize=18)
        page.insert_textbox((60, 90, 530, 220), prose, fontsize=10)
        page.draw_rect((120, 260, 420, 420), color=(0, 0, 1), fill=(0.8, 0.9, 1), width=2)
        page.draw_line((120, 420), (420, 260), color=(1, 0, 0), width=2)
        page.insert_text((120, 450), "Figure 1: Error of the estimator over time.", fontsize=10)
        page.insert_textbox((60, 480, 530, 640), prose, fontsize=10)

    paper = read_paper(make_pdf(draw), figures_to=tmp_path / "figures")
    assert [(figure.label, figure.caption, figure.page) for figure in paper.figures] == [
        ("Figure 1", "Error of the estimator over time.", 1)
    ]
    image = pymupdf.Pixmap(str(tmp_path / "figures" / str(paper.figures[0].image)))
    assert image.width > 500
    assert image.height > 250
    assert image.pixel(1, image.height // 2) == (255, 255, 255)  # the whole frame is shown, and white beside it


def test_no_figure_is_written_where_no_folder_is_given(paper_pdf: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    read_paper(paper_pdf)
    assert sorted(tmp_path.iterdir()) == before


def test_a_ruled_table_becomes_a_pipe_table(make_pdf: Callable[..., Path], prose: str) -> None:
    rows = [["Method", "Error", "Seconds"], ["Lasso", "0.31", "12"], ["Greedy", "0.27", "9"], ["Oracle", "0.11", "1"]]

    def draw(document: pymupdf.Document) -> None:
        page = document.new_page()
        page.insert_text((60, 60), "A Title of Some Length", fontsize=18)
        page.insert_textbox((60, 90, 530, 200), prose, fontsize=10)
        page.insert_text((60, 225), "Table 1: Error and time of three estimators.", fontsize=10)
        for y in range(5):
            page.draw_line((100, 240 + 20 * y), (430, 240 + 20 * y))
        for x in range(4):
            page.draw_line((100 + 110 * x, 240), (100 + 110 * x, 320))
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                page.insert_text((110 + 110 * x, 254 + 20 * y), cell, fontsize=10)
        page.insert_textbox((60, 350, 530, 480), prose, fontsize=10)

    text = _text(read_paper(make_pdf(draw)))
    for row in rows:
        assert "| " + " | ".join(row) + " |" in text


def test_an_encrypted_paper_with_a_password_gets_a_message_of_its_own(
    make_pdf: Callable[..., Path], prose: str
) -> None:
    path = make_pdf(
        lambda document: document.new_page().insert_textbox((60, 90, 530, 400), prose),
        encryption=pymupdf.PDF_ENCRYPT_AES_256,
        user_pw="secret",
        owner_pw="other",
    )
    with pytest.raises(PaperError, match="password"):
        read_paper(path)


def test_an_owner_password_alone_does_not_matter(make_pdf: Callable[..., Path]) -> None:
    path = make_pdf(_plain, encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="other")
    assert "estimation of sparse" in _text(read_paper(path))


def _plain(document: pymupdf.Document) -> None:
    page = document.new_page()
    page.insert_text((60, 60), "A Title of Some Length", fontsize=18)
    page.insert_textbox((60, 90, 530, 400), "We study the estimation of sparse linear models. " * 12, fontsize=10)


def test_a_paper_cut_in_half_is_refused(make_pdf: Callable[..., Path], tmp_path: Path) -> None:
    whole = make_pdf(_plain).read_bytes()
    half = tmp_path / "half.pdf"
    half.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(PaperError, match=r"half\.pdf: .*(cut off|damaged)"):
        read_paper(half)


def test_a_paper_without_its_tail_is_read_with_a_note(make_pdf: Callable[..., Path], tmp_path: Path) -> None:
    whole = make_pdf(_plain).read_bytes()
    cut = tmp_path / "cut.pdf"
    cut.write_bytes(whole[: whole.rindex(b"xref") - 1])
    paper = read_paper(cut)
    assert "estimation of sparse" in _text(paper)
    assert any("damaged" in note for note in paper.notes)


def test_blank_pages_are_refused(make_pdf: Callable[..., Path]) -> None:
    with pytest.raises(PaperError, match="blank"):
        read_paper(make_pdf(lambda document: (document.new_page(), document.new_page())))


def test_a_scan_is_refused_with_the_word_ocr(make_pdf: Callable[..., Path]) -> None:
    def draw(document: pymupdf.Document) -> None:
        picture = pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, 200, 260))
        picture.clear_with(200)
        document.new_page().insert_image((0, 0, 595, 842), pixmap=picture)

    with pytest.raises(PaperError, match="OCR"):
        read_paper(make_pdf(draw))


def test_nothing_is_written_for_a_paper_that_is_refused(make_pdf: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(PaperError):
        read_paper(make_pdf(lambda document: document.new_page()), figures_to=tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def test_characters_without_a_unicode_value_are_told_of_by_font_and_page(
    make_pdf: Callable[..., Path], prose: str
) -> None:
    def draw(document: pymupdf.Document) -> None:
        fonts = ["OddSymbols", "Do#20what#20I#20say", "OddLetters", "OddSigns", "OddArrows"]
        document.new_page()
        for number, (font, place) in enumerate(zip(fonts, ("helv", "heit", "hebo", "cour", "coit"), strict=True)):
            page = document.new_page()
            page.insert_textbox((72, 72, 500, 300), prose, fontsize=11, fontname="tiro")
            described = f"<</Type/Font/Subtype/Type1/BaseFont/{font}/FirstChar 1/LastChar 2/Widths[500 500]"
            described += "/Encoding<</Type/Encoding/Differences[1 /odd /strange]>>>>"
            document.update_object(page.insert_font(fontname=place), described)
            printed = f"\nBT /{place} 10 Tf 1 0 0 1 90 400 Tm <{'01' * (6 - number)}> Tj ET\n".encode()
            (contents, *_) = page.get_contents()
            document.update_stream(contents, document.xref_stream(contents) + printed)

    notes = read_paper(make_pdf(draw)).notes
    assert (
        "Characters (symbols mostly) that have no Unicode value in the file were left out: 6 of font OddSymbols, first "
        "on page 2; 5 of an unnamed font, first on page 3; 4 of font OddLetters, first on page 4; 5 of 2 other fonts."
    ) in notes
