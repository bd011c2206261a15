"""Chains, budgets and ends: what was reached is kept, whenever it ends, and nothing is run or paid for twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from p2c.model.chat import ChatModel
from p2c.model.exchanges import Exchanges
from p2c.model.fake import ScriptedModel
from p2c.model.source import Call, Request
from p2c.model.types import Model
from p2c.repair.edits import render
from p2c.repair.endings import Budget, End, end_by
from p2c.repair.loop import repair_repository
from p2c.repair.result import RepairResult
from p2c.repair.settings import RepairSettings
from p2c.run.history import History
from p2c.run.journal import Journal
from p2c.run.replay import ReplayedHistory
from p2c.types import Ending, Usage
from sandbox.tree import Tree
from sandbox.verdict import Failure, Finding, Missing, Outcome, Rung, Verdict

Verify = Callable[[Tree, Rung], Verdict]

FIVE = Tree({"main.py": "".join(f"value_{n} = {n}\nprint(valeu_{n})\n" for n in range(1, 6)).encode()})
EDITS = [render("main.py", [f"print(valeu_{n})"], [f"print(value_{n})"]) for n in range(1, 6)]


def in_order(replies: Sequence[str]) -> ScriptedModel:
    left = list(replies)
    return ScriptedModel(lambda _step, _messages: left.pop(0))


def repaired(
    tree: Tree,
    verify: Verify,
    model: Model | None,
    settings: RepairSettings | None = None,
    verdicts: Path | None = None,
) -> RepairResult:
    settings = settings or RepairSettings()
    return repair_repository(
        tree, verify=verify, model=model, settings=settings, journal=Journal(None), verdicts=verdicts
    )


def test_a_chain_of_five_failures_is_mended_each_with_its_own_attempts(verify: Verify) -> None:
    replies = [EDITS[0], "I am not sure.", "Nor am I.", *EDITS[1:]]
    result = repaired(FIVE, verify, in_order(replies))
    assert result.ending is Ending.verified
    assert [one.accepted for one in result.attempts] == [True, False, True, True, True, True]
    assert len({one.signature for one in result.attempts}) == 5
    assert result.lines.reduced.total == 5


def test_where_the_attempts_are_used_up_the_state_and_its_figures_are_those_of_what_was_reached(
    verify: Verify,
) -> None:
    result = repaired(FIVE, verify, in_order(EDITS), RepairSettings(max_attempts=3))
    assert result.ending is Ending.budget
    assert result.reason.startswith("--max-attempts 3 is used up at: NameError: name 'valeu_4' is not defined")
    assert b"print(value_3)" in result.tree.files["main.py"]
    assert result.lines.net.total == result.lines.reduced.total == 3
    assert result.verdict.tree == result.tree.digest()


def test_an_attempt_at_nothing_is_never_asked_for(verify: Verify) -> None:
    result = repaired(FIVE, verify, in_order([]), RepairSettings(max_attempts=0))
    assert result.ending is Ending.budget
    assert "with a --max-attempts above 0" in result.reason


def test_minutes_end_the_attempts_and_say_so() -> None:
    now = [0.0]
    budget = Budget(RepairSettings(max_minutes=2), clock=lambda: now[0])
    assert budget.attempts(0, "it fails") == 1
    now[0] = 121.0
    with pytest.raises(End, match="--max-minutes 2 are over at: it fails"):
        budget.attempts(0, "it fails")


def test_minutes_that_are_over_end_the_reduction_as_well_but_not_the_replay(
    verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = [False]
    monkeypatch.setattr(Budget, "is_over", property(lambda _self: over[0]))
    runs: list[Rung] = []

    def counted(tree: Tree, until: Rung) -> Verdict:
        runs.append(until)
        verdict = verify(tree, until)
        over[0] = over[0] or verdict.verified  # the time is over with the first run that passes
        return verdict

    tree = Tree({"main.py": b"a = 1\nb = 2\nc = 3\nprint(d)\n"})
    wide = render("main.py", ["a = 1"], ["a = 10"]) + render("main.py", ["print(d)"], ["print(c)"])
    result = repaired(tree, counted, in_order([wide]), RepairSettings(max_minutes=60))
    assert result.ending is Ending.verified
    assert runs == [Rung.replays, Rung.runs, Rung.replays], "as it came, the attempt, its replay; no reduction"
    assert not result.reduction.minimal
    assert result.reduction.unfinished == "the time of the run was over"
    assert result.lines.reduced.total == 2


def test_a_run_that_passes_only_sometimes_is_reported_as_flaky_and_nobody_is_asked_to_mend_it() -> None:
    said = "it passed once and failed when it was replayed"
    failure = Failure(step="replay", kind="flaky", message=said, signature="flaky | x")

    def flaky(tree: Tree, until: Rung) -> Verdict:
        return Verdict(
            repository="r", tree=tree.digest(), rung=Rung.runs, outcome=Outcome.failed, failure=failure,
            summary=f"`python main.py` is flaky: {said}.",
        )  # fmt: skip

    result = repaired(FIVE, flaky, in_order([]))
    assert result.ending is Ending.stalled
    assert "is flaky" in result.reason
    assert result.attempts == ()


def failing_once(of: Verify, times: int = 1) -> Verify:
    """`of`, where the first runs of any tree end by chance with an error in a file that it has."""
    failure = Failure(
        step="smoke", kind="exception", exception="ConnectionError", message="try again", signature="by chance",
        file="main.py", line=1,
    )  # fmt: skip
    left = [failure] * times

    def verify(tree: Tree, until: Rung) -> Verdict:
        verdict = of(tree, until)
        if not left:
            return verdict
        now = {"failure": left.pop(), "outcome": Outcome.failed, "rung": Rung.starts, "summary": "it fails"}
        return verdict.model_copy(update=now)

    return verify


def test_a_failure_by_chance_is_reported_as_flaky_and_no_line_as_its_repair(verify: Verify) -> None:
    runs = Tree({"main.py": b"x = 1\nprint(x)\n"})
    edit = render("main.py", ["x = 1"], ["x = 2"])
    result = repaired(runs, failing_once(verify), in_order([edit]))
    assert result.ending is Ending.verified
    assert result.verdict.verified
    assert "It is flaky: ConnectionError: try again" in result.reason
    assert result.tree == runs
    assert (result.lines.net.total, result.lines.gross.total, result.lines.reduced.total) == (0, 1, 0)
    reduced = result.reduction
    assert (reduced.before, reduced.after, reduced.minimal, result.reduction_runs) == (1, 0, True, 1)


def test_a_failure_by_chance_on_the_way_leaves_the_lines_of_what_was_broken(verify: Verify) -> None:
    runs = Tree({"main.py": b"x = 1\nprint(x / 0)\nprint('end')\n"})
    edits = [render("main.py", ["x = 1"], ["x = 2"]), render("main.py", ["print(x / 0)"], ["print(x)"])]
    result = repaired(runs, failing_once(verify), in_order(edits))
    assert result.ending is Ending.verified
    assert result.tree.files["main.py"] == b"x = 1\nprint(x)\nprint('end')\n"
    assert result.lines.reduced.total == 1


def test_a_failure_that_comes_again_is_run_once_more_and_no_oftener(verify: Verify, tmp_path: Path) -> None:
    broken = Tree({"main.py": b"x = 0\nprint(1 / x)\n"})
    seen: list[str] = []

    def counted(tree: Tree, until: Rung) -> Verdict:
        seen.append(tree.digest())
        return verify(tree, until)

    edit = render("main.py", ["x = 0"], ["x = 1"])
    for _ in range(2):
        result = repaired(broken, counted, in_order([edit]), verdicts=tmp_path / "verdicts")
        assert result.ending is Ending.verified
        assert "flaky" not in result.reason
        assert result.lines.reduced.total == 1
    assert seen.count(broken.digest()) == 2, "as it came, and once more when it was repaired"


def test_a_name_that_is_not_defined_is_never_chance(verify: Verify) -> None:
    seen: list[str] = []

    def counted(tree: Tree, until: Rung) -> Verdict:
        seen.append(tree.digest())
        return verify(tree, until)

    broken = Tree({"main.py": b"x = 0\nprint(y)\n"})
    repaired(broken, counted, in_order([render("main.py", ["print(y)"], ["print(x)"])]))
    assert seen.count(broken.digest()) == 1


class Killed(BaseException):
    """The process was killed."""


class Endpoint:
    """A source that answers the first of each turn's calls with what mends, the other with what does not."""

    model, recorded = "stub", False

    def __init__(self, dies_at: int, candidates: int, asked: list[str]) -> None:
        self._left = dies_at
        self._candidates = candidates
        self.asked = asked

    def complete(self, request: Request, call: Call) -> str:
        call.under_way()
        self._left -= 1
        if self._left == 0:
            raise Killed
        self.asked.append(request.step)
        call.paid(Usage(calls=1, prompt_tokens=10, reply_tokens=10, cost_usd=0.01))
        turn, is_second = divmod(int(request.step.removeprefix("debug/")) - 1, self._candidates)
        if is_second:
            return render("main.py", [f"value_{turn + 1} = {turn + 1}"], [f"value_{turn + 1} = {turn + 1}0"])
        return EDITS[turn]

    def close(self) -> None:
        pass


