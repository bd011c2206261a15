"""The steps of PDF reading on their own: words, lines, order, paragraphs, headings."""

from dataclasses import replace

import pymupdf
import pytest

from p2c.paper.headings import depth
from p2c.paper.pdf_assemble import assemble
from p2c.paper.pdf_blocks import Block, page_blocks
from p2c.paper.pdf_fonts import decoded
from p2c.paper.pdf_furniture import without_furniture
from p2c.paper.pdf_headings import with_headings
from p2c.paper.pdf_layout import Cell, Place
from p2c.paper.pdf_lines import lines_of
from p2c.paper.pdf_order import reading_order
from p2c.paper.pdf_regions import Region, page_regions
from p2c.paper.pdf_tables import table_rows
from p2c.paper.pdf_text import Vocabulary, ended
from p2c.paper.pdf_words import Word, mend


def _word(text: str, x0: float, baseline: float, size: float = 10.0, *, font: str = "F1", width: float = 0.0) -> Word:
    x1 = x0 + (width or 0.5 * size * len(text))
    return Word(text, x0, baseline - 0.8 * size, x1, baseline + 0.2 * size, baseline, size, False, False, False, font)


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("Herv\u00b4e", "Hervé"),
        ("Lo\u00a8\u0131c", "Loïc"),
        ("Dud\u00b4\u0131k", "Dudík"),
        ("classi\ufb01er", "classifier"),
        ("e\x0ecient", "efficient"),
        ("\U0001d464\U0001d458", "wk"),
        ("j\u0338= i", "j≠ i"),
        ("x\ufffdy", "xy"),
        ("\U0001d4a2 \u2112 \U0001d53d \u211d \U0001d7d9", r"\mathcal{G} \mathcal{L} \mathbb{F} \mathbb{R} \mathbb{1}"),
        ("\u2113 \u211c \u2118", "\u2113 \u211c \u2118"),
    ],
)
def test_text_is_mended(broken: str, whole: str) -> None:
    assert mend(broken) == whole


def test_small_words_below_and_above_become_indices() -> None:
    words = [
        _word("x", 10, 100),
        _word("i", 15.1, 102, 7),
        _word("+", 22, 100),
        _word("y", 32, 100),
        _word("2", 37.2, 96, 7),
    ]
    assert [line.text for line in lines_of(words)] == ["x_{i} + y^{2}"]


def test_letter_spaced_fragments_are_joined_by_their_gaps() -> None:
    words = [_word("pap", 10, 100, width=15), _word("er", 25.2, 100, width=9), _word("explores", 38, 100)]
    assert [line.text for line in lines_of(words)] == ["paper explores"]


def test_small_capitals_are_no_index() -> None:
    assert lines_of([_word("S", 10, 100), _word("PECTER", 15, 100, 8)])[0].text == "SPECTER"


@pytest.mark.parametrize(
    ("lines", "whole"),
    [
        (["the require-", "ments are met"], "the requirements are met"),
        (["a state-of-", "the-art method"], "a state-of-the-art method"),
        (["from English-", "to-German text"], "from English-to-German text"),
        (["pre-", "trained models"], "pre-trained models"),
        (["values 1-", "5 are"], "values 1- 5 are"),
    ],
)
def test_words_divided_at_a_line_end_are_joined_by_the_papers_own_vocabulary(lines: list[str], whole: str) -> None:
    vocabulary = Vocabulary(["the models are pre-trained", "of the state"])
    assert vocabulary.join(lines) == whole


def test_a_citation_mark_does_not_hide_the_end_of_a_sentence() -> None:
    assert ended("as shown.^{4}")
    assert not ended("as shown in")


def test_columns_of_numbers_that_were_taken_for_one_are_told_apart() -> None:
    words, cells = [], []
    for row, name in enumerate(("first", "second", "third", "fourth")):
        y = 100.0 + 20 * row
        words += [
            _word(name, 10, y),
            _word(f"8{row}.1", 100, y),
            _word(f"7{row}.2", 124, y),
            _word(f"6{row}.3", 148, y),
        ]
        spilt = row == 2  # the analysis took the whole row for one cell
        cells.append(Cell((10, y - 10, 170 if spilt else 40, y), row, 0))
        cells += [] if spilt else [Cell((100, y - 10, 170, y), row, 1)]
    table = Region("table", (10, 90, 170, 180), tuple(words), tuple(cells))
    assert table_rows(table) == [
        ["first", "80.1", "70.2", "60.3"],
        ["second", "81.1", "71.2", "61.3"],
        ["third", "82.1", "72.2", "62.3"],
        ["fourth", "83.1", "73.2", "63.3"],
    ]


