"""What the layout analysis draws across two columns is read column by column."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from p2c.paper.pdf_columns import with_columns_apart
from p2c.paper.pdf_regions import Region, bounds
from p2c.paper.pdf_words import Word

LEFT, RIGHT = 50.0, 320.0
"""Where the columns begin; the first ends at 290."""
FULL = "word " * 10 + "words"


def _words(text: str, x: float, y: float) -> list[Word]:
    words: list[Word] = []
    for part in text.split():
        x0 = words[-1].x1 + 3 if words else x
        words.append(Word(part, x0, y - 8, x0 + 4 * len(part), y + 2, y, 10.0, False, False, False, "F1"))
    return words


def _region(kind: str, lines: Sequence[str], y: float, x: float) -> Region:
    words = tuple(word for n, line in enumerate(lines) for word in _words(line, x, y + 12 * n))
    return Region(kind, bounds(words), words)


def _across(kind: str, rows: Sequence[tuple[str, str]], y: float, right: float = RIGHT + 10) -> Region:
    """A region whose lines stand in both columns."""
    sides = [(_words(one, LEFT + 10, y + 12 * n), _words(two, right, y + 12 * n)) for n, (one, two) in enumerate(rows)]
    words = tuple(word for pair in sides for side in pair for word in side)
    return Region(kind, bounds(words), words, rules=((LEFT + 10, y, LEFT + 30, y), (right, y, right + 20, y)))


COLUMNS = [_region("text", [FULL] * 3, 300, LEFT), _region("text", [FULL] * 3, 300, RIGHT)]


def _said(regions: Sequence[Region]) -> list[str]:
    return [" ".join(word.text for word in region.words) for region in regions]


def test_a_formula_in_both_columns_is_two() -> None:
    both = _across("formula", [("a = b", "x = y"), ("= c", "< z")], 100)
    left, right = with_columns_apart([*COLUMNS, both])[2:]
    assert _said([left, right]) == ["a = b = c", "x = y < z"]
    assert (left.kind, right.kind) == ("formula", "formula")
    assert left.box[2] < 290 < RIGHT <= right.box[0]
    assert (left.rules, right.rules) == (both.rules[:1], both.rules[1:])


def test_a_formula_that_hangs_over_its_column_is_divided_where_no_line_stands() -> None:
    rows = [("a", "x"), ("b", "y"), ("c " + "long " * 13, "z"), ("d", "w")]
    both = _across("formula", rows, 100, right=315)
    assert max(word.x1 for word in both.words if word.x0 < 300) == pytest.approx(311, abs=1.5)
    assert _said(with_columns_apart([*COLUMNS, both])[2:]) == ["a b c " + ("long " * 13).strip() + " d", "x y z w"]


def test_what_is_as_wide_as_the_page_stays_whole() -> None:
    wide = _region("formula", ["f = " + "sum " * 20], 100, LEFT)
    table = _across("table", [("name", "3"), ("other", "4")], 130)
    assert with_columns_apart([*COLUMNS, wide, table]) == [*COLUMNS, wide, table]


def test_a_page_of_one_column_is_left_alone() -> None:
    page = [
        _region("text", [FULL + " " + FULL] * 3, 300, LEFT),
        _across("formula", [("a = b", "(1)"), ("c", "(2)")], 100),
    ]
    assert with_columns_apart(page) == page
