"""A repair in figures: how far it came, by whose edits, and what its reduction took back."""

from __future__ import annotations

from collections.abc import Sequence

from p2c.repair.reduce import INTERRUPTED, UNDER_WAY
from p2c.types import Attempt, LineCount, Value
from sandbox.verdict import Rung


class Reduced(Value):
    """What delta debugging took back of the accepted edits."""

    hunks_before: int = 0
    """Of the whole repair; 0: nothing was reduced."""
    hunks_after: int = 0
    runs: int = 0
    """That it took in this process; what was known already took none."""
    is_minimal: bool = True
    """Whether every hunk that is left was tried: without any one a failure comes back, a declared requirement is gone,
    a mended limit comes near again, or a guard objects."""
    unfinished: str = ""
    """Why nothing was reduced, or why it is not proven minimal; empty: every hunk that is left was tried."""

    @property
    def was_interrupted(self) -> bool:
        """Whether the same command goes on with it."""
        return self.unfinished == INTERRUPTED

    @property
    def is_under_way(self) -> bool:
        """Whether the process that reduced has not come to its end; the same command goes on with it as well."""
        return self.unfinished == UNDER_WAY


class Edits(Value):
    """Attempts of one kind."""

    accepted: int = 0
    refused: int = 0
    gave_up: int = 0
    """Answers without an edit, that no change of the code can help."""
    lines: LineCount = LineCount()
    """Summed over the accepted ones, before the reduction; files that were written again as well."""
    seconds: float = 0.0
    """Wall time from the failure to the judgement of each, added up."""

    @property
    def tried(self) -> int:
        """All of them."""
        return self.accepted + self.refused + self.gave_up


class Repairs(Value):
    """The repair in figures."""

    rung_before: int = -1
    """Of the code as it came; -1: not even `parses`."""
    rung_after: int = -1
    fixers: Edits = Edits()
    """Deterministic ones, which cost nothing."""
    model: Edits = Edits()
    """Of the debugging agent."""
    reduction: Reduced = Reduced()


def repairs(attempts: Sequence[Attempt], before: Rung, after: Rung, reduction: Reduced) -> Repairs:
    """The figures of these attempts."""
    return Repairs(
        rung_before=int(before),
        rung_after=int(after),
        fixers=_edits([one for one in attempts if one.origin != "model"]),
        model=_edits([one for one in attempts if one.origin == "model"]),
        reduction=reduction,
    )


def _edits(attempts: Sequence[Attempt]) -> Edits:
    kept = [one for one in attempts if one.accepted]
    gave_up = sum(one.gave_up for one in attempts)
    return Edits(
        accepted=len(kept),
        refused=len(attempts) - len(kept) - gave_up,
        gave_up=gave_up,
        lines=LineCount(python=sum(one.lines.python for one in kept), other=sum(one.lines.other for one in kept)),
        seconds=round(sum(one.seconds for one in attempts), 3),
    )
