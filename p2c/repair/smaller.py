"""Whether a part of a repair is as good as all of it, and how long that may be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from p2c.repair.attempts import Record
from p2c.repair.cache import CachedVerify
from p2c.repair.declares import no_longer_declared
from p2c.repair.progress import Seen
from p2c.repair.reduce import OutOfRuns
from p2c.repair.use import more_used
from p2c.run.journal import Journal
from sandbox.tree import Tree
from sandbox.verdict import Failure, Outcome, Rung
from sandbox.words import counted

LEAST_SECONDS = 120.0
"""That a reduction may always take."""


@dataclass
class Smaller:
    """Tells of parts of one repair whether they run and are as honest as all of it; it is what `reduce_repair` asks.

    Its time is what the verdicts of the repair itself took, at least `LEAST_SECONDS`: a smaller repair is worth no more
    than the repair. It is counted in the seconds of verdicts, known ones included, so that a reduction which was
    interrupted ends where it would have ended.

    Attributes:
        whole: the state after all of the repair.
        honest: whether a part of the repair passes the guards.
        mended: the failures that the repair mended.
        is_over: whether the time of the whole run is over.
        most: runs that it may use.
        flaky: gets the failures that were not seen again without the edit that was to mend them.
    """

    whole: Seen
    record: Record
    verify: CachedVerify
    journal: Journal
    honest: Callable[[Tree], bool]
    mended: Sequence[Failure]
    is_over: Callable[[], bool]
    most: int
    flaky: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._runs_before = self.verify.runs
        self._seconds_before = self.verify.seconds
        self.seconds = max(LEAST_SECONDS, self._seconds_before)

    @property
    def runs(self) -> int:
        """How often the sandbox was asked."""
        return self.verify.runs - self._runs_before

    def __call__(self, tree: Tree, label: str) -> bool:
        """As `reduce_repair` asks it. Raises OutOfRuns."""
        if not self.honest(tree) or no_longer_declared(self.whole.tree, tree):
            return False
        chance = self.record.chances.get(tree.digest())
        if chance or not self.verify.is_known(tree, Rung.runs):
            self._check()
        said = f"reducing, run {self.runs + 1}: {label}"
        if chance:
            verdict = self.verify.again(tree, until(self.whole), said)
        else:
            verdict = self.verify(tree, Rung.runs, said, wanted=lambda _: False)
        if verdict.outcome is Outcome.infrastructure:
            raise OutOfRuns(f"the sandbox failed: {verdict.summary}")
        if not verdict.verified:
            return False
        whole = self.whole.verdict if chance else self.verify(self.whole.tree, Rung.runs, "the whole repair")
        if more := more_used(verdict.smoke, whole.smoke, self.mended):
            self.journal.emit("note", message=f"reducing: it runs with {label}, but takes {more}; so they stay")
            return False
        if chance:
            self.flaky.append(chance)
        return True

    def _check(self) -> None:
        if self.is_over():
            raise OutOfRuns("the time of the run was over")
        if self.runs >= self.most:
            raise OutOfRuns(f"its {self.most} runs were used up")
        if self.verify.seconds - self._seconds_before >= self.seconds:
            raise OutOfRuns(f"its {self.seconds:.0f} s were over, the time that the repair's own runs took")
        if not self.runs:
            said = counted(round(self.seconds / 60), "minute")
            self.journal.emit(
                "note",
                message=f"reducing: what the repair can do without is tried for about {said} at most; "
                "an interrupt ends that, and keeps the repair whole",
            )


def until(whole: Seen) -> Rung:
    """The rung up to which what takes the place of `whole` must come."""
    return Rung.replays if whole.verdict.rung >= Rung.replays else Rung.runs
