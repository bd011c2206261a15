"""What is too long ends where a sentence, a paragraph or a word does, and says that it goes on."""

from __future__ import annotations

import pytest

from p2c.shorten import cut, shorten


@pytest.mark.parametrize(
    ("line", "limit", "shown"),
    [
        ("Short.", 6, "Short."),
        ("All the rows of the table. `read(path)` gives them back.", 40, "All the rows of the table."),
        ("It reads the file (see eq. 3 and Fig. 2) and then goes on.", 38, "It reads the file (see eq. 3 and …"),
        ("Data. `mean(xs: list[float], eps: float) -> float` of numbers.", 40, "Data. …"),
        ("One word, which is cut, and another one.", 26, "One word, which is cut …"),
        ("x" * 30, 10, "xxxxxxxx …"),
        ("`" + "x" * 30 + "`", 10, "xxxxxxx …"),
    ],
)
def test_a_line_ends_with_a_sentence_or_a_word_and_not_inside_of_code(line: str, limit: int, shown: str):
    assert shorten(line, limit) == shown
    assert len(shorten(line, limit)) <= limit


def test_a_text_ends_with_a_paragraph_or_a_sentence_and_says_how_much_is_left_out():
    text = "## Method\n\nThe sum of all. The mean of two numbers, as in Sec. 3 of the paper.\n\n- one thing\n- another"
    assert cut(text, 1_000, "the plan") == text
    assert cut(text, 40, "the plan") == f"{text[:26]}\n\n[{len(text) - 26} more characters of the plan are left out]"
    assert cut(text, 80, "the plan").startswith(f"{text[:78]}\n\n[")
    listed = "- a\n- b\n- c\n- d"
    assert cut(listed, 10, "it") == "- a\n- b\n\n[8 more characters of it are left out]"


def test_a_code_block_that_is_cut_is_closed():
    text = "What follows:\n\n```python\n" + "call(1)\n" * 20 + "```\n\nThe end."
    kept = cut(text, 60, "it")
    assert kept.count("```") == 2
    assert "call(1)\n```\n\n[" in kept
