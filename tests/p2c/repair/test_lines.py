"""Lines modified: the rule and its edge cases."""

from __future__ import annotations

import json
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2c.repair.between import lines_between
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


def test_saved_in_another_encoding_those_lines_count_that_have_other_bytes_then() -> None:
    latin = "# café\nx = 1\n".encode("latin-1")
    assert count(latin, latin.decode("latin-1").encode()) == 1
    assert count("x = 1\n".encode("utf-16"), "x = 1\n") == 1, "UTF-16 is binary, as to git: it has no lines"


def test_a_byte_order_mark_counts_nothing() -> None:
    assert count(b"\xef\xbb\xbfx = 1\n", b"x = 1\n") == 0


def test_line_endings_of_all_three_kinds_are_the_same() -> None:
    assert count("a\rb\rc\r", "a\nb\nc\n") == 0
    assert count("a\r\nb\rc\n", "a\nB\nc") == 1
    assert count("a\n", "a") == 0


def test_a_form_feed_alone_is_a_blank_line_and_before_code_it_is_indentation() -> None:
    assert count("a\nb\n", "a\n\x0c\nb\n") == 0
    assert count("a\nb\n", "a\n\x0cb\n") == 1


def test_a_line_counts_once_however_long_it_is() -> None:
    data = "x" * 3_000_000
    assert count(f"a = '{data}'\nb\n", f"a = '{data}y'\nb\n") == 1


def test_a_block_that_moved_into_another_file_counts_where_it_went_and_where_it_came_from() -> None:
    block, rest = "b1\nb2\nb3\n", "r1\nr2\nr3\nr4\n"
    before = Tree({"a.py": (rest + block).encode(), "b.py": b"x\n"})
    assert lines_modified(before, Tree({"a.py": rest.encode(), "b.py": f"x\n{block}".encode()})).total == 6
    split = Tree({"a.py": rest.encode(), "b.py": b"x\n", "c.py": block.encode()})
    assert lines_modified(before, split).total == lines_modified(split, before).total == 6


def test_a_copy_counts_its_lines_and_two_files_that_become_one_those_that_are_gone() -> None:
    one = Tree({"a.py": b"1\n2\n3\n"})
    both = Tree({"a.py": b"1\n2\n3\n", "b.py": b"1\n2\n3\n"})
    assert lines_modified(one, both).total == lines_modified(both, one).total == 3


def test_of_equally_similar_files_that_one_is_the_moved_one_which_keeps_its_name() -> None:
    before = Tree({"a.py": b"1\n2\n", "b.py": b"1\n2\n"})
    after = Tree({"x/b.py": b"1\n2\n", "x/a.py": b"1\n2\n"})
    assert moves(before, after) == {"a.py": "x/a.py", "b.py": "x/b.py"}
    assert moves(after, before) == {"x/a.py": "a.py", "x/b.py": "b.py"}


def test_a_folder_of_five_hundred_files_that_moved_counts_nothing() -> None:
    files = {f"{n}.py": f"x = {n}\ny = {n}\n".encode() for n in range(500)}
    moved = {f"src/{path}": content for path, content in files.items()}
    assert lines_modified(Tree(files), Tree(moved)) == LineCount()


def test_what_may_be_executed_counts_nothing() -> None:
    files = {"run.sh": b"echo\n"}
    assert lines_modified(Tree(files), Tree(files, frozenset(files))) == LineCount()


def notebook(code: object, *, text: str = "# Title", outputs: int = 0) -> bytes:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": [text]},
        {"cell_type": "code", "execution_count": outputs, "outputs": [{"n": outputs}], "source": code},
    ]
    return json.dumps({"cells": cells, "metadata": {"n": outputs}, "nbformat": 4}, indent=1).encode()


def test_of_a_notebook_the_cells_count_and_not_what_a_run_wrote_into_it() -> None:
    before = notebook(["import a\n", "a.run()"])
    changes = {
        "the same run again": (notebook(["import a\n", "a.run()"], outputs=7), LineCount()),
        "saved by another program": (notebook("import a\na.run()"), LineCount()),
        "code": (notebook(["import b\n", "b.run()\n", "\n"]), LineCount(python=2)),
        "text": (notebook(["import a\n", "a.run()"], text="# Other"), LineCount(other=1)),
    }
    for what, (after, expected) in changes.items():
        assert lines_modified(Tree({"n.ipynb": before}), Tree({"n.ipynb": after})) == expected, what
    assert baseline_lines(Tree({"n.ipynb": before})) == LineCount(python=2, other=1)


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"cells": 3}', b'{"cells": [{"cell_type": "code", "source": 1}]}'])
def test_a_notebook_that_is_none_is_text(content: bytes) -> None:
    assert baseline_lines(Tree({"n.ipynb": content + b"\nx"})) == LineCount(other=2)


LINES = b"x\n" * 1001


