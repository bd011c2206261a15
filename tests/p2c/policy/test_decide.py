"""The policy, case by case: what passes, what fails, and what is said."""

import pytest

from p2c.policy import FailOn, Policy, decide, problems
from p2c.policy.baseline import MOST_ADVICE
from sandbox.ladder.findings import MAX_ADVICE
from sandbox.verdict import Failure, Finding, Missing, Outcome, Refused, Rung, Verdict

FATAL = Finding(tool="ruff", code="F821", file="a.py", line=3, message="Undefined name `z`", severity="fatal", text="z")
ADVICE = FATAL.model_copy(update={"code": "F401", "severity": "advice", "text": "import os"})
REFUTED = FATAL.model_copy(update={"refuted": True})


def verdict(rung="replays", outcome="passed", *, findings=(), kind=None, signature="s", **more):
    failure = Failure(step="smoke", kind=kind, message="m", signature=signature) if kind else None
    return Verdict(
        repository="r", tree="t", rung=Rung[rung], outcome=Outcome(outcome), summary="s", findings=findings,
        failure=failure, **more,
    )  # fmt: skip


GOOD = verdict()
CRASHED = verdict("starts", "failed", kind="exception")
PREDICTED = verdict("replays", "failed", findings=(FATAL,), kind="static")


@pytest.mark.parametrize(
    ("found", "policy", "status", "said"),
    [
        (GOOD, Policy(), 0, "verified, rung 5 (replays) reached"),
        (verdict("runs", "survived"), Policy(), 0, "verified, rung 4 (runs) reached"),
        (verdict("imports", "passed"), Policy(), 1, "passed, rung 2 (imports) reached"),
        (CRASHED, Policy(), 1, "failed, rung 3 (starts) reached"),
        (verdict("none", "failed", kind="syntax"), Policy(), 1, "failed, no rung reached"),
        (verdict("starts", "vacuous", kind="vacuous"), Policy(), 1, "vacuous"),
        (verdict("runs", "failed", kind="flaky"), Policy(), 1, "failed, rung 4 (runs) reached"),
        (verdict("none", "infrastructure"), Policy(), 3, "says nothing about the code"),
        (verdict("replays", "infrastructure"), Policy(min_rung=Rung.parses, fail_on=FailOn.never), 3, "itself failed"),
        # enough is a rung
        (CRASHED, Policy(min_rung=Rung.imports), 0, "rung 3 (starts) reached; imports was asked for"),
        (CRASHED, Policy(min_rung=Rung.starts), 0, "starts was asked for"),
        (CRASHED, Policy(min_rung=Rung.runs), 1, "rung 3 (starts) reached; runs is asked for"),
        (verdict("runs"), Policy(min_rung=Rung.replays), 1, "replays is asked for"),
        (verdict("imports", "blocked", findings=(FATAL,), kind="exit"), Policy(min_rung=Rung.imports), 1, "1 fatal"),
        # findings
        (PREDICTED, Policy(), 1, "1 fatal finding"),
        (PREDICTED, Policy(fail_on=FailOn.never), 0, "rung 5 (replays) reached"),
        (CRASHED, Policy(fail_on=FailOn.never), 1, "rung 3 (starts)"),
        (verdict(findings=(ADVICE,)), Policy(), 0, "verified"),
        (verdict(findings=(ADVICE, REFUTED)), Policy(fail_on=FailOn.advice), 1, "2 findings of advice"),
        (verdict(findings=(REFUTED,)), Policy(), 0, "verified"),
        (verdict(), Policy(fail_on=FailOn.advice), 0, "verified"),
        (verdict("starts", "failed", findings=(ADVICE,), kind="exit"),
         Policy(min_rung=Rung.starts, fail_on=FailOn.advice), 1, "1 finding of advice"),
    ],
)  # fmt: skip
def test_the_usual_policy(found, policy, status, said):
    decision = decide(found, policy)
    assert decision.exit_status == status
    assert said in decision.reason
    assert "\n" not in decision.reason


@pytest.mark.parametrize("rung", list(Rung))
@pytest.mark.parametrize("outcome", list(Outcome))
def test_without_options_the_exit_status_is_the_verdict_s(rung, outcome):
    found = verdict(rung.name, outcome.value)
    expected = 3 if outcome is Outcome.infrastructure else 0 if found.verified else 1
    assert decide(found, Policy()).exit_status == expected


def test_a_failure_that_stands_for_its_findings_is_listed_once():
    assert [one.rule for one in problems(PREDICTED)] == ["ruff/F821"]
    assert [one.rule for one in problems(verdict("none", "failed", kind="static"))] == ["failure/static"]


def test_problems_come_worst_first_and_what_is_missing_is_a_note():
    found = verdict(
        "imports", "blocked", kind="exception", findings=(ADVICE, FATAL),
        missing=(Missing(kind="gpu", what="a GPU", evidence=""),),
        refused=(Refused(name="x", reason="little known"), Refused(name="y", reason="guarded", optional=True)),
    )  # fmt: skip
    seen = [(one.level, one.rule) for one in problems(found)]
    assert seen == [
        ("error", "ruff/F821"), ("warning", "failure/exception"), ("warning", "refused/package"),
        ("warning", "ruff/F401"), ("note", "missing/gpu"),
    ]  # fmt: skip
    assert problems(verdict("parses", "infrastructure", findings=(FATAL,))) == ()


