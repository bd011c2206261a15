"""Edits onto a tree: whole lines, unique, each file as a whole or not at all."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2c.repair.apply import Applied, apply
from p2c.repair.edits import parse, render
from p2c.repair.text import read_text
from sandbox.tree import Tree

MODEL = (
    b"class A:\n    def f(self, x):\n        y = x\n        return y\n\n"
    b"    def g(self, x):\n        return len(train)\n"
)
TREE = Tree({"src/model.py": MODEL, "train.py": b"n = 1\nm = 2\n", "w.py": b"a = 1\r\nb = 2", "e/__init__.py": b""})


def made(*blocks: tuple[str, list[str], list[str]], tree: Tree = TREE) -> Applied:
    return apply(tree, parse("\n".join(render(*block) for block in blocks), tree.files))


def reason(result: Applied) -> str:
    assert result.tree == TREE
    return " ".join(refusal.reason for refusal in result.refusals)


def test_an_exact_match_is_replaced() -> None:
    assert made(("train.py", ["n = 1"], ["n = 3"])).tree.files["train.py"] == b"n = 3\nm = 2\n"


def test_a_uniform_shift_of_indentation_is_carried_over_to_the_replacement() -> None:
    result = made(("src/model.py", ["y = x", "return y"], ["y = x", "if y:", "    y += 1", "return y"]))
    assert b"        if y:\n            y += 1\n        return y\n" in result.tree.files["src/model.py"]
    deeper = made(("train.py", ["    n = 1"], ["    n = 3"]))
    assert deeper.tree.files["train.py"] == b"n = 3\nm = 2\n"


def test_a_shift_that_is_not_uniform_is_no_match() -> None:
    assert "nearest lines" in reason(made(("src/model.py", ["y = x", "    return y"], ["pass"])))


def test_a_line_that_is_only_a_part_of_one_is_named() -> None:
    def searched(line: str) -> str:
        return reason(made(("src/model.py", ["    def g(self, x):", line], ["    def g(self, x):", "        0"])))

    said = "its line `len(train)` is only a part of line 7, `return len(train)`; quote whole lines"
    assert said in searched("        len(train)")
    assert "only a part" not in searched("        in)")  # too short to tell


def test_the_nearest_lines_are_those_of_the_file_and_never_of_a_block_that_is_kept() -> None:
    result = made(
        ("src/model.py", ["        y = x"], ["        y = transformed(x)"]),
        ("src/model.py", ["        y = transformed(y)"], ["        y = x + 1"]),
    )
    (refusal,) = result.refusals
    assert "transformed(x)" not in refusal.reason


def test_a_bare_name_and_a_leading_folder_find_the_file() -> None:
    for path in ("model.py", "repo/src/model.py", "./src/model.py", "/workspace/src/model.py", "src\\model.py"):
        text = render("x.py", ["        y = x"], ["        y = 2 * x"]).replace("x.py", path, 1)
        assert apply(TREE, parse(text, TREE.files)).changed == ("src/model.py",), path


def test_a_block_without_a_path_means_the_only_place_where_its_lines_stand() -> None:
    result = apply(TREE, parse("<<<<<<< SEARCH\nm = 2\n=======\nm = 3\n>>>>>>> REPLACE", TREE.files))
    assert result.changed == ("train.py",)
    nowhere = apply(TREE, parse("<<<<<<< SEARCH\nq = 2\n=======\nm = 3\n>>>>>>> REPLACE", TREE.files))
    assert "names no file" in reason(nowhere)


# ------------------------------------------------------------------ PaperCoder's defects (field notes)


def test_one_search_never_edits_every_match() -> None:
    tree = Tree({"a.py": b"x = 1\ny = 2\nx = 1\n"})
    result = made(("a.py", ["x = 1"], ["x = 3"]), tree=tree)
    assert result.tree == tree
    assert "stands 2 times" in result.refusals[0].reason
    assert "lines 1, 3" in result.refusals[0].reason


def test_an_empty_search_never_touches_a_file_with_content() -> None:
    assert "exists already" in reason(made(("train.py", [], ["n = 5"])))
    assert "exists already" in reason(made(("train.py", ["", ""], ["n = 5"])))


def test_a_search_never_matches_inside_a_line() -> None:
    assert "does not stand" in reason(made(("src/model.py", ["return len(tr"], ["return 2"])))


def test_a_dedent_is_not_lost() -> None:
    result = made(("src/model.py", ["        return len(train)"], ["        return 1", "", "def h():", "    return 2"]))
    assert result.tree.files["src/model.py"].endswith(b"        return 1\n\ndef h():\n    return 2\n")


def test_a_deletion_deletes() -> None:
    assert made(("train.py", ["n = 1"], [])).tree.files["train.py"] == b"m = 2\n"


@pytest.mark.parametrize("path", ["../x.py", "/etc/passwd", "a/../../x.py", ".git/config", "src/model.py/x.py", "src"])
def test_nothing_is_written_outside_the_tree(path: str) -> None:
    text = f"{path}\n```python\nx = 1\n```\n" + render("q.py", [], ["x = 1"]).replace("q.py", path, 1)
    result = apply(TREE, parse(text, (*TREE.files, path)))
    assert result.tree == TREE
    assert result.refusals


def test_an_edit_that_breaks_the_syntax_is_refused_with_the_place() -> None:
    text = reason(made(("train.py", ["n = 1"], ["n = (1"])))
    assert "no longer parses" in text
    assert "line 1" in text
    assert "no longer parses" in reason(made(("c.json", [], ["{"])))


def test_a_file_that_did_not_parse_before_may_still_not_parse() -> None:
    tree = Tree({"a.py": b"x = (\ny = ]\n"})
    assert made(("a.py", ["x = ("], ["x = 1"]), tree=tree).tree.files["a.py"] == b"x = 1\ny = ]\n"


# ------------------------------------------------------------------ several blocks


def test_a_bad_block_holds_back_its_file_and_no_other() -> None:
    result = made(
        ("src/model.py", ["        y = x"], ["        y = 2 * x"]),
        ("src/model.py", ["        no such line"], ["        z"]),
        ("train.py", ["n = 1"], ["n = 7"]),
    )
    assert result.changed == ("train.py",)
    assert [refusal.number for refusal in result.refusals] == [2]
    assert [block.number for block in result.fine] == [1, 3]


def test_blocks_are_applied_whatever_their_order_and_may_share_context() -> None:
    result = made(
        ("src/model.py", ["        return y", "", "    def g(self, x):", "        return len(train)"],
         ["        return y", "", "    def g(self, x):", "        return len(x)"]),
        ("src/model.py", ["    def f(self, x):", "        y = x", "        return y"],
         ["    def f(self, x):", "        y = -x", "        return y"]),
    )  # fmt: skip
    assert not result.refusals
    assert b"y = -x" in result.tree.files["src/model.py"]
    assert b"len(x)" in result.tree.files["src/model.py"]


def test_blocks_that_change_the_same_lines_are_refused() -> None:
    result = made(("train.py", ["n = 1"], ["n = 5"]), ("train.py", ["n = 1", "m = 2"], ["n = 6", "m = 2"]))
    assert "same lines" in reason(result)


def after(first: str, second: str) -> Applied:
    """The second answer, with the blocks of the first one that are fine kept beside it."""
    answer = parse(second, TREE.files)
    kept = tuple(replace(block, kept=True) for block in apply(TREE, parse(first, TREE.files)).fine)
    return apply(TREE, replace(answer, blocks=(*kept, *answer.blocks)))


BAD = render("src/model.py", ["        no such line"], ["        z"])


def test_a_kept_block_gives_way_to_one_that_changes_the_same_lines() -> None:
    kept = render("src/model.py", ["        y = x"], ["        y = 2 * x"])
    wider = render("src/model.py", ["        y = x", "        return y"], ["        return 2 * x"])
    result = after(kept + BAD, wider)
    assert not result.refusals
    assert b"        return 2 * x\n" in result.tree.files["src/model.py"]
    assert b"y = " not in result.tree.files["src/model.py"]


def test_a_kept_block_gives_way_to_one_that_was_worded_so_that_it_adds_at_the_same_place() -> None:
    kept = render("train.py", ["n = 1"], ["import os", "n = 1"])
    result = after(kept + render("train.py", ["q"], []), render("train.py", ["n = 1"], ["import os", "n = 5"]))
    assert not result.refusals
    assert result.tree.files["train.py"] == b"import os\nn = 5\nm = 2\n"


def test_a_kept_block_that_adds_lines_stays_beside_one_that_replaces_the_next_line() -> None:
    kept = render("train.py", ["n = 1"], ["n = 1", "k = 0"])
    result = after(kept + render("train.py", ["q"], []), render("train.py", ["m = 2"], ["m = 3"]))
    assert not result.refusals
    assert result.tree.files["train.py"] == b"n = 1\nk = 0\nm = 3\n"


def test_a_kept_block_that_builds_on_another_one_gives_way_as_well() -> None:
    kept = render("train.py", ["n = 1"], ["n = 5"]) + render("train.py", ["n = 5"], ["n = 5", "k = 0"])
    again = render("train.py", ["n = 5"], ["n = 5", "k = 1"])
    result = after(kept + render("train.py", ["q"], []), again)
    assert not result.refusals
    assert result.tree.files["train.py"] == b"n = 5\nk = 1\nm = 2\n"


def test_kept_blocks_give_way_to_the_whole_of_their_file() -> None:
    result = after(render("train.py", ["n = 1"], ["n = 5"]) + BAD, "train.py\n```python\nn = 6\nm = 2\n```\n")
    assert not result.refusals
    assert result.tree.files["train.py"] == b"n = 6\nm = 2\n"


def test_a_new_file_in_two_blocks_may_then_be_given_in_one() -> None:
    two = render("new.py", [], ["x = 1"]) + render("new.py", [], ["y = 1"])
    result = after(two, render("new.py", [], ["x = 1", "y = 1"]))
    assert not result.refusals
    assert result.tree.files["new.py"] == b"x = 1\ny = 1\n"


def test_where_the_file_no_longer_parses_only_the_blocks_of_the_last_answer_are_named() -> None:
    kept = render("train.py", ["n = 1"], ["n = 5"])
    result = after(kept + render("train.py", ["q"], []), render("train.py", ["m = 2"], ["m = (2"]))
    assert [refusal.what for refusal in result.refusals] == ["block 1"]
    assert "no longer parses" in reason(result)


def test_a_kept_block_that_names_no_file_keeps_the_one_in_which_its_lines_were_found() -> None:
    bare = "<<<<<<< SEARCH\nn = 1\n=======\nn = 5\n>>>>>>> REPLACE\n"
    (kept,) = apply(TREE, parse(bare + render("w.py", ["q"], []), TREE.files)).fine
    assert kept.path == "train.py"


def test_code_that_an_answer_only_quotes_does_not_count_as_a_block() -> None:
    quoted = "The fault is here, in `train.py`:\n\ntrain.py\n```python\nn = 1\n```\n\n"
    result = apply(TREE, parse(quoted + render("train.py", ["q"], ["n = 5"]), TREE.files))
    assert [refusal.what for refusal in result.refusals] == ["block 1"]


def test_a_kept_block_that_lost_its_ground_is_named_as_one_of_the_answer_before() -> None:
    kept = render("train.py", ["n = 1"], ["n = 5"]) + render("train.py", ["n = 5"], ["n = 5", "k = 0"])
    result = after(kept + render("train.py", ["q"], []), render("train.py", ["n = 1"], ["n = 7"]))
    assert [refusal.what for refusal in result.refusals] == ["block 2 of the answer before"]


def test_the_same_block_twice_is_one_block() -> None:
    result = made(("train.py", ["n = 1"], ["n = 5"]), ("train.py", ["n = 1"], ["n = 5"]))
    assert result.tree.files["train.py"] == b"n = 5\nm = 2\n"


def test_a_block_may_build_on_the_one_before() -> None:
    result = made(("train.py", ["n = 1"], ["n = 5"]), ("train.py", ["n = 5"], ["n = 5", "k = 0"]))
    assert result.tree.files["train.py"] == b"n = 5\nk = 0\nm = 2\n"


def test_what_is_there_already_is_recognised() -> None:
    there = made(("train.py", ["n = 0"], ["n = 1"]))
    assert (there.already, there.changed, there.refusals) == (1, (), ())
    added = made(("train.py", ["n = 1"], ["n = 1", "m = 2"]))
    assert (added.already, added.changed) == (1, ())


def test_a_block_that_changes_nothing_is_no_error() -> None:
    assert made(("train.py", ["n = 1"], ["n = 1"])).unchanging == 1


@pytest.mark.parametrize("line", ["# ... rest of the code", "# rest of the file unchanged", "# ... existing code ..."])
def test_code_that_is_left_out_is_refused(line: str) -> None:
    assert "leaves code out" in reason(made(("train.py", ["n = 1"], ["n = 5", line])))
    whole = apply(TREE, parse(f"train.py\n```python\nn = 5\n{line}\n```\n", TREE.files))
    assert "leaves code out" in reason(whole)


# ------------------------------------------------------------------ files


def test_a_new_file_is_made_and_an_empty_one_filled() -> None:
    result = made(("src/new.py", [], ["x = 1"]), ("e/__init__.py", [], ["y = 2"]))
    assert result.tree.files["src/new.py"] == b"x = 1\n"
    assert result.tree.files["e/__init__.py"] == b"y = 2\n"


def test_a_missing_file_is_named_with_those_that_exist() -> None:
    assert "src/model.py" in reason(made(("other/place.py", ["x"], ["y"])))


def test_line_endings_and_the_missing_final_newline_stay() -> None:
    assert made(("w.py", ["b = 2"], ["b = 3", "c = 4"])).tree.files["w.py"] == b"a = 1\r\nb = 3\r\nc = 4"
    tree = Tree({"b.py": b"\xef\xbb\xbfa = 1\nb = '\xff'\n"})
    text = made(("b.py", ["a = 1"], ["a = 2"]), tree=tree).tree.files["b.py"]
    assert text == b"\xef\xbb\xbfa = 2\nb = '\xff'\n"


def test_a_binary_file_is_not_edited() -> None:
    tree = Tree({"x.bin": b"a\0b\n"})
    assert "binary" in made(("x.bin", ["a"], ["b"]), tree=tree).refusals[0].reason


def test_a_whole_file_becomes_the_smallest_change() -> None:
    result = apply(TREE, parse("w.py\n```python\na = 1\nb = 5\n```\n", TREE.files))
    assert result.tree.files["w.py"] == b"a = 1\r\nb = 5"


def test_an_excerpt_is_not_taken_for_the_whole_file() -> None:
    tree = Tree({"long.py": b"".join(b"x%d = 1\n" % n for n in range(60))})
    result = apply(tree, parse("long.py\n```python\nx1 = 2\n```\n", tree.files))
    assert result.tree == tree
    assert "of a file of 60" in result.refusals[0].reason


# ------------------------------------------------------------------ properties

LINE = st.sampled_from(["a = 1", "b = 2", "", "    c = 3", "if a:", "\td = 4", "x = '\u00e9'", "# e"])
FILE = st.tuples(st.lists(LINE, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans())


def as_bytes(file: tuple[list[str], str, bool]) -> bytes:
    lines, newline, final = file
    return (newline.join(lines) + (newline if final and lines else "")).encode()


@given(FILE, st.data())
def test_a_unique_block_changes_its_lines_and_nothing_else(
    file: tuple[list[str], str, bool], data: st.DataObject
) -> None:
    content = as_bytes(file)
    lines = list(read_text(content).lines) or [""]
    start = data.draw(st.integers(0, len(lines) - 1))
    stop = data.draw(st.integers(start + 1, len(lines)))
    replace = data.draw(st.lists(LINE, max_size=4))
    tree = Tree({"f.txt": content, "other.txt": b"x"})
    result = made(("f.txt", lines[start:stop], replace), tree=tree)
    assert result.tree.files["other.txt"] == b"x"
    if result.changed:
        seen = result.tree.files["f.txt"].decode().replace("\r\n", "\n").split("\n")
        assert [x for x in seen if x] == [x for x in [*lines[:start], *replace, *lines[stop:]] if x]
    else:
        assert result.tree == tree


@settings(max_examples=300)
@given(st.binary(max_size=200), st.lists(st.tuples(st.lists(LINE, max_size=3), st.lists(LINE, max_size=3)), max_size=4))
def test_whatever_the_file_holds_a_refused_file_keeps_every_byte(
    content: bytes, blocks: list[tuple[list[str], list[str]]]
) -> None:
    tree = Tree({"f.py": content})
    result = made(*(("f.py", search, replace) for search, replace in blocks), tree=tree)
    if "f.py" not in result.changed:
        assert result.tree.files["f.py"] == content


def test_ten_thousand_random_answers_neither_crash_nor_write_half_a_file() -> None:
    source = random.Random(5)  # noqa: S311 - chooses test cases
    pieces = ["train.py", "src/model.py", "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "```", "```python", "n = 1",
              "m = 2",
              "        y = x", "y = x", "", "../x", "w.py", "a = 1",
              "new.py", "class A:", "return y", "# ..."]  # fmt: skip
    for _ in range(10_000):
        text = "\n".join(source.choices(pieces, k=source.randint(1, 25)))
        result = apply(TREE, parse(text, TREE.files))
        assert set(result.changed) == {p for p in result.tree.files if result.tree.files[p] != TREE.files.get(p)}
        refused = {refusal.path for refusal in result.refusals}
        assert not refused & set(result.changed) or all(
            p == "new.py" or p is None or text.count(p) > 1 for p in refused
        )
