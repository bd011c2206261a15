"""Whatever a model says: the parsers of answers end soon, raise only their own errors, and keep what is content."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from p2c.model.answers import UnreadableAnswer, read_answer
from p2c.model.code import NotCode, Truncated, extract_code
from p2c.model.continuation import join
from p2c.model.fences import blocks
from p2c.model.text import clean, without_reasoning
from p2c.types import Value


class Step(Value):
    name: str
    seconds: float = 1.0


class Answer(Value):
    title: str
    steps: tuple[Step, ...] = ()


PATHS = ("a.py", "src/b.py", "config.yaml", "README.md", "data.json", "requirements.txt", "pkg/__init__.py", "run.sh")
PIECES = (
    "```", "```python", "````", "~~~", "~~~json", "```a.py", "<think>", "</think>", "<THINK x=1>", "[THINK]",
    "[/THINK]",
    "<|channel|>final<|message|>", "<|end|>", "{", "}", "[", "]", '"', "'", '"a": ', "a: ", ", ", ",", "\\", "//", "/*",
    "*/", "# ", "\n", "\r\n", "\r", "\t", "    ", "\0", "\ufeff", "\ud83d", "\x0c", "\u2028", "import os", "def f(x):",
    "return x", "x = 1", "Here is the file.", "a.py", "1", "-", "&a", "*a", "? ", "!!int", "2024-13-45", "null",
    "é☃😀",
    '{"title": "t", "steps": []}', r"\u0000", r"\beta",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=40).map("".join)


def read(text: str) -> Answer | None:
    try:
        return read_answer(text, Answer)
    except UnreadableAnswer:
        return None


def extract(text: str, path: str) -> str | None:
    try:
        return extract_code(text, path)
    except (NotCode, Truncated):
        return None


@given(TEXTS)
@example('{"title": ' * 400 + "1" + "}" * 400)
@example('{"title": "t", "steps": ' + "[" * 480 + "]" * 480 + "}")
def test_a_structured_answer_is_read_or_refused(text: str) -> None:
    assert read(text) is None or isinstance(read(text), Answer)


@given(TEXTS, st.sampled_from(PATHS))
@example("a: 2024-13-45", "config.yaml")
@example("\ud83d", "config.yaml")
@example("\ufeff\ufeff\ufeff", "config.yaml")
@example("[" * 5000, "config.yaml")
@example("[" * 100_000, "data.json")
@example("1+" * 50_000 + "1", "a.py")
@example("(" * 5000, "a.py")
@example("not " * 50_000 + "x", "a.py")
@example("a." * 50_000 + "x", "a.py")
def test_a_file_is_extracted_or_refused(text: str, path: str) -> None:
    content = extract(text, path)
    if content:
        assert content.endswith("\n")
        assert not content.startswith("\ufeff")
        assert content.rstrip("\r\n") in text.replace("\ufeff", "") or "    " in text or "\n" in content


@given(TEXTS)
def test_what_is_left_without_reasoning_was_there_before(text: str) -> None:
    left = without_reasoning(text)
    assert len(left) <= len(text)
    position = 0
    for line in left.split("\n"):
        found = text.find(line, position)
        assert found >= 0
        position = found + len(line)


@given(TEXTS)
def test_clean_text_can_be_written_to_a_file(text: str) -> None:
    cleaned = clean(text)
    assert "\0" not in cleaned
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert clean(cleaned) == cleaned.removeprefix("\ufeff")


@given(TEXTS)
def test_blocks_are_parts_of_the_text_in_order(text: str) -> None:
    lines = {line.strip() for line in text.splitlines()}
    for block in blocks(text):
        inside = [line.strip() for line in block.content.splitlines()]
        assert set(inside[:-1]) <= lines


@given(TEXTS, TEXTS)
def test_a_joined_answer_holds_the_beginning_or_starts_over(first: str, more: str) -> None:
    joined = join(first, more)
    assert joined.startswith(first) or joined == more
    assert len(joined) <= len(first) + len(more)


@given(TEXTS.filter(lambda text: "```" not in text and "~~~" not in text), st.sampled_from(("python", "")))
def test_a_fenced_module_comes_out_whatever_surrounds_it(around: str, language: str) -> None:
    module = "import os\n\n\ndef wanted(x):\n    return os.path.join(x, 'y')\n"
    assert extract_code(f"{around}\n```{language}\n{module}```\n{around}", "src/b.py") == module


SIZE = 199_000
"""Characters: just short enough for every parser, and long enough that what takes quadratic time takes minutes."""
MUCH = 5_000_000
"""Too long to be parsed at all."""
HUGE: dict[str, Callable[[], str]] = {
    "nothing but braces": lambda: "{" * SIZE,
    "braces that close": lambda: "{}" * (SIZE // 2),
    "placeholders": lambda: "{x} " * (SIZE // 4),
    "formulas": lambda: "{x : x > 0} " * (SIZE // 12),
    "many objects": lambda: '{"a": 1} ' * (SIZE // 9),
    "deep objects": lambda: '{"a": ' * (SIZE // 6),
    "comments behind braces": lambda: "{//" * (SIZE // 3),
    "an open string": lambda: '{"title": "' + "x" * SIZE,
    "escaped quotes": lambda: '{"title": "' + '\\"' * (SIZE // 2),
    "quotes": lambda: '"' * SIZE,
    "open comments": lambda: "{" + "/*" * (SIZE // 2),
    "brackets": lambda: "[" * SIZE,
    "many wrong items": lambda: '{"title": "t", "steps": [' + "1," * (SIZE // 2) + "1]}",
    "one number": lambda: '{"title": ' + "1" * SIZE + "}",
    "backticks": lambda: "`" * SIZE,
    "fences": lambda: "```\n" * (SIZE // 4),
    "open fences": lambda: "```python\n" * (SIZE // 10),
    "tilde and backtick fences": lambda: "~~~\n```\n" * (SIZE // 8),
    "blank info": lambda: "```" + " \t" * (SIZE // 2) + "`",
    "a long fenced line": lambda: "```python\n" + "x" * SIZE + "\n```",
    "an open block": lambda: "```python\n" + "x = 1\n" * (SIZE // 6),
    "a long module": lambda: "```python\n" + "x = f(1)\n" * (SIZE // 9) + "```",
    "a long module without a fence": lambda: "import os\n" + "x = f(1)\n" * (SIZE // 9) + "Done, I think.\n",
    "lines": lambda: "\n" * SIZE,
    "short lines": lambda: "a\n" * (SIZE // 2),
    "spaces": lambda: " " * SIZE,
    "words": lambda: "Word is the word of words. " * (SIZE // 27),
    "empty thoughts": lambda: "<think></think>\n" * (SIZE // 16),
    "open thoughts": lambda: "<think>" * (SIZE // 7),
    "closed thoughts": lambda: "</think>\n" * (SIZE // 9),
    "thoughts in a line": lambda: "x <think>" * (SIZE // 9),
    "attributes": lambda: "<think " * (SIZE // 7),
    "channels": lambda: "<|channel|>final" * (SIZE // 16),
    "yaml lists": lambda: "- " * (SIZE // 2),
    "yaml aliases": lambda: "a: &a [x]\n" + "b: *a\n" * (SIZE // 6),
    "brackets in python": lambda: "x = " + "(" * SIZE,
    "carriage returns": lambda: "\r" * SIZE,
}


@pytest.mark.parametrize("name", HUGE)
def test_a_long_answer_is_done_with_soon(name: str) -> None:
    assert seconds(HUGE[name]()) < 12, "a second here; slower machines may take their time"


@pytest.mark.parametrize("line", ["x = f(1)\n", "Word is the word of words. "])
def test_an_answer_that_is_too_long_to_be_parsed_is_done_with_soon(line: str) -> None:
    assert seconds(f"```python\n{line * (MUCH // len(line))}") < 30, "two seconds here"


def seconds(text: str) -> float:
    """That this thread computes, over all the parsers."""
    started = time.thread_time()
    without_reasoning(text)
    read(text)
    for path in ("a.py", "README.md", "config.yaml"):
        extract(text, path)
    join(text, text)
    return time.thread_time() - started
