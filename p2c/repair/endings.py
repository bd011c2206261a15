"""How a repair ends: five names, each with a reason that says what to do next."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from p2c.repair.absent import confirmed
from p2c.repair.settings import RepairSettings
from p2c.types import Ending, Plan
from sandbox.tree import Tree
from sandbox.verdict import Missing, Outcome, Verdict
from sandbox.words import counted

_MENDABLE = frozenset({"data", "network", "gpu", "input", "arguments", "display"})
"""What a program can be made to do without, where a plan promises that it runs offline on a CPU."""


_SHOWN = 5
"""Findings that a reason names."""


class End(Exception):
    """The repair is over.

    Attributes:
        missing: what is not there, where the verdict alone does not say so.
    """

    def __init__(self, ending: Ending, reason: str, missing: tuple[Missing, ...] = ()) -> None:
        super().__init__(reason)
        self.ending = ending
        self.reason = reason
        self.missing = missing


def end_by(verdict: Verdict, settings: RepairSettings, plan: Plan | None) -> End | None:
    """The end that this verdict alone brings about, or None: there is something to mend."""
    if verdict.verified:
        return End(Ending.verified, verdict.summary)
    if verdict.failure is not None and verdict.failure.step == "replay":
        return End(Ending.stalled, f"it ran, but not again when it was replayed: {verdict.summary}")
    if verdict.outcome is Outcome.infrastructure:
        return End(Ending.infrastructure, verdict.summary)
    if verdict.outcome is Outcome.vacuous and plan is None and settings.smoke is None:
        advice = "" if "--smoke" in verdict.summary else " Say what must run with --smoke."
        return End(Ending.stalled, f"{verdict.summary}{advice}")
    if verdict.outcome is Outcome.blocked and not (plan and {m.kind for m in verdict.missing} <= _MENDABLE):
        return End(Ending.blocked, f"{verdict.summary}{_besides(verdict)}")
    return None


def _besides(verdict: Verdict) -> str:
    """What else would fail, by the code alone: as long as it is blocked, no run can show whether an edit is right."""
    found = [one for one in verdict.findings if one.severity == "fatal" and not one.refuted]
    if not found:
        return ""
    places = "; ".join(f"{one.file}:{one.line}: {one.message}" for one in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return (
        f" Besides, {counted(len(found), 'line')} would fail once that is there; not mended, since no run can show "
        f"here whether an edit is right: {places}{more}"
    )


def without_model(failure: str) -> End:
    """No fixer knows the failure, and there is nobody to ask."""
    return End(Ending.stalled, f"no fixer knows this failure and no model was asked: {failure}")


def helpless(claims: Sequence[str], tree: Tree, verdict: Verdict) -> End:
    """The agent said in every conversation that the code cannot help it; `claims` is what it said is missing.

    Its word alone ends nothing as blocked: what it names must be missing, see `p2c.repair.absent`.
    """
    said = f"the debugging agent finds that no change of the code can help: {claims[-1].rstrip('. ')}"
    if verdict.outcome is Outcome.blocked:
        return End(Ending.blocked, f"{verdict.summary} Also, {said}.{_besides(verdict)}")
    missing = confirmed(claims, tree, verdict)
    if not missing:
        return End(Ending.stalled, said)
    names = ", ".join(one.what for one in missing)
    what, it = ("key", "the environment") if all(one.kind == "key" for one in missing) else ("data", "the repository")
    reason = (
        f"it needs {what} that {it} does not have: {names}; {said}. Supply it, or say with --smoke what runs without"
    )
    return End(Ending.blocked, reason, missing)


def lacking(verdict: Verdict, missing: tuple[Missing, ...]) -> Verdict:
    """`verdict` with what else is missing; its outcome stays what the sandbox saw."""
    known = {(one.kind, one.what) for one in verdict.missing}
    new = tuple(one for one in missing if (one.kind, one.what) not in known)
    return verdict.model_copy(update={"missing": (*verdict.missing, *new)})


def stalled(failure: str, tried: int, settings: RepairSettings) -> End:
    """Every conversation about one failure is over. `tried`: attempts of the model at it."""
    more = 2 * settings.candidates + (settings.candidates == 1)
    attempts = f"{counted(tried, 'attempt')} in {counted(settings.conversations, 'conversation')}"
    return End(
        Ending.stalled,
        f"no attempt got further than: {failure} ({attempts}, which is all that one failure gets). The same command "
        f"with --candidates {more} asks for more edits at once and pays for none again; or use another model",
    )


def out_of_money(error: Exception) -> End:
    """The model may be asked no more."""
    return End(Ending.budget, str(error))


class Budget:
    """What a repair may use in all: attempts of the model, and minutes of this process.

    Args:
        clock: seconds, going on steadily.
    """

    def __init__(self, settings: RepairSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        minutes = settings.max_minutes
        self._ends = clock() + minutes * 60 if minutes is not None else None

    @property
    def is_over(self) -> bool:
        """Whether the minutes are."""
        return self._ends is not None and self._clock() > self._ends

    def check_time(self, failure: str) -> None:
        """Raises End once the minutes are over."""
        if self.is_over:
            raise End(
                Ending.budget,
                f"--max-minutes {self._settings.max_minutes:g} are over at: {failure}. "
                "What was reached is kept, and the same command goes on from here",
            )

    def attempts(self, asked: int, failure: str) -> int:
        """How many edits the next turn may ask for. Raises End where none, or no time, is left."""
        self.check_time(failure)
        most = self._settings.max_attempts
        if asked >= most:
            more = f"--max-attempts {max(2 * most, 1)}" if most else "a --max-attempts above 0"
            raise End(
                Ending.budget,
                f"--max-attempts {most} is used up at: {failure}. The same command with {more} goes on from here",
            )
        return min(self._settings.candidates, most - asked)
