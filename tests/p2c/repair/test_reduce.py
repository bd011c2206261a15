"""Hunks compose to what they were taken from; what is left of a reduction is 1-minimal."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from p2c.repair.hunks import compose, hunks, unified
from p2c.repair.reduce import OutOfRuns, reduce_repair, smallest
from sandbox.tree import Tree

CONTENT = st.lists(st.sampled_from(["a = 1", "b = 2", "", "    c = 3", "x"]), max_size=8).flatmap(
    lambda lines: st.sampled_from(["\n".join(lines), "\n".join([*lines, ""]), "\r\n".join(lines)])
)
FILES = st.dictionaries(st.sampled_from(["a.py", "b.txt", "d/c.py"]), CONTENT.map(str.encode), min_size=1)


@given(FILES, FILES)
def test_all_hunks_together_give_the_tree_they_were_taken_from(old: dict[str, bytes], new: dict[str, bytes]) -> None:
    before, after = Tree(old), Tree(new)
    assert compose(before, hunks(before, after)).files == after.files
    assert compose(before, ()).files == before.files


@given(st.integers(1, 14), st.randoms(use_true_random=False))
def test_the_result_is_1_minimal_whatever_depends_on_what(size: int, source: random.Random) -> None:
    needed = [set(source.sample(range(size), source.randint(1, size))) for _ in range(source.randint(1, 3))]

    def passes(chosen: Sequence[int]) -> bool:
        return any(group <= set(chosen) for group in needed)

    kept, minimal = smallest(range(size), passes)
    assert minimal
    assert passes(kept)
    if len(kept) > 1:
        assert not any(passes([k for k in kept if k != gone]) for gone in kept)


@given(st.integers(1, 14), st.randoms(use_true_random=False))
def test_even_where_the_outcome_is_not_monotone_nothing_single_can_be_taken_back(
    size: int, source: random.Random
) -> None:
    answers: dict[frozenset[int], bool] = {frozenset(range(size)): True}

    def passes(chosen: Sequence[int]) -> bool:
        return answers.setdefault(frozenset(chosen), source.random() < 0.3)

    kept, _ = smallest(range(size), passes)
    assert answers[frozenset(kept)]
    if len(kept) > 1:
        assert not any(passes([k for k in kept if k != gone]) for gone in kept)


def test_a_budget_of_runs_ends_the_search_with_what_is_known_to_pass() -> None:
    left = 3

    def passes(chosen: Sequence[int]) -> bool:
        nonlocal left
        if left == 0:
            raise OutOfRuns
        left -= 1
        return {2, 7} <= set(chosen)

    kept, minimal = smallest(range(10), passes)
    assert not minimal
    assert {2, 7} <= set(kept)


def test_a_part_that_does_not_parse_is_not_run() -> None:
    before = Tree({"a.py": b"x = [1,\n     2]\nprint(y)\n"})
    after = Tree({"a.py": b"x = (1,\n     2)\nprint(x)\n"})
    asked: list[Tree] = []

    def runs(tree: Tree, label: str) -> bool:
        assert label.startswith("the repair without hunk")
        asked.append(tree)
        return b"print(x)" in tree.files["a.py"]

    result = reduce_repair(before, after, runs)
    assert result.tree.files["a.py"] == b"x = [1,\n     2]\nprint(x)\n"
    assert all(tree.files["a.py"].count(b"[") == tree.files["a.py"].count(b"]") for tree in asked)
    assert (result.before, result.after) == (3, 1)


def test_the_unified_diff_names_new_deleted_and_binary_files() -> None:
    before = Tree({"a.py": b"x = 1\ny = 2\n", "old.py": b"z\n", "w.bin": b"\0"})
    after = Tree({"a.py": b"x = 1\ny = 3\n", "new.py": b"n\n", "w.bin": b"\0\1"})
    text = unified(before, after)
    assert "-y = 2\n+y = 3" in text
    assert "--- /dev/null\n+++ b/new.py" in text
    assert "--- a/old.py\n+++ /dev/null" in text
    assert "Binary file w.bin differs" in text
