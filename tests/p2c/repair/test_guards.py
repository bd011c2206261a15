"""Cheating repairs are refused with a reason; honest repairs that look like them pass.

Each case under `repairs/` is an answer as a model would write it, for the repository `repairs/base.txt`
(its files one after the other, each below a line `=== path`).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from p2c.repair.apply import apply
from p2c.repair.edits import parse
from p2c.repair.guards import Objection, Repair, objections
from sandbox.tree import Tree
from sandbox.verdict import Failure

CASES = Path(__file__).parent / "repairs"


def named(kind: str) -> list[str]:
    return sorted(path.stem for path in (CASES / kind).glob("*.edit"))


def base_tree() -> Tree:
    parts = re.split(r"^=== (.+)\n", (CASES / "base.txt").read_text(), flags=re.MULTILINE)[1:]
    return Tree({path: text.encode() for path, text in zip(parts[::2], parts[1::2], strict=True)})


def judged(case: Path) -> tuple[dict[str, str], tuple[Objection, ...]]:
    head, _, answer = case.read_text().partition("\n\n")
    header = dict(line.split(": ", 1) for line in head.splitlines())
    base = base_tree()
    applied = apply(base, parse(answer, base.files))
    assert not applied.refusals, applied.refusals
    assert applied.changed
    failure = Failure(step="smoke", kind="exception", exception=header["exception"], message="seen", signature="s")
    return header, objections(Repair(base, applied.tree, failure, smoke="bash reproduce.sh"))


@pytest.mark.parametrize("name", named("cheats"))
def test_a_repair_that_hides_the_failure_is_refused_with_the_reason(name: str) -> None:
    header, found = judged(CASES / "cheats" / f"{name}.edit")
    assert header["guard"] in {objection.guard for objection in found}
    assert all(objection.reason and objection.file for objection in found)


@pytest.mark.parametrize("name", named("honest"))
def test_an_honest_repair_passes(name: str) -> None:
    _, found = judged(CASES / "honest" / f"{name}.edit")
    assert not found, [str(objection) for objection in found]


def test_there_are_thirty_of_each() -> None:
    assert len(named("cheats")) >= 30
    assert len(named("honest")) >= 30


def test_an_empty_repair_is_no_cheat() -> None:
    base = base_tree()
    assert objections(Repair(base, base)) == ()


def test_what_stood_there_before_is_not_held_against_a_repair_of_a_file_that_did_not_parse() -> None:
    before = Tree({"a.py": b"def f(:\n    try:\n        g()\n    except Exception:\n        pass\n"})
    after = Tree({"a.py": b"def f():\n    try:\n        g()\n    except Exception:\n        pass\n"})
    assert objections(Repair(before, after)) == ()


def test_a_swallowing_handler_that_comes_with_the_mended_syntax_is_seen() -> None:
    before = Tree({"a.py": b"def f(:\n    g()\n"})
    after = Tree({"a.py": b"def f():\n    try:\n        g()\n    except Exception:\n        pass\n"})
    assert [objection.guard for objection in objections(Repair(before, after))] == ["swallow"]