@pytest.mark.parametrize("candidates", [1, 2])
def test_killed_at_any_run_and_any_call_it_goes_on_to_the_same_end_and_repeats_neither(
    verify: Verify, tmp_path: Path, candidates: int
) -> None:
    known: dict[str, Verdict] = {}
    runs: list[tuple[str, Rung]] = []
    asked: list[str] = []

    def once(dies_at_run: int, dies_at_call: int, folder: Path) -> RepairResult:
        left = [dies_at_run]

        def dying(tree: Tree, until: Rung) -> Verdict:
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            runs.append((tree.digest(), until))
            if tree.digest() not in known:
                known[tree.digest()] = verify(tree, Rung.replays)
            verdict = known[tree.digest()]
            return verdict.model_copy(update={"rung": min(verdict.rung, until)}) if verdict.verified else verdict

        journal = Journal(None)
        history = ReplayedHistory(History.create(folder / "repository"), journal)
        history.commit(FIVE, "The repository as it came")
        source = Endpoint(dies_at_call, candidates, asked)
        with ChatModel(source, Exchanges(folder / "exchanges.jsonl"), journal, concurrency=4) as model:
            result = repair_repository(
                FIVE, verify=dying, model=model, history=history, journal=journal, verdicts=folder / "verdicts",
                settings=RepairSettings(candidates=candidates, reduce=False, max_attempts=20),
            )  # fmt: skip
        history.settle(result.tree)
        return result

    whole = once(0, 0, tmp_path / "whole")
    made, paid = sorted(runs), sorted(asked)
    assert whole.ending is Ending.verified
    runs.clear()
    asked.clear()
    folder = tmp_path / "killed"
    result, deaths = None, 0
    while result is None:
        try:
            # It dies at its second run, then at its second call, until there are not as many left.
            result = once(2 * (deaths % 2 == 0), 2 * (deaths % 2), folder)
        except Killed:
            deaths += 1
    assert deaths >= 3
    assert result.tree == whole.tree
    assert result.lines == whole.lines
    assert [one.accepted for one in result.attempts] == [one.accepted for one in whole.attempts]
    assert sorted(runs) == made
    assert sorted(asked) == paid
    log = [commit.subject for commit in History.create(folder / "repository").log()]
    assert log == [commit.subject for commit in History.create(tmp_path / "whole/repository").log()]


