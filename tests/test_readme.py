"""What the README says is true: its commands exist, its tables are the code's, its example counts as it says."""

import re
import shlex
from itertools import pairwise
from pathlib import Path

import click
import pytest

from p2c.cli import COMMANDS, cli
from p2c.repair.lines import add, lines_modified
from p2c.types import LineCount
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Rung

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def shown_commands() -> list[str]:
    blocks = re.findall(r"```\n(.*?)```", README, re.S)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("p2c ")]


@pytest.mark.parametrize("line", shown_commands())
def test_every_shown_command_parses(line: str, tmp_path: Path) -> None:
    name, *arguments = shlex.split(line)[1:]
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    (tmp_path / "repository").mkdir()
    known = [str(tmp_path / "repository") if a == "path/to/repository" else a for a in arguments]
    command.make_context(name, known)  # raises for an unknown option or a missing argument


@pytest.mark.parametrize("option", sorted(set(re.findall(r"`(--[a-z-]+)[ `]", README))))
def test_every_option_in_the_text_exists(option: str) -> None:
    commands = [cli.get_command(click.Context(cli), name) for name in COMMANDS]
    known = {flag for command in commands if command for parameter in command.params for flag in parameter.opts}
    assert option in known


def test_make_has_the_two_targets_and_ci_calls_the_test_command() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^demo: ", makefile, re.M)
    assert re.search(r"^test: ", makefile, re.M)
    assert "\nmake test\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_ladder_in_the_readme_is_the_ladder() -> None:
    rows = re.findall(r"^\| (\d) `(\w+)` \|", README, re.M)
    assert rows == [(str(int(rung)), rung.name) for rung in Rung if rung is not Rung.none]


def test_every_outcome_is_explained() -> None:
    assert all(f"`{outcome.value}`" in README for outcome in Outcome)


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README + (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert local
    assert [link for link in local if not (ROOT / link).exists()] == []


def test_paths_in_the_map_of_the_house_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:p2c|sandbox|prompts|tests)/[\w./]*)`", text)
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_worked_example_counts_as_it_says() -> None:
    model = [f"line {n}" for n in range(10)]
    first, second = list(model), list(model)
    first[2:4] = ["import numpy", "two", "three"]
    second[2:4] = ["import numpy", "two", "drei"]
    trees = [
        Tree({"model.py": "\n".join(model).encode(), "requirements.txt": b"numpy\n"}),
        Tree({"model.py": "\n".join(first).encode(), "requirements.txt": b"numpy\nscipy\n"}),
        Tree({"model.py": "\n".join(second).encode(), "requirements.txt": b"numpy\nscipy\n"}),
    ]
    gross = add(lines_modified(before, after) for before, after in pairwise(trees))
    net = lines_modified(trees[0], trees[2])
    assert (gross.total, net) == (5, LineCount(python=3, other=1))
    assert "Gross is 5, net is 4 (3 Python, 1 other)" in README