def against(before, now, **policy):
    return decide(now, Policy(baseline=before, **policy))


def test_what_the_baseline_has_passes_and_is_counted():
    decision = against(CRASHED, CRASHED)
    assert decision.exit_status == 0
    assert decision.reason == "nothing is new against the baseline (1 known, 0 fixed)"


def test_a_new_failure_is_new_even_further_up():
    further = verdict("runs", "failed", kind="exception", signature="other")
    decision = against(CRASHED, further)
    assert (decision.exit_status, len(decision.new), len(decision.fixed)) == (1, 1, 1)
    assert "1 problem not in the baseline" in decision.reason


def test_a_lower_rung_and_a_worse_outcome_are_new_with_the_same_failure():
    lower = verdict("imports", "failed", kind="exception")
    assert "it was starts" in against(CRASHED, lower).new[0]
    worse = verdict("starts", "failed", kind="exception")
    blocked = verdict("starts", "blocked", kind="exception")
    assert against(blocked, worse).exit_status == 1
    assert against(worse, blocked).exit_status == 0


def test_findings_are_the_same_when_their_lines_move_and_new_when_there_are_more():
    before = verdict("starts", "failed", findings=(FATAL,), kind="exception")
    moved = before.model_copy(update={"findings": (FATAL.model_copy(update={"line": 90, "column": 7}),)})
    assert against(before, moved).exit_status == 0
    twice = before.model_copy(update={"findings": (FATAL, FATAL.model_copy(update={"line": 9}))})
    assert against(before, twice).new == ("a.py:9: Undefined name `z` [ruff/F821]",)
    other = before.model_copy(update={"findings": (FATAL.model_copy(update={"text": "return z"}),)})
    decision = against(before, other)
    assert (decision.exit_status, len(decision.new), len(decision.known), len(decision.fixed)) == (1, 1, 1, 1)


def test_new_advice_is_new_only_where_advice_fails():
    now = verdict(findings=(ADVICE,))
    assert against(GOOD, now).exit_status == 0
    assert against(GOOD, now, fail_on=FailOn.advice).exit_status == 1
    assert against(now, now, fail_on=FailOn.advice).exit_status == 0


def test_fatal_findings_are_no_matter_where_none_fails():
    now = verdict("replays", "passed", findings=(FATAL,))
    assert against(GOOD, now, fail_on=FailOn.never).exit_status == 0
    assert against(GOOD, now).exit_status == 1


def test_a_baseline_and_a_rung_must_both_hold():
    assert against(CRASHED, CRASHED, min_rung=Rung.starts).exit_status == 0
    assert "runs is asked for" in against(CRASHED, CRASHED, min_rung=Rung.runs).reason


@pytest.mark.parametrize("above", [
    verdict("runs", "failed", kind="exception", signature="other"),
    verdict("imports", "blocked", kind="exception", signature="other",
            missing=(Missing(kind="gpu", what="a GPU", evidence=""),)),
])  # fmt: skip
def test_with_a_baseline_and_a_rung_a_new_failure_above_the_rung_is_no_matter(above):
    assert against(GOOD, above).exit_status == 1
    decision = against(GOOD, above, min_rung=Rung.imports)
    assert (decision.exit_status, decision.new) == (0, ())
    assert against(CRASHED, above, min_rung=Rung.imports).fixed, "what was mended is still told"


def test_with_a_baseline_and_a_rung_what_is_below_the_rung_or_a_new_finding_still_fails():
    below = verdict("parses", "failed", kind="exception", signature="other")
    decision = against(CRASHED, below, min_rung=Rung.imports)
    assert decision.exit_status == 1
    assert len(decision.new) == 2
    found = CRASHED.model_copy(update={"findings": (FATAL,)})
    assert against(CRASHED, found, min_rung=Rung.imports).exit_status == 1
    assert against(CRASHED, found, min_rung=Rung.imports, fail_on=FailOn.never).exit_status == 0


def test_what_is_missing_counts_only_where_it_does_not_run():
    need = (Missing(kind="package", what="apex", evidence=""),)
    assert against(GOOD, verdict(missing=need)).exit_status == 0
    assert against(CRASHED, CRASHED.model_copy(update={"missing": need})).exit_status == 1


def test_advice_that_the_baseline_had_no_room_for_is_not_called_new():
    assert MOST_ADVICE == MAX_ADVICE
    many = [ADVICE.model_copy(update={"text": f"import m{n}"}) for n in range(MOST_ADVICE + 1)]
    before, now = verdict(findings=tuple(many[:-1])), verdict(findings=tuple(many[1:]))
    decision = against(before, now, fail_on=FailOn.advice)
    assert decision.exit_status == 0
    assert "advice of ruff beyond the baseline's first 50 not compared" in decision.reason
    crash = verdict(findings=(*many[1:], FATAL))
    assert against(before, crash, fail_on=FailOn.advice).exit_status == 1
