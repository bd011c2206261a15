"""Regions as the layout analysis gives them, which are not always what a reader sees, into blocks that are."""

from __future__ import annotations

from collections.abc import Sequence

from p2c.paper.measure import measure
from p2c.paper.pdf_blocks import Block, page_blocks
from p2c.paper.pdf_boxes import with_boxes_whole
from p2c.paper.pdf_layout import Cell
from p2c.paper.pdf_regions import Region, bounds, with_parts_joined
from p2c.paper.pdf_tables import table_rows
from p2c.paper.pdf_text import Vocabulary
from p2c.paper.pdf_words import Word
from p2c.types import Paper, Section


def _words(text: str, x: float, y: float) -> list[Word]:
    words: list[Word] = []
    for part in text.split():
        x0 = words[-1].x1 + 3 if words else x
        words.append(Word(part, x0, y - 8, x0 + 5 * len(part), y + 2, y, 10.0, False, False, False, "F1"))
    return words


def _region(kind: str, lines: Sequence[str], y: float, x: float = 50) -> Region:
    words = [word for n, line in enumerate(lines) for word in _words(line, x, y + 12 * n)]
    return Region(kind, bounds(words), tuple(words))


def _blocks(*regions: Region) -> list[Block]:
    return page_blocks(regions, 1, Vocabulary([]))


def test_a_line_between_two_lists_is_no_part_of_either() -> None:
    above, line, below = ["• two layers", "• four heads"], ["5.3 Training"], ["• batches of 512", "• AdamW"]
    regions = [_region("list-item", above, 100), _region("list-item", line, 140), _region("list-item", below, 154)]
    one = Region("list-item", (50, 92, 300, 170), tuple(word for region in regions for word in region.words))
    assert [block.text for block in _blocks(one)] == [
        "- two layers\n- four heads",
        "5.3 Training",
        "- batches of 512\n- AdamW",
    ]


def test_an_algorithm_in_several_pieces_is_one_listing() -> None:
    caption, code = _blocks(
        _region("text", ["Algorithm 1 Greedy selection"], 100),
        _region("text", ["Require: a sample, and a limit of"], 115),
        _region("text", ["steps", "1: for k = 1 to 9 do", "2: take the best", "3: end for"], 130),
    )
    assert (caption.kind, code.kind) == ("caption", "code")
    assert [" ".join(line.split()) for line in code.text.split("\n")] == [
        "Require: a sample, and a limit of",
        "steps",
        "1: for k = 1 to 9 do",
        "2: take the best",
        "3: end for",
    ]


def test_a_paragraph_behind_an_algorithm_is_none() -> None:
    box = _region("text", ["Algorithm 1 Greedy", "1: for k = 1 to 9 do", "2: take the best"], 100)
    prose = ["For large samples this takes long.", "If so, a part of them is drawn", "at random before it begins."]
    blocks = _blocks(box, _region("text", prose, 160))
    assert [block.kind for block in blocks] == ["caption", "code", "text"]


def test_numbered_lines_are_a_listing_wherever_they_stand() -> None:
    (block,) = _blocks(_region("list-item", ["1: begin", "2: go on", "3: end"], 100))
    assert block.kind == "code"


def test_a_part_of_a_line_that_is_a_region_of_its_own_joins_its_line() -> None:
    first, rest = _words("Figure 4: the function", 50, 100), _words("of this caption", 50, 112)
    part = Region("caption", (170, 92, 300, 102), tuple(_words("Q and its values", 170, 100)))
    whole = Region("caption", (50, 92, 300, 114), tuple(first + rest))
    (joined,) = with_parts_joined([part, whole])
    (block,) = _blocks(joined)
    assert block.text == "Figure 4: the function Q and its values of this caption"


def test_columns_side_by_side_are_not_joined() -> None:
    left, right = _region("text", ["on the left", "of the page"], 100), _region("text", ["on the right"], 100, x=300)
    assert with_parts_joined([left, right]) == [left, right]


def test_a_rule_across_a_table_divides_a_row_that_was_taken_for_one() -> None:
    head, body = (
        [*_words("Method", 60, 100), *_words("Error", 160, 100)],
        _words("greedy", 60, 114) + _words("3", 160, 114),
    )
    cells = (Cell((60, 92, 100, 116), 0, 0), Cell((160, 92, 200, 116), 0, 1))
    words = tuple(head + body)
    assert table_rows(Region("table", bounds(words), words, cells)) == [["Method greedy", "Error 3"]]
    ruled = Region("table", bounds(words), words, cells, ((50, 104, 210, 104.4),))
    assert table_rows(ruled) == [["Method", "Error"], ["greedy", "3"]]
    under_one = Region("table", bounds(words), words, cells, ((60, 104, 90, 104.4),))
    assert table_rows(under_one) == [["Method greedy", "Error 3"]]


def test_a_heading_is_found_however_its_mathematics_is_spelt() -> None:
    def paper(title: str) -> Paper:
        section = Section(title=title, level=1, text="Text.", kind="body")
        return Paper(title="T", abstract="", sections=(section,), source="pdf", digest="0")

    assert measure(paper("4 Effect of θ"), paper(r"4 Effect of $\theta$")).missing == ()
    assert measure(paper("4 Effect of λ"), paper(r"4 Effect of $\theta$")).missing == (r"4 Effect of $\theta$",)


RULES = ((48.0, 88.0, 300.0, 88.6), (48.0, 104.0, 300.0, 104.6), (48.0, 160.0, 300.0, 160.6))


def test_what_the_rules_around_an_algorithm_enclose_is_one_listing_with_its_indentation() -> None:
    regions = [
        _region("text", ["Algorithm 1 Greedy selection", "input: a sample"], 100),
        _region("text", ["for all features do"], 124),
        _region("formula", ["take the best"], 136, x=70),
        _region("list-item", ["end"], 152),
    ]
    behind = _region("text", ["A sentence behind the box."], 175)
    caption, code, text = _blocks(*with_boxes_whole([*regions, behind], RULES))
    assert (caption.kind, caption.text) == ("caption", "Algorithm 1 Greedy selection")
    assert (code.kind, code.text) == ("code", "input: a sample\nfor all features do\n    take the best\nend")
    assert (text.kind, text.text) == ("text", "A sentence behind the box.")


def test_rules_that_are_not_around_an_algorithm_enclose_nothing() -> None:
    regions = [_region("text", ["Table of results"], 100), _region("text", ["more text"], 124)]
    assert with_boxes_whole(regions, RULES) == regions
    title = [_region("text", ["Algorithm 1 is the one that we take."], 100), _region("text", ["more text"], 124)]
    assert with_boxes_whole(title, RULES[1:]) == title
    narrow = (RULES[0], (48.0, 104.0, 90.0, 104.6), RULES[2])
    assert with_boxes_whole(title, narrow) == title
