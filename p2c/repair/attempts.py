"""The record of a repair: every attempt, what was accepted, and the ledger for fresh conversations."""

from __future__ import annotations

import time

from p2c.repair.failing import headline, signature
from p2c.repair.hunks import unified
from p2c.repair.lines import lines_modified
from p2c.repair.progress import Judgement
from p2c.run.journal import Journal
from p2c.types import Attempt, LineCount
from sandbox.tree import Tree
from sandbox.verdict import Verdict

_DIFF = 1_500
"""Characters of an attempt's diff that a fresh conversation is shown."""


class Record:
    """What was tried, in order.

    Attributes:
        base: the repository as it came.
        anchor: `base` with the files that were never code written again.
        steps: before and after each accepted edit.
        asked: attempts made with the model so far, the present one included.
        ledger: the model's attempts in words.
    """

    def __init__(self, base: Tree, journal: Journal) -> None:
        self.base = base
        self.anchor = base
        self.attempts: list[Attempt] = []
        self.steps: list[tuple[Tree, Tree]] = []
        self.ledger: list[str] = []
        self.number = 0
        self.asked = 0
        self._journal = journal
        self._open: Attempt | None = None
        self._started = 0.0

    def start(self, failing: Verdict, origin: str) -> None:
        """An attempt at the failure of `failing` begins."""
        self.number += 1
        self.asked += origin == "model"
        self._started = time.monotonic()
        self._open = Attempt(
            number=self.number,
            signature=signature(failing),
            failure=headline(failing),
            origin=origin,
            accepted=False,
            reason="",
            rung_before=int(failing.rung),
        )
        self._journal.emit("attempt_started", number=self.number, failure=self._open.failure, origin=origin)

    def abandon(self) -> None:
        """The attempt ended before it came to an edit or a verdict; it does not count."""
        if self._open is not None:
            self.asked -= self._open.origin == "model"
            self.number -= 1
            self._journal.emit(
                "attempt_finished", number=self._open.number, accepted=False, reason="it was not made", lines=0
            )
        self._open = None

    def refuse(self, reason: str) -> None:
        """The attempt came to no edit."""
        self._close(Judgement(False, reason), None, LineCount(), "")

    def finish(
        self, before: Tree, after: Tree, judgement: Judgement, rung: int | None, rewrites: tuple[str, ...]
    ) -> Attempt:
        """The attempt's edit was judged; `rewrites` are files that were never code and are written again."""
        attempt = self._close(judgement, rung, lines_modified(before, after), unified(before, after))
        if judgement.further:
            self.steps.append((before, after))
            self.anchor = self.anchor.changed({path: after.files[path] for path in rewrites})
        return attempt

    def _close(self, judgement: Judgement, rung: int | None, lines: LineCount, diff: str) -> Attempt:
        if self._open is None:
            raise RuntimeError("an attempt was finished that had not been started")
        attempt = self._open.model_copy(
            update={
                "accepted": judgement.further,
                "reason": judgement.reason,
                "rung_after": rung,
                "lines": lines,
                "diff": diff,
                "seconds": round(time.monotonic() - self._started, 3),
            }
        )
        self.attempts.append(attempt)
        self._open = None
        if attempt.origin == "model":
            self.ledger.append(_told(attempt))
        self._journal.emit(
            "attempt_finished",
            number=attempt.number,
            accepted=attempt.accepted,
            reason=attempt.reason,
            lines=attempt.lines.total,
        )
        return attempt


def _told(attempt: Attempt) -> str:
    word = "Kept" if attempt.accepted else "Taken back"
    diff = attempt.diff if len(attempt.diff) <= _DIFF else attempt.diff[:_DIFF] + "\n[...]"
    shown = f"\n\n````diff\n{diff}\n````" if diff else ""
    return f"For `{attempt.failure}`. {word}: {attempt.reason}{shown}"
