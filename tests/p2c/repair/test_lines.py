"""Lines modified: the rule and its edge cases."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from p2c.repair.distance import distance
from p2c.repair.lines import baseline_lines, lines_modified, moves
from p2c.types import LineCount
from sandbox.tree import Tree


def count(before: str | bytes, after: str | bytes, path: str = "a.py") -> int:
    one, other = (t.encode() if isinstance(t, str) else t for t in (before, after))
    found = lines_modified(Tree({path: one}), Tree({path: other}))
    assert found.total in (found.python, found.other)
    return found.total


def test_a_replaced_line_counts_once() -> None:
    assert count("a\nb\nc\n", "a\nB\nc\n") == 1


def test_a_hunk_counts_the_larger_of_removed_and_added() -> None:
    assert count("a\nb\nc\n", "a\nx\ny\nz\nc\n") == 3
    assert count("a\nx\ny\nz\nc\n", "a\nb\nc\n") == 3


def test_of_all_ways_to_line_up_two_files_the_cheapest_counts() -> None:
    assert count("1\n2\n3\n4\nk\n", "k\n5\n6\n7\n8\n") == 5


def test_blank_lines_line_endings_and_trailing_space_count_nothing() -> None:
    assert count("a\nb\n", "\na\n\n   \nb") == 0
    assert count("a\nb\n", "a\r\nb\r\n") == 0
    assert count("a\nb\n", "a  \nb\t\n") == 0


def test_indentation_counts() -> None:
    assert count("if a:\n    b\n", "if a:\n        b\n") == 1


def test_python_is_counted_apart_from_everything_else() -> None:
    before = Tree({"a.py": b"x\n", "requirements.txt": b"numpy\n", "config.yaml": b"a: 1\n"})
    after = Tree({"a.py": b"y\n", "requirements.txt": b"numpy\nscipy\n", "config.yaml": b"a: 2\n"})
    assert lines_modified(before, after) == LineCount(python=1, other=2)


def test_a_new_and_a_deleted_file_count_their_lines() -> None:
    base = Tree({"a.py": b"x\n"})
    more = Tree({"a.py": b"x\n", "b.py": b"1\n\n2\n"})
    assert lines_modified(base, more) == lines_modified(more, base) == LineCount(python=2)
    assert lines_modified(base, Tree({"a.py": b"x\n", "p/__init__.py": b""})) == LineCount()


def test_a_moved_file_counts_only_what_changed_in_it() -> None:
    before = Tree({"a.py": b"1\n2\n3\n4\n", "z.py": b"q\n"})
    assert lines_modified(before, Tree({"src/a.py": b"1\n2\n3\n4\n", "z.py": b"q\n"})) == LineCount()
    assert lines_modified(before, Tree({"src/b.py": b"1\n2\n3\n5\n", "z.py": b"q\n"})) == LineCount(python=1)
    assert moves(before, Tree({"src/b.py": b"1\n2\n3\n5\n"})) == {"a.py": "src/b.py"}
    assert lines_modified(before, Tree({"b.py": b"7\n8\n9\n4\n", "z.py": b"q\n"})) == LineCount(python=8)


def test_a_block_that_moved_within_a_file_counts_where_it_went() -> None:
    assert count("a\nb\nc\nd\ne\nf\n", "c\nd\ne\nf\na\nb\n") == 4


def test_binary_files_count_nothing() -> None:
    before, after = Tree({"w.pt": b"\0\1\n\2"}), Tree({"w.pt": b"\0\3\n\4\n5"})
    assert lines_modified(before, after) == LineCount()
    assert baseline_lines(Tree({"w.pt": b"\0\n", "a.py": b"x\n\n y\n"})).total == 2


def test_text_that_is_not_utf_8_is_counted_as_any_other() -> None:
    assert count(b"\xe9\nb\n", b"\xe8\nb\n") == 1


TEXT = st.lists(st.sampled_from("abcd"), max_size=12)


def reference(old: list[str], new: list[str]) -> int:
    row = list(range(len(new) + 1))
    for i, one in enumerate(old, 1):
        before, row = row, [i]
        for j, other in enumerate(new, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (one != other)))
    return row[-1]


@given(TEXT, TEXT)
def test_the_distance_is_the_levenshtein_distance(old: list[str], new: list[str]) -> None:
    assert distance(old, new) == reference(old, new)


@given(TEXT, TEXT, TEXT)
def test_net_is_never_more_than_gross(base: list[str], middle: list[str], target: list[str]) -> None:
    assert distance(base, target) <= distance(base, middle) + distance(middle, target)


@given(TEXT, TEXT)
def test_the_figure_is_the_same_in_both_directions(old: list[str], new: list[str]) -> None:
    assert distance(old, new) == distance(new, old)
    assert (distance(old, new) == 0) == (old == new)
