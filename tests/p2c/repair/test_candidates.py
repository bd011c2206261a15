"""Several edits at once: each is tried, the one that gets furthest with the fewest lines is kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from p2c.errors import BudgetExceeded, ModelError
from p2c.model.chat import ChatModel
from p2c.model.exchanges import Exchanges
from p2c.model.fake import ScriptedModel
from p2c.model.source import Call, Request
from p2c.model.types import Message, Model
from p2c.repair.edits import render
from p2c.repair.loop import repair_repository
from p2c.repair.progress import Seen
from p2c.repair.rank import Runner, furthest
from p2c.repair.result import RepairResult
from p2c.repair.settings import RepairSettings
from p2c.run.journal import Event, Journal
from p2c.types import Ending, Usage
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Rung, Verdict

Verify = Callable[[Tree, Rung], Verdict]

BROKEN = Tree({"main.py": b"x = 1\nprint(y)\nprint(z)\n"})
WRONG = render("main.py", ["x = 1"], ["x = 2"])
FIRST = render("main.py", ["print(y)"], ["print(x)"])
LONG = render("main.py", ["print(y)", "print(z)"], ["w = x", "v = w", "print(w)", "print(v)"])
SHORT = render("main.py", ["print(y)", "print(z)"], ["print(x)", "print(x)"])
HIDES = render("main.py", ["print(y)", "print(z)"], ["try:", "    print(y)", "except Exception:", "    pass"])
THREE = RepairSettings(candidates=3, reduce=False)


def by_step(replies: Mapping[str, str]) -> ScriptedModel:
    return ScriptedModel({step: [text] for step, text in replies.items()})


def repaired(
    tree: Tree,
    verify: Verify,
    model: Model,
    settings: RepairSettings = THREE,
    *,
    verdicts: Path | None = None,
    events: list[Event] | None = None,
) -> RepairResult:
    listeners = (events.append,) if events is not None else ()
    journal = Journal(None, listeners)
    return repair_repository(tree, verify=verify, model=model, settings=settings, journal=journal, verdicts=verdicts)


def outcomes(result: RepairResult) -> list[tuple[int, int, bool]]:
    return [(one.candidate, one.candidates, one.accepted) for one in result.attempts]


def test_the_one_that_runs_with_the_fewest_lines_is_kept_and_the_others_are_said(verify: Verify) -> None:
    events: list[Event] = []
    result = repaired(
        BROKEN, verify, by_step({"debug/1": LONG, "debug/2": SHORT, "debug/3": FIRST}), events=events
    )  # fmt: skip
    assert result.ending is Ending.verified
    assert result.tree.files["main.py"] == b"x = 1\nprint(x)\nprint(x)\n"
    assert outcomes(result) == [(1, 3, False), (3, 3, False), (2, 3, True)]
    assert [one.reason.rpartition("; ")[2] for one in result.attempts[:2]] == [
        "but attempt 2, made at the same time, is kept: fewer lines",
        "but attempt 2, made at the same time, is kept: it runs",
    ]
    begun = [event for event in events if event["event"] == "attempt_started"]
    assert [(event["candidate"], event["candidates"]) for event in begun] == [(1, 3), (2, 3), (3, 3)]
    assert result.lines.net.total == 2


def test_the_first_prompt_is_that_of_a_repair_with_one_and_the_others_differ_at_its_end_only(verify: Verify) -> None:
    alone, three = by_step({"debug/1": SHORT}), by_step({"debug/1": SHORT, "debug/2": SHORT, "debug/3": SHORT})
    repaired(BROKEN, verify, alone, RepairSettings())
    repaired(BROKEN, verify, three)
    (_, first), (_, second), (_, third) = sorted(three.asked, key=lambda one: one[0])
    assert first == alone.asked[0][1]
    assert second[-1].content.startswith(first[-1].content)
    assert "This is number 2 of 3" in second[-1].content
    assert "This is number 3 of 3" in third[-1].content
    assert second[:-1] == third[:-1] == first[:-1]


def test_identical_edits_are_tried_once(verify: Verify) -> None:
    runs: list[str] = []

    def counted(tree: Tree, until: Rung) -> Verdict:
        runs.append(tree.digest())
        return verify(tree, until)

    result = repaired(BROKEN, counted, by_step({"debug/1": SHORT, "debug/2": SHORT, "debug/3": SHORT}))
    assert outcomes(result) == [(2, 3, False), (3, 3, False), (1, 3, True)]
    assert "the very edit of attempt 1" in result.attempts[0].reason
    assert len(runs) == 3, "as it came, mended once, replayed"


@pytest.mark.parametrize("slow", [1, 2, 3])
def test_whichever_is_ready_first_the_same_one_is_kept(verify: Verify, slow: int) -> None:
    edits = {1: LONG, 2: SHORT, 3: FIRST}
    slow_tree = {1: b"w = x", 2: b"print(x)\nprint(x)", 3: b"print(x)\nprint(z)"}[slow]

    def delayed(tree: Tree, until: Rung) -> Verdict:
        time.sleep(0.15 * (slow_tree in tree.files["main.py"]))
        return verify(tree, until)

    result = repaired(BROKEN, delayed, by_step({f"debug/{number}": edit for number, edit in edits.items()}))
    assert result.attempts[-1].candidate == 2
    assert result.tree.files["main.py"].count(b"print(x)") == 2


def test_they_are_run_at_the_same_time(verify: Verify) -> None:
    together = threading.Barrier(3)

    def waits(tree: Tree, until: Rung) -> Verdict:
        if until is Rung.runs:
            together.wait(10)  # each of three runs waits until the two others have begun
        return verify(tree, until)

    result = repaired(BROKEN, waits, by_step({"debug/1": LONG, "debug/2": SHORT, "debug/3": FIRST}))
    assert result.ending is Ending.verified


def test_a_refused_an_unanswered_and_a_hopeless_one_spoil_nothing(verify: Verify) -> None:
    def script(step: str, messages: Sequence[Message]) -> str:
        if step == "debug/1":
            raise ModelError("the endpoint failed")
        return {"debug/2": HIDES, "debug/3": "UNREPAIRABLE: it needs a GPU", "debug/4": SHORT}[step]

    events: list[Event] = []
    settings = RepairSettings(candidates=4, reduce=False)
    result = repaired(BROKEN, verify, ScriptedModel(script), settings, events=events)
    assert result.ending is Ending.verified
    assert outcomes(result) == [(3, 4, False), (2, 4, False), (4, 4, True)]
    assert "swallows every error" in result.attempts[1].reason
    ends = [event for event in events if event["event"] == "attempt_finished"]
    assert ends[0]["reason"] == "it was not made: the endpoint failed"


def test_where_no_call_is_answered_the_error_goes_on(verify: Verify) -> None:
    def script(step: str, messages: Sequence[Message]) -> str:
        raise ModelError("the endpoint failed")

    with pytest.raises(ModelError, match="the endpoint failed"):
        repaired(BROKEN, verify, ScriptedModel(script))


def test_a_sandbox_that_fails_in_one_trial_costs_only_that_one(verify: Verify) -> None:
    def lossy(tree: Tree, until: Rung) -> Verdict:
        if b"w = x" in tree.files["main.py"]:
            return Verdict(
                repository="r", tree=tree.digest(), rung=Rung.none, outcome=Outcome.infrastructure, summary="no disk"
            )
        return verify(tree, until)

    result = repaired(BROKEN, lossy, by_step({"debug/1": LONG, "debug/2": SHORT, "debug/3": WRONG}))
    assert result.ending is Ending.verified
    assert outcomes(result) == [(3, 3, False), (2, 3, True)]


def test_each_one_goes_on_in_its_own_conversation_and_a_fresh_one_knows_all_of_them(verify: Verify) -> None:
    wrong = {f"debug/{n}": render("main.py", ["x = 1"], [f"x = {n + 1}"]) for n in range(1, 9)}
    model = by_step(wrong)
    result = repaired(BROKEN, verify, model, RepairSettings(candidates=2))
    asked = dict(model.asked)
    assert [len(asked[f"debug/{n}"]) for n in range(1, 9)] == [2, 2, 4, 4, 2, 2, 4, 4]
    assert wrong["debug/2"] in [message.content for message in asked["debug/4"]]
    for n in range(2, 6):
        assert f"+x = {n}" in asked["debug/5"][-1].content
    assert result.ending is Ending.stalled
    assert "(8 attempts in 2 conversations, which is all that one failure gets)" in result.reason
    assert "--candidates 4" in result.reason


def test_each_edit_is_an_attempt_and_no_more_are_asked_for_than_are_left(verify: Verify) -> None:
    wrong = {f"debug/{n}": render("main.py", ["x = 1"], [f"x = {n + 1}"]) for n in range(1, 5)}
    model = by_step(wrong)
    result = repaired(BROKEN, verify, model, RepairSettings(candidates=3, max_attempts=4))
    assert [step for step, _ in model.asked] == ["debug/1", "debug/2", "debug/3", "debug/4"]
    assert result.ending is Ending.budget
    assert "--max-attempts 8" in result.reason


def test_what_money_is_left_for_is_used(verify: Verify) -> None:
    def script(step: str, messages: Sequence[Message]) -> str:
        if step in ("debug/2", "debug/3"):
            raise BudgetExceeded("--max-cost 0.10 would be passed")
        return SHORT

    result = repaired(BROKEN, verify, ScriptedModel(script))
    assert result.ending is Ending.verified
    assert outcomes(result) == [(1, 3, True)]


class Endpoint:
    """A source that answers by the last line of the prompt, and counts what is asked of it."""

    model, recorded = "stub", False

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    def complete(self, request: Request, call: Call) -> str:
        call.under_way()
        self.asked.append(request.step)
        call.paid(Usage(calls=1, prompt_tokens=10, reply_tokens=10, cost_usd=0.01))
        return self._answers[request.step]

    def close(self) -> None:
        pass


def test_a_repair_that_goes_on_pays_for_no_reply_again_and_keeps_the_same_one(verify: Verify, tmp_path: Path) -> None:
    answers = {"debug/1": LONG, "debug/2": SHORT, "debug/3": FIRST}

    def once() -> tuple[RepairResult, Endpoint]:
        source = Endpoint(answers)
        with ChatModel(source, Exchanges(tmp_path / "exchanges.jsonl"), Journal(None), concurrency=8) as model:
            return repaired(BROKEN, verify, model, verdicts=tmp_path / "verdicts"), source

    first, asked = once()
    assert sorted(asked.asked) == ["debug/1", "debug/2", "debug/3"]
    lines = (tmp_path / "exchanges.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "exchanges.jsonl").write_text("".join(reversed(lines)))  # as if they had come the other way round
    again, asked = once()
    assert asked.asked == []
    assert again.tree == first.tree
    assert again.runs == 0
    assert [one.candidate for one in again.attempts] == [one.candidate for one in first.attempts]


def test_killed_between_two_replies_it_asks_only_for_the_one_that_is_missing(verify: Verify, tmp_path: Path) -> None:
    answers = {"debug/1": LONG, "debug/2": SHORT, "debug/3": FIRST}
    exchanges = tmp_path / "exchanges.jsonl"
    for missing in (False, True):
        source = Endpoint(answers)
        if missing:
            kept = [line for line in exchanges.read_text().splitlines(keepends=True) if '"debug/2"' not in line]
            exchanges.write_text("".join(kept))
        with ChatModel(source, Exchanges(exchanges), Journal(None), concurrency=8) as model:
            result = repaired(BROKEN, verify, model)
    assert source.asked == ["debug/2"]
    assert result.attempts[-1].candidate == 2


def seen(rung: Rung, outcome: Outcome = Outcome.failed) -> Seen:
    tree = Tree({"main.py": b"x = 1\n"})
    return Seen(tree, Verdict(repository="r", tree=tree.digest(), rung=rung, outcome=outcome, summary="s"))


def test_the_order_is_runs_then_rung_then_not_blocked_then_lines_then_number() -> None:
    runs = Runner(9, seen(Rung.runs, Outcome.passed), 50)
    higher = Runner(8, seen(Rung.starts), 40)
    blocked = Runner(1, seen(Rung.imports, Outcome.blocked), 1)
    few = Runner(3, seen(Rung.imports), 2)
    same = Runner(4, seen(Rung.imports), 2)
    many = Runner(2, seen(Rung.imports), 3)
    field = [blocked, many, few, same, higher, runs]
    for winner in (runs, higher, few, same, many, blocked):
        assert furthest(field) is winner
        assert furthest(field[::-1]) is winner
        field.remove(winner)
