"""Which of several edits is kept: the one that gets furthest with the fewest lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from p2c.repair.progress import Seen, later
from sandbox.verdict import Outcome, Rung


@dataclass(frozen=True)
class Runner:
    """An edit that got further than what was there before.

    Attributes:
        number: among those that were asked for at once; no other one has it.
        lines: modified by it.
    """

    number: int
    seen: Seen
    lines: int


def furthest(runners: Sequence[Runner]) -> Runner:
    """The one that is kept.

    In this order: one that runs; a higher rung; one that is not blocked; a later failure (by the step of the ladder,
    by fewer findings that would fail, by its place in the program, where the calls that lead to both tell);
    fewer lines; the lower number. They are compared in the order of their numbers, so it does not matter which
    of them was ready first.

    Raises:
        ValueError: there is none.
    """
    ordered = sorted(runners, key=lambda runner: runner.number)
    if not ordered:
        raise ValueError("there is no edit to choose from")
    kept = ordered[0]
    for other in ordered[1:]:
        kept = other if _compared(kept, other)[1] else kept
    return kept


def advantage(kept: Runner, other: Runner) -> str:
    """What tells the one that is kept from another one, for people."""
    return _compared(other, kept)[0]


def _compared(one: Runner, other: Runner) -> tuple[str, bool]:
    """What tells the two apart, and whether `other` is the better one."""
    for why, mine, its in zip(_WORDS, _far(one), _far(other), strict=True):
        if mine != its:
            return why, its > mine
    order = 0 if other.seen.verdict.verified else later(one.seen, other.seen)
    if order:
        return "it fails later", order > 0
    if one.lines != other.lines:
        return "fewer lines", other.lines < one.lines
    return "the lower number", other.number < one.number


_WORDS = ("it runs", "a higher rung", "it is not blocked")


def _far(runner: Runner) -> tuple[int, int, int]:
    verdict = runner.seen.verdict
    # Whether it also replays is asked of the one that is kept only.
    return int(verdict.verified), min(verdict.rung, Rung.runs), int(verdict.outcome is not Outcome.blocked)
