"""`p2c sandbox check`: what it lists, prints and writes, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from p2c.cli import main
from sandbox.errors import InfrastructureError
from sandbox.escape import CASES, CONTROLS, CaseResult, CheckReport, ControlResult, State


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["sandbox", "check", *arguments])
    return int(ended.value.code or 0)


def _report(*states: State) -> CheckReport:
    results = tuple(
        CaseResult(f"case_{n}", CONTROLS["network"], "Nothing leaves.", state, 1.2, f"seen {n}\x1b[2J" * bool(n))
        for n, state in enumerate(states)
    )
    return CheckReport("20.10", "runc", "6.1", (ControlResult(CONTROLS["network"], results),), 12.0)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What the suite was asked for; `report` is what it answers."""
    calls: dict[str, Any] = {"report": _report(State.held)}

    def check(cases: object, **options: Any) -> CheckReport:
        calls.update(options, cases=cases)
        report: CheckReport = calls["report"]
        for control in report.controls:
            options["told"](control)
        return report

    monkeypatch.setattr("p2c.cli.sandbox.check", check)
    return calls


def test_the_list_shows_every_case_and_tries_nothing(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--list") == 0
    said = capsys.readouterr().out
    assert all(f"    {case.name}" in said for case in CASES)
    assert "cases" not in asked


def test_a_control_that_holds_is_one_line(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--only", "network", "--runtime", "runsc", "--quick") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "✓ no network, refused at once  1 of 1, 1 s"
    assert (asked["runtime"], asked["brief"]) == ("runsc", True)
    assert {case.control.key for case in asked["cases"]} == {"network"}


def test_what_does_not_hold_is_shown_with_its_reason_and_ends_with_one(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    asked["report"] = _report(State.held, State.unenforceable, State.failed)
    assert _run() == 1
    said = capsys.readouterr().out
    assert "✗ FAILED: no network, refused at once  1 of 3" in said
    assert "not enforceable here case_1: seen 1" in said
    assert "FAILED case_2: Nothing leaves. seen 2" in said
    assert "\x1b[2J" not in said
    assert "1 held, 1 not enforceable here, 1 FAILED of 3 cases" in said


def test_what_cannot_be_enforced_alone_is_no_failure(asked: dict[str, Any]) -> None:
    asked["report"] = _report(State.held, State.unenforceable)
    assert _run() == 0


def test_results_go_to_a_file_or_to_standard_output(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert _run("--json", str(tmp_path / "out.json")) == 0
    capsys.readouterr()
    assert _run("--json", "-") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == json.loads((tmp_path / "out.json").read_text())
    assert "no network" in captured.err


@pytest.mark.parametrize("arguments", [("--only", "nothing_such"), ("--json", "/no/such/folder/x.json")])
def test_what_cannot_be_meant_is_bad_usage(asked: dict[str, Any], arguments: tuple[str, ...]) -> None:
    assert _run(*arguments) == 2
    assert "cases" not in asked


def test_an_engine_that_fails_ends_with_three(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(*_: object, **__: object) -> None:
        raise InfrastructureError("no engine")

    monkeypatch.setattr("p2c.cli.sandbox.check", check)
    assert _run() == 3
