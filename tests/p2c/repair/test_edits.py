"""Reading a model's edits, whatever habits it has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2c.repair.apply import apply
from p2c.repair.edits import Answer, parse, render
from sandbox.tree import Tree

KNOWN = ("train.py", "src/model.py", "config.yaml", "README.md")
BODY = "<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n"


def read(text: str) -> Answer:
    return parse(text, KNOWN)


def only(text: str) -> tuple[str | None, tuple[str, ...], tuple[str, ...]]:
    answer = read(text)
    assert not answer.malformed, answer.malformed
    assert len(answer.blocks) == 1
    return answer.blocks[0].path, answer.blocks[0].search, answer.blocks[0].replace


@pytest.mark.parametrize(
    "text",
    [
        f"train.py\n{BODY}",
        f"`train.py`\n{BODY}",
        f"**train.py**\n\n{BODY}",
        f"### `train.py`:\n{BODY}",
        f"# train.py\n{BODY}",
        f"File: train.py\n{BODY}",
        f"**File: `train.py`**\n{BODY}",
        f"1. `train.py`\n{BODY}",
        f"./train.py\n{BODY}".replace("./", ""),
        f"train.py\n```python\n{BODY}```\n",
        f"train.py\n```\n{BODY}```\n",
        f"```python\ntrain.py\n{BODY}```\n",
        f"```python train.py\n{BODY}```\n",
        f"```python:train.py\n{BODY}```\n",
        f'```python title="train.py"\n{BODY}```\n',
        f"~~~~python\ntrain.py\n{BODY}~~~~\n",
        f"The cause is a typo in `train.py`:\n\n```python\n{BODY}```\n",
        f"train.py\n{BODY}".replace("SEARCH\n", "SEARCH train.py\n"),
        f"train.py\n{BODY}".replace("\n", "\r\n"),
        f"train.py\n{BODY}".replace("<<<<<<<", "<<<<<<").replace(">>>>>>>", ">>>>>>"),
        f"train.py\n{BODY}".replace("x = 2\n", "x = 2\n\\ No newline at end of file\n"),
        f"--- a/train.py\n{BODY}".replace("a/", ""),
        "- train.py\n" + "".join(f"  {line}\n" for line in BODY.splitlines()),
        "train.py\n<<<<<<< SEARCH\n```python\nx = 1\n```\n=======\n```python\nx = 2\n```\n>>>>>>> REPLACE\n",
        "train.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n=======\n>>>>>>> REPLACE\n",
        "train.py\n<<<<<<< ORIGINAL\nx = 1\n=======\nx = 2\n>>>>>>> UPDATED\n",
    ],
)  # fmt: skip
def test_the_habits_of_models_are_all_read(text: str) -> None:
    assert ("train.py", ("x = 1",), ("x = 2",)) in [
        (block.path, *reading) for block in read(text).blocks for reading in block.readings
    ]
    assert not read(text).malformed
    assert len(read(text).blocks) == 1


def test_several_files_and_blocks_out_of_order() -> None:
    again = BODY.replace("x", "y")
    answer = read(f"src/model.py\n{BODY}\n{again}\ntrain.py\n{BODY}\nsrc/model.py\n{BODY.replace('x', 'z')}")
    assert [block.path for block in answer.blocks] == ["src/model.py", "src/model.py", "train.py", "src/model.py"]
    assert [block.search for block in answer.blocks] == [("x = 1",), ("y = 1",), ("x = 1",), ("z = 1",)]


def test_a_deletion_and_a_new_file() -> None:
    assert only("train.py\n<<<<<<< SEARCH\nx = 1\n=======\n>>>>>>> REPLACE\n") == ("train.py", ("x = 1",), ())
    assert only("new.py\n<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE\n") == ("new.py", (), ("x = 1",))


def test_indentation_tabs_and_blank_lines_survive() -> None:
    text = "train.py\n<<<<<<< SEARCH\n\tif x:\n\n\t\ty = 1  \n=======\n    z\n\n>>>>>>> REPLACE\n"
    assert only(text) == ("train.py", ("\tif x:", "", "\t\ty = 1  "), ("    z", ""))


def test_a_row_of_equal_signs_inside_the_code_leaves_both_readings() -> None:
    text = "README.md\n<<<<<<< SEARCH\nTitle\n=======\n\nold\n=======\nTitle\n=======\n\nnew\n>>>>>>> REPLACE\n"
    readings = read(text).blocks[0].readings
    assert (("Title", "=======", "", "old"), ("Title", "=======", "", "new")) in readings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("train.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n", "missing"),
        ("train.py\n<<<<<<< SEARCH\nx = 1\n>>>>>>> REPLACE\n", "no `=======`"),
        (f"train.py\n<<<<<<< SEARCH\nx = 1\n{BODY}", "before the next one"),
        ("x = 2\n>>>>>>> REPLACE\n", "without a `<<<<<<< SEARCH`"),
        ("train.py\n```python\nx = 1\n", "never closed"),
    ],
)
def test_what_is_malformed_says_how(text: str, words: str) -> None:
    assert any(words in bad.reason for bad in read(text).malformed)


def test_a_good_block_beside_a_bad_one_is_kept() -> None:
    answer = read(f"train.py\n{BODY}\nsrc/model.py\n<<<<<<< SEARCH\nx = 1\n=======\n")
    assert [block.path for block in answer.blocks] == ["train.py"]
    assert [bad.path for bad in answer.malformed] == ["src/model.py"]


@pytest.mark.parametrize(
    "text",
    [
        "train.py\n```python\nx = 1\ny = 2\n```\n",
        "Here it is:\n\n**`train.py`**\n\n```python\nx = 1\ny = 2\n```\nDone.",
        "```python\n# train.py\nx = 1\ny = 2\n```\n",
        "```python train.py\nx = 1\ny = 2\n```\n",
    ],
)
def test_a_whole_file_is_read_as_one(text: str) -> None:
    (file,) = read(text).files
    assert file.path == "train.py"
    assert [line for line in file.lines if not line.startswith("#")] == ["x = 1", "y = 2"]


def test_code_quoted_in_an_explanation_is_no_file() -> None:
    answer = read("In `train.py` this line is wrong:\n```python\nx = 1\n```\nIt should be 2.")
    assert answer.empty


def test_a_fenced_example_beside_blocks_does_not_replace_a_file() -> None:
    answer = read(f"train.py\n{BODY}\nconfig.yaml\n```yaml\na: 1\n```\nnew.py\n```python\nq = 1\n```\n")
    tree = Tree({"train.py": b"x = 1\n", "config.yaml": b"a: 1\nb: 2\nc: 3\n"})
    assert apply(tree, answer).changed == ("new.py", "train.py")


def test_the_agent_may_say_that_the_code_is_innocent() -> None:
    assert read("UNREPAIRABLE: needs a GPU").unrepairable == "needs a GPU"
    assert read(f"UNREPAIRABLE: or is it?\ntrain.py\n{BODY}").unrepairable is None


CODE = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=30)
LINES = st.lists(CODE.filter(lambda line: line.lstrip()[:5] not in ("<<<<<", "=====", ">>>>>", "\\ No ")), max_size=6)


@given(st.lists(st.tuples(st.sampled_from(KNOWN), LINES, LINES), min_size=1, max_size=4))
def test_whatever_is_rendered_is_read_again(blocks: list[tuple[str, list[str], list[str]]]) -> None:
    answer = read("\n".join(render(*block) for block in blocks))
    assert not answer.malformed
    found = [(block.path, block.readings) for block in answer.blocks]
    assert len(found) == len(blocks)
    for (path, readings), (wanted, search, replace) in zip(found, blocks, strict=True):
        assert path == wanted
        assert (tuple(search), tuple(replace)) in readings


PIECES = st.sampled_from(
    [
        "train.py",
        "<<<<<<< SEARCH",
        "=======",
        ">>>>>>> REPLACE",
        "```python",
        "```",
        "x = 1",
        "",
        "    y",
        "~~~",
        "\r",
        "# a.py",
    ]
)


@given(st.lists(PIECES | CODE, max_size=40))
def test_no_text_makes_the_parser_fail(lines: list[str]) -> None:
    answer = read("\n".join(lines))
    numbers = [item.number for group in (answer.blocks, answer.malformed) for item in group]
    assert len(numbers) == len(set(numbers))
