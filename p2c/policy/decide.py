"""The policy: from a verdict to an exit status and its reason. Pure, so that a table of cases tests all of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from p2c.policy.baseline import MOST_ADVICE, Comparison, compare
from p2c.policy.problems import Problem, is_standing, problems
from sandbox.verdict import Decision, Outcome, Rung, Verdict
from sandbox.words import counted


class FailOn(StrEnum):
    """Which static findings fail a repository."""

    advice = "advice"
    """All of them, those that a run refuted included."""
    fatal = "fatal"
    """Those that predict a crash."""
    never = "never"


@dataclass(frozen=True)
class Policy:
    """What a repository must do to pass.

    Attributes:
        min_rung: enough is this rung, whatever ended the ladder above it; None: it must be seen to run.
        fail_on: which static findings fail it.
        baseline: an earlier verdict; only what is new since then fails it. With `min_rung` as well, what ended the
            ladder at that rung or above is no matter, new or not: then only new findings are.
    """

    min_rung: Rung | None = None
    fail_on: FailOn = FailOn.fatal
    baseline: Verdict | None = None


def decide(verdict: Verdict, policy: Policy) -> Decision:
    """What `policy` makes of `verdict`; exit status 3 where the sandbox itself failed."""
    if verdict.outcome is Outcome.infrastructure:
        return Decision(exit_status=3, reason="the sandbox itself failed, which says nothing about the code")
    if policy.baseline is not None:
        return _against(policy.baseline, verdict, policy)
    refusal = _too_low(verdict, policy) or _findings(verdict, policy)
    if refusal:
        return Decision(exit_status=1, reason=refusal)
    asked = f"; {policy.min_rung.name} was asked for" if policy.min_rung is not None else ""
    return Decision(exit_status=0, reason=f"{_came(verdict)}{asked}")


def _against(baseline: Verdict, verdict: Verdict, policy: Policy) -> Decision:
    found = compare(baseline, verdict, lambda one, of: _counts(one, of, policy))
    lower = _too_low(verdict, policy) if policy.min_rung is not None else None
    if policy.min_rung is not None and lower is None:
        found = replace(found, new=tuple(one for one in found.new if one.finding is not None), worse=())
    reasons = [*([lower] if lower else []), *found.worse, *([_new(found)] if found.new else [])]
    tally = f"{len(found.known)} known, {len(found.fixed)} fixed"
    tally += "".join(
        f"; advice of {tool} beyond the baseline's first {MOST_ADVICE} not compared" for tool in found.cut_off
    )
    return Decision(
        exit_status=1 if reasons else 0,
        reason=f"{'; '.join(reasons) or 'nothing is new against the baseline'} ({tally})",
        new=(*found.worse, *_lines(found.new)),
        known=_lines(found.known),
        fixed=_lines(found.fixed),
    )


def _counts(problem: Problem, verdict: Verdict, policy: Policy) -> bool:
    """Whether the policy looks at this problem at all; what is missing is none where it runs without it."""
    if problem.finding is None:
        return not verdict.verified
    if policy.fail_on is FailOn.never:
        return False
    return policy.fail_on is FailOn.advice or is_standing(problem.finding)


def _too_low(verdict: Verdict, policy: Policy) -> str | None:
    """Why it did not come far enough, findings apart."""
    if policy.min_rung is not None:
        return None if verdict.rung >= policy.min_rung else f"{_came(verdict)}; {policy.min_rung.name} is asked for"
    only_found = verdict.failure is not None and verdict.failure.kind == "static" and verdict.rung >= Rung.runs
    return None if verdict.verified or only_found else _came(verdict)


def _findings(verdict: Verdict, policy: Policy) -> str | None:
    found = [one for one in problems(verdict) if one.finding is not None and _counts(one, verdict, policy)]
    fatal = sum(one.level == "error" for one in found)
    if fatal:
        return f"{_came(verdict)}; {counted(fatal, 'fatal finding')}"
    return f"{_came(verdict)}; {counted(len(found), 'finding')} of advice, which fail it here" if found else None


def _came(verdict: Verdict) -> str:
    reached = f"rung {int(verdict.rung)} ({verdict.rung.name})" if verdict.rung is not Rung.none else "no rung"
    word = "verified" if verdict.verified else verdict.outcome.value
    return f"{word}, {reached} reached"


def _new(found: Comparison) -> str:
    return f"{counted(len(found.new), 'problem')} not in the baseline"


def _lines(found: Iterable[Problem]) -> tuple[str, ...]:
    return tuple(str(one)[:600] for one in found)
