"""The six defects of PaperCoder's `4_debugging.py` that were seen (field notes), each as a test."""

from __future__ import annotations

from click.testing import CliRunner

from p2c.cli import cli
from p2c.repair.apply import Applied, apply
from p2c.repair.edits import parse, render
from sandbox.tree import Tree

CODE = b"def n(train):\n    if train:\n        n = len(train)\n        return n\n    return 0\n"
TREE = Tree({"main.py": CODE, "twice.py": b"x = 1\ny = 2\nx = 1\n"})


def edited(path: str, search: list[str], replace: list[str]) -> Applied:
    return apply(TREE, parse(render(path, search, replace), TREE.files))


def test_one_it_starts_with_the_options_that_it_declares() -> None:
    for command in ("repair", "generate"):
        assert CliRunner().invoke(cli, [command, "--help"]).exit_code == 0


def test_two_one_search_does_not_edit_every_match() -> None:
    result = edited("twice.py", ["x = 1"], ["x = 3"])
    assert result.tree == TREE
    assert "stands 2 times" in result.refusals[0].reason


def test_three_an_empty_search_does_not_put_the_replacement_between_all_characters() -> None:
    result = edited("main.py", [], ["import os"])
    assert result.tree == TREE
    assert "exists already" in result.refusals[0].reason


def test_four_a_search_does_not_match_inside_a_line() -> None:
    result = edited("main.py", ["n = len(tr"], ["n = len(te"])
    assert result.tree == TREE
    assert "n = len(train)" in result.refusals[0].reason


def test_five_a_dedent_is_made_and_not_stripped_away_while_success_is_reported() -> None:
    result = edited("main.py", ["        return n"], ["    return n"])
    assert result.tree.files["main.py"] == CODE.replace(b"        return n\n", b"    return n\n")


def test_six_a_deletion_is_read_and_made() -> None:
    result = edited("main.py", ["    return 0"], [])
    assert result.tree.files["main.py"] == CODE.replace(b"    return 0\n", b"")


def test_what_it_checks_nothing_of_is_checked() -> None:
    outside = edited("../main.py", [], ["x = 1"])
    broken = edited("main.py", ["    return 0"], ["    return ("])
    assert outside.tree == broken.tree == TREE
    assert "outside the repository" in outside.refusals[0].reason
    assert "no longer parses" in broken.refusals[0].reason