def test_columns_are_read_one_after_another_below_a_title_that_spans_them() -> None:
    title = (50.0, 20.0, 550.0, 60.0)
    left = [(50.0, 80.0, 290.0, 300.0), (50.0, 310.0, 290.0, 700.0)]
    right = [(310.0, 80.0, 550.0, 500.0), (310.0, 510.0, 550.0, 700.0)]
    boxes = [right[1], left[1], title, right[0], left[0]]
    assert reading_order(boxes) == [2, 4, 1, 3, 0]


def test_a_wide_table_divides_the_page_into_strips() -> None:
    boxes = [(50.0, 80.0, 290.0, 300.0), (310.0, 80.0, 550.0, 300.0), (60.0, 320.0, 540.0, 420.0)]
    boxes += [(50.0, 440.0, 290.0, 700.0), (310.0, 440.0, 550.0, 700.0)]
    assert reading_order(boxes) == [0, 1, 2, 3, 4]


def test_one_column_is_read_from_top_to_bottom() -> None:
    boxes = [(50.0, 300.0, 550.0, 400.0), (200.0, 200.0, 400.0, 220.0), (50.0, 80.0, 550.0, 190.0)]
    assert reading_order(boxes) == [2, 1, 0]


def test_cyrillic_without_a_unicode_map_is_decoded_and_french_is_left_alone() -> None:
    russian = [_word("Ðåøàåòñÿ", 10, 100, font="T2A"), _word("çàäà÷à", 60, 100, font="T2A")]
    french = [_word("élève", 10, 120, font="T1"), _word("à", 60, 120, font="T1"), _word("Besançon", 90, 120, font="T1")]
    (words,) = decoded([russian + french])
    assert [word.text for word in words] == ["Решается", "задача", "élève", "à", "Besançon"]


def test_a_font_of_symbols_is_not_taken_for_a_cyrillic_one() -> None:
    (words,) = decoded([[_word("\u00d7", 10.0 * at, 100, font="CMSY") for at in range(12)]])
    assert {word.text for word in words} == {"\u00d7"}


def _block(text: str, *, kind: str = "text", bold: bool = False) -> Block:
    return Block(kind, text, 1, (0, 0, 100, 10), 10.0, bold)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "line", "is_heading"),
    [
        ("4.2 Rocchio", "4.3 Nearest Neighbours", True),
        ("4 Methods", "4.1 Bayes", True),
        ("4.2 Rocchio", "4.3 k-Nearest Neighbours", True),
        ("4.2.3 Details", "4.3 Nearest Neighbours", True),
        ("4.2 Rocchio", "4.4 Trees", False),
        ("4.2 Rocchio", "4.3 percent of the cases", False),
        ("4.2 Rocchio", "4.3 Seconds were needed.", False),
        ("4 Methods", "5 Experiments", False),
        ("4.2 Rocchio", "4.3 " + "Word " * 15, False),
    ],
)
def test_a_number_that_goes_on_makes_a_heading_of_a_plain_line(before: str, line: str, is_heading: bool) -> None:
    heading, found = with_headings([_block(before, bold=True, kind="heading"), _block(line)], 10.0)
    assert (heading.kind, found.kind == "heading") == ("heading", is_heading)


def _line_of(text: str, y: float, kind: str = "text") -> Region:
    words: list[Word] = []
    for word in text.split():
        words.append(_word(word, words[-1].x1 + 4 if words else 50, y))
    return Region(kind, (50, y - 8, 500, y + 2), tuple(words))


def test_page_numbers_and_heads_that_count_on_are_furniture_wherever_they_stand() -> None:
    heads = ["LEARNING 7", "8 EXPERIMENTS", "REFERENCES 9", "10 APPENDIX"]
    pages = [[_line_of(head, 120), _line_of("Text of the page", 300)] for head in heads]
    kept = without_furniture(pages, [800.0] * 4)
    assert [[region.words[0].text for region in regions] for regions in kept] == [["Text"]] * 4


def test_a_heading_or_a_number_of_another_count_stays() -> None:
    pages = [[_line_of("3 Method" if n == 2 else "Text above", 150), _line_of(str(n + 1), 600)] for n in range(4)]
    kept = without_furniture(pages, [800.0] * 4)
    assert [len(regions) for regions in kept] == [1, 1, 1, 1]
    assert kept[2][0].words[0].text == "3"
    odd = [[_line_of("Text above", 150), _line_of(str(number), 600)] for number in (17, 4, 99, 23)]
    assert without_furniture(odd, [800.0] * 4) == odd


def test_a_head_that_was_taken_for_the_first_line_of_its_page_is_furniture_too() -> None:
    pages = []
    for number in range(7, 11):
        head, text = _line_of(f"{number} LEARNING", 60), _line_of("Text of the page", 100)
        pages.append([Region("text", (50, 52, 500, 102), (*head.words, *text.words))])
    kept = without_furniture(pages, [800.0] * 4)
    assert [[word.text for region in regions for word in region.words] for regions in kept] == [
        ["Text", "of", "the", "page"]
    ] * 4


