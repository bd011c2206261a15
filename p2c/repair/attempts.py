"""The record of a repair: every attempt, what was accepted, and the ledger for fresh conversations."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace

from p2c.repair.excerpt import fence_for
from p2c.repair.failing import headline, signature
from p2c.repair.hunks import unified
from p2c.repair.lines import lines_modified
from p2c.repair.progress import Judgement
from p2c.repair.written_again import written_again
from p2c.run.journal import Journal
from p2c.types import Attempt, LineCount
from sandbox.tree import Tree
from sandbox.verdict import Verdict

_PATHS = 6
"""Changed files that are named."""
_DIFF = 1_500
"""Characters of an attempt's diff that a fresh conversation is shown."""


@dataclass(frozen=True)
class Begun:
    """An attempt that is under way.

    Attributes:
        call: its number among the model's attempts; 0 for a fixer's.
        since: on the monotonic clock.
    """

    attempt: Attempt
    call: int
    since: float

    @property
    def label(self) -> str:
        """What people call it."""
        return f"attempt {self.attempt.number}"


class Record:
    """What was tried, in order.

    Attributes:
        base: the repository as it came.
        anchor: `base` with the files that were never code written again.
        steps: before and after each accepted edit.
        chances: of the trees before those edits whose failures may have been chance: digest -> failure.
        asked: attempts made with the model so far, those under way included.
        ledger: the model's attempts in words.
    """

    def __init__(self, base: Tree, journal: Journal) -> None:
        self.base = base
        self.anchor = base
        self.attempts: list[Attempt] = []
        self.steps: list[tuple[Tree, Tree]] = []
        self.chances: dict[str, str] = {}
        self.ledger: list[str] = []
        self.asked = 0
        self._number = 0
        self._call = 0
        self._journal = journal

    def start(self, failing: Verdict, origin: str, candidate: int = 1, candidates: int = 1) -> Begun:
        """An attempt at the failure of `failing` begins, beside others where more edits are asked for at once."""
        is_model = origin == "model"
        self._number += 1
        self.asked += is_model
        self._call += is_model
        attempt = Attempt(
            number=self._number,
            signature=signature(failing),
            failure=headline(failing),
            origin=origin,
            candidate=candidate,
            candidates=candidates,
            accepted=False,
            reason="",
            rung_before=int(failing.rung),
        )
        beside = {"candidate": candidate, "candidates": candidates} if candidates > 1 else {}
        self._journal.emit("attempt_started", number=attempt.number, failure=attempt.failure, origin=origin, **beside)
        return Begun(attempt, self._call if is_model else 0, time.monotonic())

    def abandon(self, begun: Begun, why: str = "it was not made") -> None:
        """The attempt ended before it came to an edit or a verdict; it does not count."""
        self.asked -= bool(begun.call)
        if begun.attempt.number == self._number:
            self._number -= 1
            self._call -= bool(begun.call)
        self._journal.emit("attempt_finished", number=begun.attempt.number, accepted=False, reason=why, lines=0)

    def refuse(self, begun: Begun, reason: str, *, gave_up: bool = False) -> None:
        """The attempt came to no edit: it could not be applied, or the model gave up."""
        begun = replace(begun, attempt=begun.attempt.model_copy(update={"gave_up": gave_up}))
        self._close(begun, Judgement(False, reason), None, LineCount(), "")

    def finish(
        self,
        begun: Begun,
        edit: tuple[Tree, Tree],
        judgement: Judgement,
        rung: int | None,
    ) -> Attempt:
        """The attempt's edit was judged.

        Args:
            edit: the trees before and after it.
            rung: that it came to, where it was run.
        """
        attempt = self._close(begun, judgement, rung, lines_modified(*edit), unified(*edit))
        if judgement.further:
            self.steps.append(edit)
            self.anchor = self.anchor.changed({path: edit[1].files[path] for path in written_again(*edit)})
        return attempt

    def _close(self, begun: Begun, judgement: Judgement, rung: int | None, lines: LineCount, diff: str) -> Attempt:
        attempt = begun.attempt.model_copy(
            update={
                "accepted": judgement.further,
                "reason": judgement.reason,
                "rung_after": rung,
                "lines": lines,
                "diff": diff,
                "seconds": round(time.monotonic() - begun.since, 3),
            }
        )
        self.attempts.append(attempt)
        if attempt.origin == "model":
            self.ledger.append(_told(attempt))
        self._journal.emit(
            "attempt_finished",
            number=attempt.number,
            accepted=attempt.accepted,
            reason=attempt.reason,
            lines=attempt.lines.total,
            **({"gave_up": True} if attempt.gave_up else {}),
        )
        return attempt


def _told(attempt: Attempt) -> str:
    """An attempt in words; an edit that was kept stands in the files as they are shown."""
    if attempt.accepted:
        paths = re.findall(r"^\+\+\+ b/(.+)$", attempt.diff, re.MULTILINE)
        return f"For `{attempt.failure}`. Kept{' in ' * bool(paths)}{', '.join(paths[:_PATHS])}: {attempt.reason}"
    diff = attempt.diff if len(attempt.diff) <= _DIFF else attempt.diff[:_DIFF].rpartition("\n")[0] + "\n[...]"
    fence = fence_for(diff, shortest=4)
    shown = f"\n\n{fence}diff\n{diff}\n{fence}" if diff else ""
    return f"For `{attempt.failure}`. Taken back: {attempt.reason}{shown}"
