"""What the README says is true: its commands exist, its tables are the code's, its example counts as it says."""

import re
import shlex
import subprocess
from itertools import pairwise
from pathlib import Path

import click
import pytest

from p2c.cli import COMMANDS, cli, main
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


def _worked_example() -> tuple[Tree, Tree]:
    """The trees before and after that the README shows as a diff."""
    shown = README.partition("An example, whole")[2].partition("```diff\n")[2].partition("```")[0]
    before: dict[str, bytes] = {}
    after: dict[str, bytes] = {}
    old = new = ""
    for line in shown.splitlines():
        if line.startswith(("--- ", "+++ ")):
            old, new = (line[4:], new) if line.startswith("---") else (old, line[4:])
            continue
        if line[0] in " -":
            before[old] = before.get(old, b"") + line[1:].encode() + b"\n"
        if line[0] in " +":
            after[new] = after.get(new, b"") + line[1:].encode() + b"\n"
    return Tree(before), Tree(after)


def test_the_worked_example_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = _worked_example()
    before.write(tmp_path / "generated")
    after.write(tmp_path / "fixed")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["lines", "generated", "fixed"])
    printed = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert f"$ p2c lines generated fixed\n{printed}\n```\n" in README
    git = ["git", "diff", "--no-index", "--shortstat", "generated", "fixed"]
    said = subprocess.run(git, capture_output=True, text=True, check=False).stdout
    assert re.findall(r"\d+ \w+", said) == ["3 files", *re.findall(r"\d+ (?:insertion|deletion)s", README)]


def test_the_worked_example_has_the_gross_and_the_reduced_lines_that_it_says() -> None:
    before, after = _worked_example()
    model = before.changed({"model.py": after.files["model.py"].replace(b"dtype=float", b"dtype=object")})
    steps = [before, model, after]
    net = lines_modified(before, after)
    assert net == LineCount(python=4, other=1)
    gross = add(lines_modified(one, other) for one, other in pairwise(steps)).total
    reduced = lines_modified(before, after.changed({"requirements.txt": b"numpy\n"})).total
    assert f"`gross`: {gross}, where" in README
    assert f"`reduced` is {reduced}." in README