def test_a_head_beside_the_number_of_its_page_goes_with_it() -> None:
    pages = []
    for number, head in enumerate(("LEARNING", "METHODS", "RESULTS", "REFERENCES"), start=7):
        side = Region("text", (300, 51, 400, 61), (_word(head, 300, 59),))
        pages.append([_line_of(str(number), 60), side, _line_of("Text of the page", 300)])
    kept = without_furniture(pages, [800.0] * 4)
    assert [[region.words[0].text for region in regions] for regions in kept] == [["Text"]] * 4


def test_text_as_high_as_a_number_that_is_in_no_margin_stays() -> None:
    pages = []
    for number in range(7, 11):
        side = Region("text", (300, 592, 400, 602), (_word("text", 300, 600),))
        pages.append([_line_of("Text of the page", 300), _line_of(str(number), 600), side])
    kept = without_furniture(pages, [800.0] * 4)
    assert [[region.words[0].text for region in regions] for regions in kept] == [["Text", "text"]] * 4


def test_a_heading_in_two_lines_is_one() -> None:
    parts = [
        _block("1.1 Differences, Advantages,", bold=True, kind="heading"),
        _block("and More", bold=True, kind="heading"),
    ]
    (heading,) = with_headings(parts, 10.0)
    assert heading.text == "1.1 Differences, Advantages, and More"
    assert len(with_headings([parts[0], _block("2 Method", bold=True, kind="heading")], 10.0)) == 2


@pytest.mark.parametrize(
    ("title", "level"),
    [
        ("2.Reviews", 1),
        ("2.3.Sources", 2),
        ("2. Reviews", 1),
        ("3.x is old", None),
        ("U.S. law", None),
        ("1.5e-3", None),
    ],
)
def test_a_number_says_the_level_with_or_without_a_space_behind_it(title: str, level: int | None) -> None:
    assert depth(title) == level


def test_a_heading_within_a_paragraph_is_told_by_its_number_and_its_font() -> None:
    def region(font: str) -> Region:
        lines = (("4.3 k-Nearest Neighbors", font), ("The classifiers were found to do well", "F1"))
        words = [
            _word(part, 50 + 60 * at, 100 + 12 * n, font=name)
            for n, (line, name) in enumerate(lines)
            for at, part in enumerate(line.split())
        ]
        return Region("text", (50, 92, 500, 114), tuple(words))

    assert [block.text for block in page_blocks([region("F2")], 1, Vocabulary([]))] == [
        "4.3 k-Nearest Neighbors",
        "The classifiers were found to do well",
    ]
    assert len(page_blocks([region("F1")], 1, Vocabulary([]))) == 1


def test_a_number_apart_from_its_heading_joins_it_and_a_heading_is_no_picture() -> None:
    number, title = _word("5", 50, 100), _word("Experiments", 75, 100)
    places = [Place("picture", (50, 90, 58, 104)), Place("section-header", (75, 90, 150, 104))]
    places.append(Place("picture", (50, 190, 150, 204)))
    with pymupdf.open() as document:
        regions = page_regions(document.new_page(), places, [number, title, _word("References", 50, 200)])
    assert [(region.kind, [word.text for word in region.words]) for region in regions] == [
        ("section-header", ["5", "Experiments"]),
        ("text", ["References"]),
    ]


def _on(page: int, text: str, kind: str = "text") -> Block:
    return replace(_block(text, kind=kind), page=page)


def test_a_report_without_an_abstract_loses_nothing_before_its_first_known_heading() -> None:
    long = "Words of a long paragraph. " * 15
    report = [
        _on(1, "A Report", "title"),
        _on(2, "What it is about", "heading"),
        *(_on(page, text) for page in range(2, 8) for text in (long, "A short one.")),
        _on(8, "1 Question", "heading"),
        _on(8, "Text."),
    ]
    sections = assemble(report, Vocabulary([])).sections
    assert [section.title for section in sections] == ["What it is about", "1 Question"]
    assert sections[0].text.count("A short one.") == 6


def test_the_word_abstract_on_a_line_of_its_own_begins_the_abstract() -> None:
    blocks = [_on(1, "A Report", "title"), _on(1, "Some Author"), _on(1, "Abstract"), _on(1, "We say it briefly.")]
    read = assemble([*blocks, _on(2, "1 Question", "heading"), _on(2, "Text.")], Vocabulary([]))
    assert (read.abstract, [section.title for section in read.sections]) == ("We say it briefly.", ["1 Question"])
