"""Reasoning and odd characters are removed, continuations joined, content kept."""

import pytest

from p2c.model.continuation import join
from p2c.model.text import clean, without_reasoning


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>hm</think>Yes", "Yes"),
        ("<think>\nhm\n\n</think>\n\nYes\n", "Yes\n"),
        ("<THINKING>a</THINKING>\n<reasoning>b</reasoning>\nYes", "Yes"),
        ("<think>never closed", ""),
        ("Yes.\n<think>never closed", "Yes."),
        ("the template opened it\n</think>\nYes", "Yes"),
        ("Yes.\n<think>wait</think>\nNo.", "Yes.\nNo."),
        ("<think>use ```python\nx\n``` here</think>Yes", "Yes"),
        ("No tags", "No tags"),
    ],
)
def test_reasoning_goes(text: str, answer: str) -> None:
    assert without_reasoning(text) == answer


@pytest.mark.parametrize(
    "text",
    [
        "```python\nTAG = '<think>'\n```",
        "```python\n<think>\nx\n</think>\n```",
        "Strip the `</think>` tag from the output.",
        "Models write <think>...</think> in their answers.",
        "```python\nend = text.find('</think>')\n```",
    ],
)
def test_tags_that_are_content_stay(text: str) -> None:
    assert without_reasoning(text) == text


def test_surrogates_and_nul_are_mended() -> None:
    assert clean("\ud83d\ude00 \ud800 a\0b é") == "😀 � ab é"


FENCED = "```python\nimport os\n\n\ndef f(x):\n    total = "


@pytest.mark.parametrize(
    ("first", "more", "whole"),
    [
        ("abc", "def", "abcdef"),
        (FENCED, "x + 1\n```", FENCED + "x + 1\n```"),
        (FENCED, "    total = x + 1\n```", FENCED + "x + 1\n```"),
        (FENCED, "total = x + 1\n```", FENCED + "x + 1\n```"),
        (FENCED, "```python\nx + 1\n```", FENCED + "x + 1\n```"),
        (FENCED, "def f(x):\n    total = x + 1\n```", FENCED + "x + 1\n```"),
        (FENCED + "1\n", "```\n\nThat is all.", FENCED + "1\n```\n\nThat is all."),
        (FENCED + "1\n", "```\nreturn 2\n```\n", FENCED + "1\nreturn 2\n```\n"),
        ('{"files": ["a.py", "b', '.py"]}', '{"files": ["a.py", "b.py"]}'),
        ("x = [1, 1, 1, 1,", " 1, 1, 1]", "x = [1, 1, 1, 1, 1, 1, 1]"),
        ("a  ", "  b", "a    b"),
        ("a = 1\nb = 2\n", "a = 1\nb = 2\nc = 3\n", "a = 1\nb = 2\nc = 3\n"),
        ("x = [" + "0, " * 30, "0, " * 30 + "0]", "x = [" + "0, " * 60 + "0]"),
        ("  }\n}\n", "}\n}\n", "  }\n}\n}\n}\n"),
    ],
)
def test_a_continuation_is_joined_without_a_seam(first: str, more: str, whole: str) -> None:
    assert join(first, more) == whole


def test_an_answer_that_starts_over_replaces_the_first() -> None:
    first = "".join(f"line {n} of the file\n" for n in range(20)) + "line 20 of th"
    more = "".join(f"line {n} of the file\n" for n in range(25))
    assert join(first, more) == more
