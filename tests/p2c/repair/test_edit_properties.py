"""What holds of every answer, whatever it says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fuzz_answers import trees
from benchmarks.fuzz_edits import run
from p2c.repair.apply import Applied, apply
from p2c.repair.edits import parse, render
from p2c.repair.text import read_text
from sandbox.tree import Tree, check_path

LINE = st.sampled_from(["a = 1", "b = 2", "", "    c = 3", "if a:", "\td = 4", "x = '\u00e9'", "# e", "=" * 7])
LINES = st.lists(LINE, min_size=1, max_size=10)
ENDING = st.sampled_from(["\n", "\r\n"])
PATH = st.sampled_from(["a.txt", "b.txt", "src/c.txt", "../d.txt", "/e.txt", ".git/f", "src", "a.txt/g", "C:\\h.txt"])


def made(tree: Tree, *blocks: tuple[str, list[str], list[str]]) -> Applied:
    return apply(tree, parse("\n".join(render(*block) for block in blocks), tree.files))


def numbered(lines: list[str]) -> list[str]:
    """Lines that are all different, so that each block has one place."""
    return [f"{line} {index}" for index, line in enumerate(lines)]


def test_answers_in_all_habits_honest_and_damaged_hold_what_the_fuzzer_asks() -> None:
    tally = run(seed=0, numbers=range(1_000), bases=trees())
    assert tally.findings == []
    assert tally.outcomes["honest: applied"] > 200
    assert tally.outcomes["damaged: applied"] > 60
    assert tally.outcomes["damaged: refused"] > 150


@given(LINES.filter(lambda lines: len(lines) > 1), ENDING, st.booleans(), st.data())
def test_rendered_read_and_applied_a_block_gives_the_edit_and_applied_again_nothing_more(
    lines: list[str], ending: str, final: bool, data: st.DataObject
) -> None:
    lines = numbered(lines)
    tree = Tree({"a.txt": (ending.join(lines) + (ending if final else "")).encode()})
    at = data.draw(st.integers(0, len(lines) - 1))
    replace = [f"new {line}" for line in data.draw(st.lists(LINE, min_size=1, max_size=3))]
    result = made(tree, ("a.txt", lines[at : at + 1], replace))
    wanted = ending.join([*lines[:at], *replace, *lines[at + 1 :]]) + (ending if final else "")
    assert result.tree.files["a.txt"] == wanted.encode()
    again = made(result.tree, ("a.txt", lines[at : at + 1], replace))
    assert again.changed == ()
    assert again.already == 1 or again.refusals


@given(LINES, st.data())
def test_the_order_of_blocks_does_not_matter(lines: list[str], data: st.DataObject) -> None:
    lines = numbered(lines)
    tree = Tree({"a.txt": "\n".join(lines).encode(), "b.txt": "\n".join(lines).encode()})
    chosen = data.draw(st.lists(st.tuples(st.sampled_from(["a.txt", "b.txt"]), st.sampled_from(lines)), max_size=5))
    blocks = [(path, [line], [f"new {line}"]) for path, line in dict.fromkeys(chosen)]
    first = made(tree, *blocks)
    assert made(tree, *data.draw(st.permutations(blocks))).tree == first.tree
    assert not first.refusals


@given(st.lists(st.tuples(PATH, LINES, LINES), max_size=4), st.lists(st.tuples(PATH, PATH), max_size=2))
@settings(max_examples=200)
def test_nothing_outside_the_tree_is_ever_written_and_a_refused_file_keeps_every_byte(
    blocks: list[tuple[str, list[str], list[str]]], renames: list[tuple[str, str]]
) -> None:
    tree = Tree({"a.txt": b"a = 1\r\nb = 2", "b.txt": b"a = 1\nif a:\n    c = 3\n", "src/c.txt": b""})
    said = "\n".join([*(render(*block) for block in blocks), *(f"RENAME: {old} -> {new}" for old, new in renames)])
    result = apply(tree, parse(said, tree.files))
    for path in result.tree.files:
        check_path(path)
        assert not path.startswith(".git/")
    for refusal in result.refusals:
        assert refusal.reason
        if refusal.what.startswith("block"):
            assert refusal.path not in result.changed


@given(LINES, LINES, ENDING, st.booleans())
def test_a_whole_file_keeps_line_endings_and_its_end(old: list[str], new: list[str], ending: str, final: bool) -> None:
    before = ending.join(old) + (ending if final else "")
    if not before.strip() or not any(line.strip() for line in new):
        return
    tree = Tree({"a.txt": before.encode()})
    result = apply(tree, parse("a.txt\n````\n" + "\n".join(new) + "\n````\n", tree.files))
    after = read_text(result.tree.files["a.txt"])
    kinds = {e for e in read_text(before.encode()).endings if e} or {"\n"}
    assert {e for e in after.endings if e} <= kinds
    assert bool(after.endings[-1]) == before.endswith("\n")


SIZE = 300_000
"""Characters; what took quadratic time would take minutes."""
CODE = b"".join(b"x%d = %d\n" % (i, i) for i in range(SIZE // 15))
HEAD, DIVIDER, TAIL = "<<<<<<< SEARCH\n", "=======\n", ">>>>>>> REPLACE\n"


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"", "```x\n" * (SIZE // 5) + HEAD),
        (b"", HEAD * (SIZE // 15)),
        (b"", f"a.txt\n{HEAD}{DIVIDER * (SIZE // 8)}{TAIL}"),
        (b"", "<<<<<<<" + " " * SIZE),
        (b"", "`" * SIZE + "\n" + HEAD),
        (b"x = 1\n" * (SIZE // 6), f"a.txt\n{HEAD}" + "  x = 1\n" * 15_000 + f"{DIVIDER}x = 2\n{TAIL}"),
        (CODE, "".join(f"a.txt\n{HEAD}x{i} = {i} + 1\ny\n{DIVIDER}x = 0\n{TAIL}" for i in range(0, 20_000, 301))),
        (CODE, "a.txt\n```\n" + CODE.decode().replace("x77 = 77\n", "x77 = 78\n") + "```\n"),
        (b"x = 1\n" * (SIZE // 6), "a.txt\n```\n" + "x = 1\ny = 2\n" * (SIZE // 12) + "```\n"),
        (b"", "[" * SIZE),
        (b"a", "".join(f"RENAME: a{i}.txt -> a{i + 1}.txt\n" for i in range(9_000))),
    ],
    ids="fences heads dividers blanks quotes shifted missing whole alike brackets renames".split(),  # noqa: SIM905
)
def test_a_long_answer_to_a_long_file_is_read_and_applied_in_seconds(content: bytes, answer: str) -> None:
    tree = Tree({"a.txt": content})
    begun = time.process_time()
    apply(tree, parse(answer, tree.files))
    assert time.process_time() - begun < 5