@pytest.mark.parametrize(
    "path",
    ["run.log", "LOGS/Run.LOG", "a.csv", "a.tsv", "a.jsonl", "a.ndjson", "a.svg", "map.geojson", "w.arff"],
)
def test_data_are_no_part_of_what_a_share_is_a_share_of_and_an_edit_of_them_counts(path: str) -> None:
    before = Tree({"main.py": b"x = 1\ny = 2\n", "config.json": b"{\n}\n", path: b"1\n2\n3\n"})
    assert baseline_lines(before) == LineCount(python=2, other=2)
    assert lines_modified(before, before.changed({path: b"1\n2\n4\n"})) == LineCount(other=1)
    assert lines_modified(before, before.changed({"more/" + path: b"1\n"})) == LineCount(other=1)


def test_json_xml_and_text_are_data_where_they_are_longer_than_people_write() -> None:
    for path in ("vocabulary.txt", "paper.json", "Points.XML", "a.dat"):
        assert baseline_lines(Tree({path: LINES})).total == 0, path
        assert baseline_lines(Tree({path: LINES[2:]})).total == 1000, path
    for path in ("main.py", "run.sh", "README.md", "app.js", "index.html", "config.yaml", "log"):
        assert baseline_lines(Tree({path: LINES})).total == 1001, path


def test_a_log_beside_the_code_makes_no_share_smaller() -> None:
    """As a generator leaves it: its own log of 12,642 lines beside 41 of Python and 12 of HTML."""
    code = {"main.py": b"x = 1\n" * 41, "index.html": b"<p>\n" * 12}
    before = Tree({**code, "todo_20231014012355.log": b"[INFO]: chat\n" * 12_642})
    found = lines_between(before, before.changed({"main.py": b"x = 1\n" * 40 + b"x = 2\n"}))
    assert (found.net.total, found.baseline_lines, found.baseline_python) == (1, 53, 41)
    assert found.share == pytest.approx(1 / 53, abs=1e-6)


def test_generated_files_count_nothing_and_python_source_is_never_one() -> None:
    paths = ["uv.lock", "web/package-lock.json", "x.egg-info/PKG-INFO", "x.pyc"]
    assert lines_modified(Tree({}), Tree(dict.fromkeys(paths, b"a\nb\n"))) == LineCount()
    hidden = ["x.egg-info/y.py", "uv.lock.py", "poetry.lock/a.py", "y_pb2.py"]
    assert lines_modified(Tree({}), Tree(dict.fromkeys(hidden, b"a\nb\n"))) == LineCount(python=8)
    assert lines_modified(Tree({}), Tree({"requirements.txt": b"a\n"})) == LineCount(other=1)


def test_caches_and_environments_are_not_read(tmp_path: Path) -> None:
    Tree({"a.py": b"x\n"}).write(tmp_path)
    before = Tree.read(tmp_path)
    made = [
        "__pycache__/b.py",
        ".mypy_cache/c.json",
        "venv/d.py",
        "other/pyvenv.cfg",
        "other/e.py",
        "node_modules/f.js",
    ]
    Tree(dict.fromkeys(made, b"y\n")).write(tmp_path)
    assert lines_modified(before, Tree.read(tmp_path)) == LineCount()


def test_twenty_thousand_lines_that_all_changed_are_counted() -> None:
    old, new = (tuple(f"{side} {n}" for n in range(20_000)) for side in "ab")
    assert distance(old, new) == 20_000


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


CONTENT = st.lists(st.sampled_from(["a", "b", " c", "", "d  ", "\x0c"]), max_size=9).map("\n".join)
PATHS = st.sampled_from(["a.py", "b.py", "d/a.py", "n.txt", "m.txt"])
TREES = st.dictionaries(PATHS, CONTENT.map(str.encode), max_size=4).map(Tree)


@given(TREES, TREES)
def test_trees_count_the_same_in_both_directions_moved_files_included(before: Tree, after: Tree) -> None:
    assert lines_modified(before, after) == lines_modified(after, before)
    assert lines_modified(before, before) == LineCount()


@given(CONTENT, CONTENT)
def test_a_file_counts_nothing_exactly_where_only_what_counts_nothing_differs(old: str, new: str) -> None:
    def bare(text: str) -> list[str]:
        return [line.rstrip() for line in text.split("\n") if line.strip()]

    assert (count(old, new) == 0) == (bare(old) == bare(new))


@given(st.lists(st.fixed_dictionaries({"a.py": CONTENT, "n.txt": CONTENT}), min_size=3, max_size=3))
def test_net_is_never_more_than_gross_where_files_keep_their_paths(states: list[dict[str, str]]) -> None:
    base, middle, target = (Tree({path: text.encode() for path, text in one.items()}) for one in states)
    gross = lines_modified(base, middle).total + lines_modified(middle, target).total
    assert lines_modified(base, target).total <= gross


@given(CONTENT, CONTENT)
def test_no_diff_program_lines_files_up_for_less(old: str, new: str) -> None:
    one, other = ([line.rstrip() for line in text.split("\n") if line.strip()] for text in (old, new))
    codes = SequenceMatcher(a=one, b=other, autojunk=False).get_opcodes()
    assert count(old, new) <= sum(max(b - a, d - c) for tag, a, b, c, d in codes if tag != "equal")


@given(TEXT, TEXT)
def test_the_figure_is_the_same_in_both_directions(old: list[str], new: list[str]) -> None:
    assert distance(old, new) == distance(new, old)
    assert (distance(old, new) == 0) == (old == new)
