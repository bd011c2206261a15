"""The end of a repair: take back what was not needed, replay the rest in a fresh environment, count the lines.

A program that fails by chance passes the next time, whatever was edited meanwhile. So where the reduction comes to a
state whose failure was mended and may have been chance, that state is run once more: where it passes, the edit mended
nothing, and goes; where that is the repository as it came, no line is counted. The only state that is run twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from p2c.repair.attempts import Record
from p2c.repair.cache import CachedVerify
from p2c.repair.endings import End
from p2c.repair.hunks import hunks
from p2c.repair.progress import Seen
from p2c.repair.reduce import INTERRUPTED, UNDER_WAY, Reduction, reduce_repair
from p2c.repair.result import RepairResult, figures
from p2c.repair.scaled import first_given, made_smaller
from p2c.repair.settings import RepairSettings
from p2c.repair.smaller import Smaller, until
from p2c.run.journal import Journal
from p2c.types import Ending, LinesModified
from sandbox.tree import Tree
from sandbox.verdict import Failure, Verdict


@dataclass(frozen=True, kw_only=True)
class Finish:
    """The end of a repair.

    Attributes:
        whole: the state that the repair came to.
        first: the verdict on the repository as it came.
        honest: whether a part of the repair is as honest as the guards ask of all of it.
        mended: the failures that the repair mended.
        is_over: whether the time is over, so that nothing more is taken back.
        keep: given the result of a repair that runs before it is reduced, which may take long and be ended.
    """

    record: Record
    whole: Seen
    first: Verdict
    end: End
    verify: CachedVerify
    settings: RepairSettings
    journal: Journal
    honest: Callable[[Tree], bool]
    mended: Sequence[Failure]
    is_over: Callable[[], bool]
    keep: Callable[[RepairResult], object]

    def result(self) -> RepairResult:
        """The result: where it runs, reduced and replayed."""
        size = len(hunks(self.record.anchor, self.whole.tree))
        why = self._not_reduced(size)
        if why:
            is_minimal = not size and self.end.ending is Ending.verified
            return self._result(self.whole, Reduction(self.whole.tree, 0, 0, is_minimal, why))
        kept_whole = Reduction(self.whole.tree, size, size, minimal=False, unfinished=UNDER_WAY)
        self.keep(self._result(self.whole, kept_whole))
        smaller = self._smaller()
        try:
            return self._reduced(smaller)
        except KeyboardInterrupt:
            self.journal.emit("note", message=f"reduction cut short: {INTERRUPTED}")
            return self._result(self.whole, replace(kept_whole, unfinished=INTERRUPTED), smaller.runs)

    def _not_reduced(self, size: int) -> str:
        """Why nothing is to be reduced, if so."""
        if self.end.ending is not Ending.verified:
            return "only what runs is reduced"
        if not size:
            return "no hunk was edited"
        return "" if self.settings.reduce else "as was asked"

    def _smaller(self) -> Smaller:
        return Smaller(
            whole=self.whole,
            record=self.record,
            verify=self.verify,
            journal=self.journal,
            honest=self.honest,
            mended=self.mended,
            is_over=self.is_over,
            most=self.settings.max_reduction_runs,
        )

    def _reduced(self, smaller: Smaller) -> RepairResult:
        """What is left of the repair, replayed; with `smaller.flaky` the target is that as well."""
        reduction = reduce_repair(self.record.anchor, self.whole.tree, smaller)
        runs = smaller.runs
        self.journal.emit(
            "reduced",
            hunks_before=reduction.before,
            hunks_after=reduction.after,
            runs=runs,
            unfinished=reduction.unfinished,
        )
        final = self._replayed(reduction.tree)
        if final.tree.digest() != reduction.tree.digest():
            why = "what was left of the repair did not stand the replay"
            reduction = replace(reduction, after=reduction.before, minimal=False, unfinished=why)
        result = self._result(final, reduction, runs)
        if not smaller.flaky:
            return result
        reason = f"{self.end.reason} {_not_again(smaller.flaky)}"
        self.journal.emit("note", message=reason)
        return replace(result, reason=reason, lines=self._lines(final.tree, final.tree))

    def _replayed(self, reduced: Tree) -> Seen:
        """The reduced repair where it also stands the replay, else the whole one, which did."""
        if reduced.digest() == self.whole.tree.digest():
            return self.whole
        label = "the reduced repair, replayed"
        if reduced.digest() in self.record.chances:
            verdict = self.verify.again(reduced, until(self.whole), label)
        else:
            verdict = self.verify(reduced, until(self.whole), label, decides=True)
        return Seen(reduced, verdict) if verdict.verified else self.whole

    def _result(self, final: Seen, reduction: Reduction, runs: int = 0) -> RepairResult:
        return RepairResult(
            tree=final.tree,
            verdict=final.verdict,
            first_verdict=self.first,
            ending=self.end.ending,
            reason=self.end.reason,
            attempts=tuple(self.record.attempts),
            lines=self._lines(self.whole.tree, final.tree),
            reduction=reduction,
            reduction_runs=runs,
            runs=self.verify.runs,
            made_smaller=made_smaller(first_given(self.record), final.tree),
        )

    def _lines(self, target: Tree, final: Tree) -> LinesModified:
        return figures(self.record.base, self.record.anchor, self.record.steps, target, final)


def _not_again(failures: list[str]) -> str:
    seen = "; ".join(dict.fromkeys(failures))
    return f"It is flaky: {seen}; without the edit that was to mend it, that was not seen again"
