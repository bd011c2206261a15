"""Every small broken repository gets the verdict that it deserves, from the real sandbox."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.controller import Sandbox, verify
from sandbox.settings import MIB, Limits, Settings
from sandbox.tree import Tree
from sandbox.verdict import Rung, Verdict

BROKEN = Path(__file__).parent / "broken"
NAMES = sorted(folder.name for folder in BROKEN.iterdir() if (folder / "expected.json").is_file())
pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox.open() as opened:
        yield opened


def _settings(expected: dict[str, Any]) -> Settings:
    given = expected.get("settings", {})
    limits = Limits(wall_seconds=given.get("wall_seconds", 60))
    if "memory_mib" in given:
        limits = replace(limits, memory_bytes=given["memory_mib"] * MIB)
    return Settings(limits=limits, smoke=given.get("smoke"))


def _seen(verdict: Verdict, wanted: dict[str, Any]) -> dict[str, Any]:
    """What the verdict says of the things that are expected."""
    failure = verdict.failure
    seen = {"rung": verdict.rung.name, "outcome": verdict.outcome.value}
    if failure is not None:
        values = failure.model_dump(mode="json")
        seen |= {key: values[key] for key in ("kind", "file", "line", "limit", "exit_status") if key in wanted}
        seen |= {"exception": failure.exception} if "exception" in wanted else {}
    if "missing" in wanted:
        seen["missing"] = [one.kind for one in verdict.missing]
    return seen


@pytest.mark.parametrize("name", NAMES)
def test_the_verdict_is_right(name: str, sandbox: Sandbox) -> None:
    expected = json.loads((BROKEN / name / "expected.json").read_text("utf-8"))
    before = Tree.read(BROKEN / name / "repo")
    verdict = verify(before, name=name, settings=_settings(expected), sandbox=sandbox)
    compared = {"rung", "outcome", "kind", "file", "line", "limit", "exit_status", "exception", "missing"}
    wanted = {key: value for key, value in expected.items() if key in compared}
    assert _seen(verdict, wanted) == wanted, verdict.model_dump_json(indent=1)
    failure = verdict.failure
    assert expected.get("message", "") in (failure.message if failure else "")
    assert expected.get("what") in (None, *(one.what for one in verdict.missing))
    found = {f"{one.tool} {one.code}" for one in verdict.findings if one.severity == "fatal"}
    assert set(expected.get("fatal", ())) <= found
    assert set(expected.get("codes", ())) <= {one.code for one in verdict.findings if one.tool == "parse"}
    assert set(expected.get("notes", ())) <= set(verdict.notes)
    assert set(expected.get("refused", ())) <= {one.name for one in verdict.refused}
    assert verdict.verified == (expected["outcome"] in ("passed", "survived") and Rung[expected["rung"]] >= Rung.runs)
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict
    assert verdict.summary


def test_there_are_enough_of_them() -> None:
    assert len(NAMES) >= 15
