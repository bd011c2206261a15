"""What quick runs say is tried, never accepted: the verdicts that decide are plain, and a difference is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import Mock

import pytest

import p2c.repair.sandboxed
from p2c.model.fake import ScriptedModel
from p2c.model.types import Message
from p2c.repair.cache import CachedVerify, Wanted
from p2c.repair.edits import render
from p2c.repair.loop import repair_repository
from p2c.repair.result import RepairResult
from p2c.repair.sandboxed import verify_in
from p2c.repair.settings import RepairSettings
from p2c.run.journal import Event, Journal
from p2c.types import Ending
from sandbox.controller import Sandbox
from sandbox.settings import Settings
from sandbox.tree import Tree
from sandbox.verdict import Environment, Failure, Outcome, Rung, Step, Verdict

Verify = Callable[[Tree, Rung], Verdict]

BROKEN = Tree({"main.py": b"x = 1\nprint(y)\n"})
RIGHT = render("main.py", ["print(y)"], ["print(x)"])
WRONG = render("main.py", ["x = 1"], ["x = 2"])
ENVIRONMENT = Environment(key="k", python="3.11", lock="", seconds=0.0, reused=True)


class Kinds:
    """A plain and a quick verify of the same programs; what either says of those that run may be bent."""

    def __init__(self, verify: Verify) -> None:
        self._verify = verify
        self.asked: list[tuple[str, Rung]] = []
        self.bend_plain: Callable[[Verdict, Rung], Verdict] = lambda verdict, _until: verdict
        self.bend_quick: Callable[[Verdict, Rung], Verdict] = lambda verdict, _until: verdict

    def plain(self, tree: Tree, until: Rung) -> Verdict:
        self.asked.append(("plain", until))
        return self._said(tree, until, self.bend_plain)

    def quick(self, tree: Tree, until: Rung, _wanted: Wanted | None) -> Verdict:
        self.asked.append(("quick", until))
        return self._said(tree, until, self.bend_quick)

    def _said(self, tree: Tree, until: Rung, bend: Callable[[Verdict, Rung], Verdict]) -> Verdict:
        verdict = self._verify(tree, until).model_copy(update={"environment": ENVIRONMENT})
        return bend(verdict, until) if verdict.verified else verdict


@pytest.fixture
def kinds(verify: Verify) -> Kinds:
    return Kinds(verify)


def fails(verdict: Verdict, _until: Rung = Rung.runs) -> Verdict:
    failure = Failure(step="smoke", kind="exception", exception="OddError", message="odd", signature="odd")
    return verdict.model_copy(
        update={"rung": Rung.starts, "outcome": Outcome.failed, "summary": "it is odd", "failure": failure}
    )


def no_replay(verdict: Verdict, until: Rung) -> Verdict:
    lost = {"rung": Rung.runs, "outcome": Outcome.infrastructure, "summary": "no disk"}
    return verdict.model_copy(update=lost) if until is Rung.replays else verdict


def repaired(kinds: Kinds, *replies: str, verdicts: Path | None = None) -> tuple[RepairResult, list[str]]:
    """The result, and what the journal noted of a difference."""
    left, events = list(replies), list[Event]()

    def script(step: str, messages: Sequence[Message]) -> str:
        return left.pop(0)

    result = repair_repository(
        BROKEN,
        verify=kinds.plain,
        quick=kinds.quick,
        model=ScriptedModel(script),
        settings=RepairSettings(max_attempts=len(replies)),
        journal=Journal(None, (events.append,)),
        verdicts=verdicts,
    )
    noted = [str(event["message"]) for event in events if event["event"] == "note"]
    return result, [note for note in noted if "imported beforehand" in note]


def test_attempts_are_quick_and_the_replay_is_plain(kinds: Kinds) -> None:
    result, notes = repaired(kinds, RIGHT)
    assert result.ending is Ending.verified
    assert kinds.asked == [("plain", Rung.replays), ("quick", Rung.runs), ("plain", Rung.replays)]
    assert notes == []


def test_where_the_replay_cannot_be_made_a_plain_run_decides(kinds: Kinds) -> None:
    kinds.bend_plain = no_replay
    result, _ = repaired(kinds, RIGHT)
    assert result.ending is Ending.verified
    assert "The replay could not be made: no disk" in result.reason
    assert kinds.asked[-1] == ("plain", Rung.runs)


def test_where_the_replay_cannot_be_made_and_the_plain_run_fails_nothing_is_verified(kinds: Kinds) -> None:
    kinds.bend_plain = lambda verdict, until: (no_replay if until is Rung.replays else fails)(verdict, until)
    result, _ = repaired(kinds, RIGHT)
    assert result.ending is Ending.budget
    assert result.verdict.failure is not None
    assert result.verdict.failure.signature == "odd"


def test_where_no_plain_run_can_be_made_at_all_nothing_is_verified(kinds: Kinds) -> None:
    kinds.bend_plain = lambda verdict, _until: no_replay(verdict, Rung.replays)
    result, _ = repaired(kinds, RIGHT)
    assert (result.ending, result.reason) == (Ending.infrastructure, "no disk")


def test_a_reduced_repair_below_the_replay_is_accepted_by_a_plain_run_only(kinds: Kinds) -> None:
    kinds.bend_plain = no_replay
    result, _ = repaired(kinds, RIGHT + render("extra.py", [], ["unused = 1"]))
    assert set(result.tree.files) == {"main.py"}
    assert kinds.asked[-1] == ("plain", Rung.runs)
    assert kinds.asked[-2] == ("quick", Rung.runs), "what is tried on the way is quick"


def test_a_repair_that_runs_only_where_modules_are_imported_beforehand_is_said_and_ends_the_quick_runs(
    kinds: Kinds, tmp_path: Path
) -> None:
    kinds.bend_plain = fails
    result, notes = repaired(kinds, RIGHT, WRONG, verdicts=tmp_path)
    assert not result.verdict.verified
    assert len(notes) == 1
    assert "with modules imported beforehand it ended otherwise (passed: it runs) than without (failed)" in notes[0]
    assert notes[0] in result.verdict.notes
    assert [kind for kind, _ in kinds.asked] == ["plain", "quick", "plain", "plain"]
    again, _ = repaired(kinds, RIGHT, WRONG, verdicts=tmp_path)
    assert len(kinds.asked) == 4, "an interrupted repair goes the same way"
    assert [one.reason for one in again.attempts] == [one.reason for one in result.attempts]


def test_an_edit_is_not_taken_back_for_a_failure_that_only_a_quick_run_has(kinds: Kinds) -> None:
    def earlier(verdict: Verdict, _until: Rung) -> Verdict:
        return fails(verdict).model_copy(update={"rung": Rung.installs})

    kinds.bend_quick = earlier
    result, notes = repaired(kinds, RIGHT)
    assert result.ending is Ending.verified
    assert [attempt.accepted for attempt in result.attempts] == [True]
    assert "(failed: it is odd) than without (passed)" in notes[0]
    assert kinds.asked[1:3] == [("quick", Rung.runs), ("plain", Rung.runs)]


def test_an_edit_that_leaves_the_failure_is_taken_back_without_another_run(kinds: Kinds) -> None:
    repaired(kinds, WRONG)
    assert kinds.asked == [("plain", Rung.replays), ("quick", Rung.runs)]


def test_a_repair_does_not_end_with_a_failure_that_only_a_quick_run_has(kinds: Kinds) -> None:
    kinds.bend_quick = fails  # another failure, later: the edit is kept, and the failure is not mended
    result, notes = repaired(kinds, RIGHT)
    assert result.ending is Ending.verified
    assert result.verdict.rung is Rung.replays
    assert len(notes) == 1


def test_findings_that_nobody_wanted_are_made_when_they_are_wanted(kinds: Kinds, tmp_path: Path) -> None:
    asked: list[bool] = []

    def quick(tree: Tree, until: Rung, wanted: Wanted | None) -> Verdict:
        verdict = fails(kinds.quick(tree, until, wanted))
        asked.append(wanted is None or wanted(verdict))
        step = Step(name="static", state="ok" if asked[-1] else "skipped")
        return verdict.model_copy(update={"steps": (step,)})

    def static(wanted: Wanted | None) -> str:
        checked = CachedVerify(kinds.plain, Journal(None), tmp_path, "", quick)
        return checked(BROKEN, Rung.runs, "an edit", wanted=wanted).steps[-1].state

    assert [static(lambda _: False), static(lambda _: False), static(lambda _: True), static(None)] == [
        "skipped", "skipped", "ok", "ok",
    ]  # fmt: skip
    assert asked == [False, True]


def test_the_findings_of_an_edit_that_is_taken_back_are_not_waited_for(kinds: Kinds) -> None:
    kept: list[bool] = []

    def quick(tree: Tree, until: Rung, wanted: Wanted | None) -> Verdict:
        verdict = kinds.quick(tree, until, wanted)
        kept.append(wanted is not None and wanted(verdict))
        return verdict

    left = [WRONG, RIGHT]
    model = ScriptedModel(lambda _step, _messages: left.pop(0))
    settings = RepairSettings(max_attempts=2)
    repair_repository(BROKEN, verify=kinds.plain, quick=quick, model=model, settings=settings, journal=Journal(None))
    assert kept == [False, True]


def test_a_plain_verdict_is_one_without_imports_beforehand_whatever_the_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Settings] = []
    monkeypatch.setattr(p2c.repair.sandboxed, "verify", lambda _tree, *, settings, **_: seen.append(settings))
    plain, quick = verify_in(Mock(spec=Sandbox, at_once=1), Settings(warm_imports=True), "r", "/r", Journal(None))
    for until in (Rung.runs, Rung.replays):
        plain(BROKEN, until)
    quick(BROKEN, Rung.runs, None)
    assert [(one.warm_imports, one.intermediate) for one in seen] == [(False, False), (False, False), (True, True)]