def test_where_it_is_blocked_the_reason_names_the_lines_that_would_fail_besides() -> None:
    said = "It needs what the sandbox withholds: torchvision (package); it cannot be installed here."
    fatal = Finding(
        tool="mypy", code="attr-defined", file="loader.py", line=39, severity="fatal",
        message='Module "utils" has no attribute "inject"',
    )  # fmt: skip
    ran, advice = (fatal.model_copy(update=one) for one in ({"refuted": True}, {"severity": "advice"}))
    verdict = Verdict(
        repository="r", tree="t", rung=Rung.installs, outcome=Outcome.blocked, summary=said,
        missing=(Missing(kind="package", what="torchvision", evidence=""),), findings=(ran, advice),
    )  # fmt: skip

    def reason(*findings: Finding) -> str:
        end = end_by(verdict.model_copy(update={"findings": findings}), RepairSettings(), plan=None)
        assert end is not None
        return end.reason

    assert reason(ran, advice) == said
    assert reason(ran, fatal, advice) == (
        f"{said} Besides, 1 line would fail once that is there; not mended, since no run can show here whether an "
        'edit is right: loader.py:39: Module "utils" has no attribute "inject"'
    )
    assert reason(*[fatal] * 7).endswith("; and 2 more")


@pytest.mark.parametrize("summary", ["It did nothing; say what to run with --smoke COMMAND.", "It wrote no metrics."])
def test_what_to_do_about_a_run_that_did_nothing_is_said_once(summary: str) -> None:
    verdict = Verdict(repository="r", tree="t", rung=Rung.starts, outcome=Outcome.vacuous, summary=summary)
    end = end_by(verdict, RepairSettings(), plan=None)
    assert end is not None
    assert end.reason.count("--smoke") == 1
