"""The steps of PDF reading on their own: words, lines, order, paragraphs, headings."""

import pytest

from p2c.paper.pdf_fonts import decoded
from p2c.paper.pdf_lines import lines_of
from p2c.paper.pdf_order import reading_order
from p2c.paper.pdf_regions import Cell, Region
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
