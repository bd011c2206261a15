"""Footnotes stand behind the paragraph that refers to them; a sentence that goes on in the next column stays whole."""

from p2c.paper.pdf_assemble import assemble
from p2c.paper.pdf_blocks import Block, page_blocks
from p2c.paper.pdf_footnotes import with_footnotes
from p2c.paper.pdf_regions import Region, bounds
from p2c.paper.pdf_text import Vocabulary
from p2c.paper.pdf_words import Word

LEFT, RIGHT = (50.0, 100.0, 290.0, 700.0), (310.0, 80.0, 550.0, 300.0)


def _line(text: str, x: float, baseline: float, size: float) -> list[Word]:
    words = []
    for part in text.split():
        x1 = x + 0.5 * size * len(part)
        words.append(Word(part, x, baseline - size, x1, baseline, baseline, size, False, False, False))
        x = x1 + 0.3 * size
    return words


def _region(kind: str, words: list[Word]) -> Region:
    return Region(kind, bounds(words), tuple(words))


def _sections(blocks: list[Block]) -> list[str]:
    title = Block("title", "A Title of Some Length", 1, (50, 50, 550, 70), 18)
    return [section.text for section in assemble([title, *blocks], Vocabulary([])).sections]


def _head(text: str, page: int = 1) -> Block:
    return Block("heading", text, page, LEFT, 12, bold=True)


def test_small_print_with_a_raised_mark_low_on_the_page_is_a_footnote_whatever_its_region_is_called() -> None:
    body = [_region("text", _line("words of the body set in its own size", 50, y, 10)) for y in (100, 400)]
    mark = [Word("2", 60, 706, 63, 712, 712, 6, False, False, False)]
    notes = [_region(kind, mark + _line("Using the options", 64, 716, 9)) for kind in ("text", "page-footer")]
    author = _region("text", [Word("1", 60, 96, 63, 102, 102, 6, False, False, False), *_line("Lab of it", 64, 106, 9)])
    (regions,) = with_footnotes([[*body, *notes, author]], [792.0])
    assert [region.kind for region in regions] == ["text", "text", "footnote", "footnote", "text"]


def test_a_footnote_stands_behind_its_paragraph_and_not_in_a_sentence() -> None:
    text = _sections(
        [
            _head("1 Method"),
            Block("text", "We use a library,^{2} and x^{2} is its square.", 1, LEFT, 10),
            _head("2 Results"),
            Block("text", "We also compare", 1, LEFT, 10),
            Block("footnote", "^{2}Using the options of it.", 1, LEFT, 8),
            Block("text", "to earlier work.", 2, RIGHT, 10),
        ]
    )
    assert text == [
        "We use a library,^{2} and x^{2} is its square.\n\n> Footnote 2: Using the options of it.",
        "We also compare to earlier work.",
    ]


def test_a_footnote_that_nothing_refers_to_is_kept_at_the_end_of_its_section() -> None:
    blocks = [_head("1 Method"), Block("footnote", "^{3}Lost.", 1, LEFT, 8), Block("text", "A word.", 1, LEFT, 10)]
    assert _sections(blocks) == ["A word.\n\n> Footnote 3: Lost."]
    assert _sections([blocks[1], blocks[0], blocks[2]]) == ["A word.\n\n> Footnote 3: Lost."]


def test_a_reference_that_goes_on_in_the_next_column_is_one() -> None:
    blocks = [
        _head("References"),
        Block("list", "- [A] A comparison of event models for", 1, LEFT, 10),
        Block("text", "naive bayes text classification.", 1, RIGHT, 10),
    ]
    assert _sections(blocks) == ["- [A] A comparison of event models for naive bayes text classification."]


def test_the_numbers_of_an_axis_are_no_text_and_the_names_of_parts_are() -> None:
    axis = _region("picture", _line("0 5 10 w 20 25 loss 30", 50, 100, 8))
    parts = _region("picture", _line("Encoder Feed Forward Add Norm", 50, 300, 8))
    assert [b.text for b in page_blocks([axis, parts], 1, Vocabulary([]))] == ["Encoder Feed Forward Add Norm"]
