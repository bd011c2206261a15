"""Reasoning and odd characters are removed, continuations joined, content kept."""

import pytest

from p2c.model.continuation import goes_round, join
from p2c.model.text import clean, without_end_tokens, without_reasoning


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


@pytest.mark.parametrize(
    "token", ["<|im_end|>", "\n<|eot_id|>\n", "</s>", " <end_of_turn>\n", "<|im_end|><|endoftext|>"]
)
def test_the_token_that_ends_an_answer_goes(token: str) -> None:
    assert without_end_tokens(f'END = "</s>"{token}') == 'END = "</s>"'


def test_surrogates_and_nul_are_mended() -> None:
    assert clean("\ud83d\ude00 \ud800 a\0b é") == "😀 � ab é"


FENCED = "```python\nimport os\n\n\ndef f(x):\n    total = "
BARE = FENCED.removeprefix("```python\n")
DOCSTRING = '```python\n"""Train a model.\n\n'


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
        (FENCED, "Sure! Here's the continuation:\n\n```python\nx + 1\n```", FENCED + "x + 1\n```"),
        (FENCED, "Here is the rest of the code:\n```python\nx + 1\n```", FENCED + "x + 1\n```"),
        (FENCED, "Continuing from where I left off:\n\n    total = x + 1\n```", FENCED + "x + 1\n```"),
        (FENCED, "I apologize for the cut-off.\n\n```py\n    total = x + 1\n```\nBye!", FENCED + "x + 1\n```\nBye!"),
        (BARE, "```python\nx + 1\n```\nThat is all.", BARE + "x + 1\n"),
        ('{"files": ["a.py", "b', '```json\n.py"]}\n```', '{"files": ["a.py", "b.py"]}\n'),
        ('{"files": ["a.py", "b', 'Here is the rest of the JSON:\n\n.py"]}', '{"files": ["a.py", "b.py"]}'),
        ("# Title\n", "```bash\nmake\n```\n", "# Title\n```bash\nmake\n```\n"),
        ("# Title\n", "Here is the rest of the README:\n\n## Usage\n", "# Title\n## Usage\n"),
        ("```python\ndef f(x):\n    re", "    return x\n```", "```python\ndef f(x):\n    return x\n```"),
        ("```python\ndef f(x):\n    re", "```python\nreturn x\n```", "```python\ndef f(x):\n    return x\n```"),
        ("```python\nx = 1\n# ", "# The end.\n```", "```python\nx = 1\n# The end.\n```"),
        ("```python\nif x:\n   ", "    y = 1\n```", "```python\nif x:\n    y = 1\n```"),
        ("```python\nif x:\n   ", " y = 1\n```", "```python\nif x:\n    y = 1\n```"),
        ("```python\nx = f(\n)", ")\ny = 1\n```", "```python\nx = f(\n)\ny = 1\n```"),
        ("```python\nx = f(g(\n)", ")\ny = 1\n```", "```python\nx = f(g(\n))\ny = 1\n```"),
        ("```python\nx = [\n0", "0, 1]\n```", "```python\nx = [\n00, 1]\n```"),
        (FENCED + "1", "```python\n    return total\n```", FENCED + "1\n    return total\n```"),
        (FENCED + "1", "```python\ny = 2\n```", FENCED + "1\ny = 2\n```"),
        ("```python\n# Make the", "```python\nx = 1\n```", "```python\n# Make the\nx = 1\n```"),
        ("import os\nx = 1\ny", "y = 2\n", "import os\nx = 1\ny = 2\n"),
        ('{\n  "a": [\n    "', '    "b"]}', '{\n  "a": [\n    "b"]}'),
        (DOCSTRING, "Here is an example.\n\n>>> f(1)\n", DOCSTRING + "Here is an example.\n\n>>> f(1)\n"),
        (DOCSTRING, "Usage:\n\n```python\nf(1)\n```\n", DOCSTRING + "Usage:\n\n```python\nf(1)\n```\n"),
    ],
)
def test_a_continuation_is_joined_without_a_seam(first: str, more: str, whole: str) -> None:
    assert join(first, more) == whole


def test_an_answer_that_starts_over_replaces_the_first() -> None:
    first = "".join(f"line {n} of the file\n" for n in range(20)) + "line 20 of th"
    more = "".join(f"line {n} of the file\n" for n in range(25))
    assert join(first, more) == more


def test_an_answer_that_greets_and_starts_over_replaces_the_first() -> None:
    first = "```python\n" + "".join(f"line_{n} = {n}\n" for n in range(20)) + "line_20"
    more = "```python\n" + "".join(f"line_{n} = {n}\n" for n in range(25)) + "```"
    assert join(first, f"Sorry, here is the complete file:\n\n{more}") == more


def test_what_is_said_over_and_over_is_told_from_what_is_only_alike() -> None:
    assert goes_round("import os\n" + "    x = self.layer(x)\n" * 300)
    assert goes_round("0" * 5000)
    assert not goes_round("".join(f"    x = self.layer_{n}(x)\n" for n in range(300)))
    assert not goes_round("0" * 3000)
