"""Hunks compose to what they were taken from; what is left of a reduction is 1-minimal."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from p2c.repair.hunks import compose, hunks, unified
from p2c.repair.lines import lines_modified
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


@given(FILES, FILES, st.randoms(use_true_random=False))
def test_any_part_of_the_hunks_can_be_composed(
    old: dict[str, bytes], new: dict[str, bytes], source: random.Random
) -> None:
    before = Tree(old)
    every = hunks(before, Tree(new))
    composed = compose(before, [hunk for hunk in every if source.random() < 0.5]).files
    assert set(composed) <= set(old) | set(new)


def needed_by(size: int, source: random.Random, groups: int) -> Callable[[Sequence[int]], bool]:
    """Passes where at least one of `groups` random sets of items is there."""
    needed = [set(source.sample(range(size), source.randint(0, size))) for _ in range(groups)]
    return lambda chosen: any(group <= set(chosen) for group in needed)


def at_random(size: int, source: random.Random) -> Callable[[Sequence[int]], bool]:
    """Passes as it likes, but always the same of one set of items: as little monotone as can be."""
    answers: dict[frozenset[int], bool] = {frozenset(range(size)): True}
    return lambda chosen: answers.setdefault(frozenset(chosen), source.random() < 0.3)


@given(st.integers(1, 14), st.integers(0, 3), st.randoms(use_true_random=False))
def test_the_result_is_1_minimal_and_no_set_is_tried_twice_whatever_depends_on_what(
    size: int, groups: int, source: random.Random
) -> None:
    outcome = needed_by(size, source, groups) if groups else at_random(size, source)
    asked: list[tuple[int, ...]] = []

    def passes(chosen: Sequence[int]) -> bool:
        asked.append(tuple(chosen))
        return outcome(chosen)

    kept, unproven = smallest(range(size), passes)
    assert unproven is None
    assert len(asked) == len(set(asked))
    assert outcome(kept)
    assert not any(outcome([k for k in kept if k != gone]) for gone in kept)


@given(st.integers(1, 40), st.randoms(use_true_random=False))
def test_where_every_hunk_is_needed_that_takes_as_many_runs_as_there_are_hunks(
    size: int, source: random.Random
) -> None:
    asked = 0

    def passes(chosen: Sequence[int]) -> bool:
        nonlocal asked
        asked += 1
        return len(chosen) == size

    assert smallest(range(size), passes) == (list(range(size)), None)
    assert asked == size


def test_where_most_can_be_spared_larger_pieces_are_left_out() -> None:
    asked = 0

    def passes(chosen: Sequence[int]) -> bool:
        nonlocal asked
        asked += 1
        return {3} <= set(chosen)

    assert smallest(range(40), passes) == ([3], None)
    assert asked < 20


def test_what_only_another_superfluous_hunk_needed_goes_as_well() -> None:
    def passes(chosen: Sequence[str]) -> bool:
        return "mend" in chosen and ("use" not in chosen or "define" in chosen)

    assert smallest(["use", "define", "mend"], passes) == (["mend"], None)


def test_nothing_at_all_is_kept_where_that_passes() -> None:
    assert smallest([1, 2], lambda _: True) == ([], None)


def test_a_budget_of_runs_ends_the_search_with_what_is_known_to_pass() -> None:
    left = 3

    def passes(chosen: Sequence[int]) -> bool:
        nonlocal left
        if left == 0:
            raise OutOfRuns("its runs were used up")
        left -= 1
        return {2, 7} <= set(chosen)

    kept, unproven = smallest(range(10), passes)
    assert unproven == "its runs were used up"
    assert {2, 7} <= set(kept)


def test_a_part_that_does_not_parse_is_not_run() -> None:
    before = Tree({"a.py": b"x = [1,\n     2]\nprint(y)\n"})
    after = Tree({"a.py": b"x = (1,\n     2)\nprint(x)\n"})
    asked: list[Tree] = []

    def runs(tree: Tree, label: str) -> bool:
        assert " hunks still there, without " in label
        asked.append(tree)
        return b"print(x)" in tree.files["a.py"]

    result = reduce_repair(before, after, runs)
    assert result.tree.files["a.py"] == b"x = [1,\n     2]\nprint(x)\n"
    assert all(tree.files["a.py"].count(b"[") == tree.files["a.py"].count(b"]") for tree in asked)
    assert (result.before, result.after) == (3, 1)


def test_a_file_that_was_moved_is_one_hunk_and_what_changed_in_it_are_others() -> None:
    before = Tree({"util.py": b"a = 1\nb = 2\nc = 3\nd = 4\n", "main.py": b"import util\n"})
    after = Tree({"tools.py": b"a = 1\nb = 2\nc = 9\nd = 4\n", "main.py": b"import tools\n"})
    every = hunks(before, after)
    assert [(one.path, one.span, one.to) for one in every] == [
        ("main.py", (0, 1), None),
        ("util.py", (2, 3), None),
        ("util.py", None, "tools.py"),
    ]
    assert compose(before, every).files == after.files
    assert compose(before, every[1:2]).files["util.py"] == b"a = 1\nb = 2\nc = 9\nd = 4\n"
    moved = compose(before, every[2:]).files
    assert moved == {"tools.py": before.files["util.py"], "main.py": b"import util\n"}

    def runs(tree: Tree, label: str) -> bool:
        return b"import tools" not in tree.files["main.py"] or "tools.py" in tree.files

    assert reduce_repair(before, after, runs).after == 0


def test_lines_that_have_nothing_to_do_with_each_other_stay_one_hunk() -> None:
    before = Tree({"a.py": b"total = 0\nfor row in rows:\n    total += row.loss\n"})
    after = Tree({"a.py": b"losses = [r.loss for r in rows]\nassert losses\n    \n"})
    assert len(hunks(before, after)) == 1
    similar = Tree({"a.py": b"total = 0.0\nfor row in table:\n    total += row.loss()\n"})
    assert len(hunks(before, similar)) == 3


LINES = st.lists(st.sampled_from(["a = 1", "b = 2", "c = 3", "d = 4", "e = 5"]), max_size=9)


@given(LINES, LINES, st.randoms(use_true_random=False))
def test_a_reduced_repair_never_has_more_lines_than_the_whole(
    old: list[str], new: list[str], source: random.Random
) -> None:
    before, after = (Tree({"a.py": "\n".join(lines).encode()}) for lines in (old, new))
    answers = {after.digest(): True}

    def runs(tree: Tree, label: str) -> bool:
        return answers.setdefault(tree.digest(), source.random() < 0.4)

    reduced = reduce_repair(before, after, runs)
    assert lines_modified(before, reduced.tree).total <= lines_modified(before, after).total
    assert answers.get(reduced.tree.digest(), True)


def test_the_unified_diff_names_new_deleted_and_binary_files() -> None:
    before = Tree({"a.py": b"x = 1\ny = 2\n", "old.py": b"z\n", "w.bin": b"\0"})
    after = Tree({"a.py": b"x = 1\ny = 3\n", "new.py": b"n\n", "w.bin": b"\0\1"})
    text = unified(before, after)
    assert "-y = 2\n+y = 3" in text
    assert "--- /dev/null\n+++ b/new.py" in text
    assert "--- a/old.py\n+++ /dev/null" in text
    assert "Binary file w.bin differs" in text
