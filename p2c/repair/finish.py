"""The end of a repair: take back what was not needed, replay the rest in a fresh environment, count the lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from p2c.repair.attempts import Record
from p2c.repair.cache import CachedVerify
from p2c.repair.endings import End
from p2c.repair.progress import Seen
from p2c.repair.reduce import OutOfRuns, Reduction, reduce_repair
from p2c.repair.result import RepairResult, figures
from p2c.repair.settings import RepairSettings
from p2c.run.journal import Journal
from p2c.types import Ending
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Rung, Verdict


def finish(
    record: Record,
    best: Seen,
    *,
    first: Verdict,
    end: End,
    verify: CachedVerify,
    settings: RepairSettings,
    journal: Journal,
    honest: Callable[[Tree], bool],
    is_over: Callable[[], bool],
) -> RepairResult:
    """The result of a repair that ended with `best`.

    Args:
        honest: whether a part of the repair is as honest as the guards ask of all of it.
        is_over: whether the time is over, so that nothing more is taken back.
    """
    final = best
    reduction = Reduction(best.tree, 0, 0, minimal=True)
    if end.ending is Ending.verified and record.steps:
        if settings.reduce:
            runs = verify.runs
            reduction = _reduced(
                record.anchor, best.tree, verify, most=settings.max_reduction_runs, honest=honest, is_over=is_over
            )
            reduction = replace(reduction, runs=verify.runs - runs)
            journal.emit("reduced", hunks_before=reduction.before, hunks_after=reduction.after, runs=reduction.runs)
        final = _replayed(reduction.tree, best, verify)
        if final.tree.digest() != reduction.tree.digest():
            reduction = replace(reduction, after=reduction.before, minimal=False)
    return RepairResult(
        tree=final.tree,
        verdict=final.verdict,
        first_verdict=first,
        ending=end.ending,
        reason=end.reason,
        attempts=tuple(record.attempts),
        lines=figures(record.base, record.anchor, record.steps, best.tree, final.tree),
        hunks=(reduction.before, reduction.after),
        minimal=reduction.minimal,
        reduction_runs=reduction.runs,
        runs=verify.runs,
    )


def _reduced(
    anchor: Tree,
    target: Tree,
    verify: CachedVerify,
    *,
    most: int,
    honest: Callable[[Tree], bool],
    is_over: Callable[[], bool],
) -> Reduction:
    limit = verify.runs + most

    def runs(tree: Tree, label: str) -> bool:
        if not honest(tree):
            return False
        if not verify.is_known(tree, Rung.runs) and (verify.runs >= limit or is_over()):
            raise OutOfRuns
        verdict = verify(tree, Rung.runs, label)
        if verdict.outcome is Outcome.infrastructure:
            raise OutOfRuns
        return verdict.verified

    return reduce_repair(anchor, target, runs)


def _replayed(reduced: Tree, best: Seen, verify: CachedVerify) -> Seen:
    """The reduced repair where it also stands the replay, else the whole one, which did."""
    if reduced.digest() == best.tree.digest():
        return best
    until = Rung.replays if best.verdict.rung >= Rung.replays else Rung.runs
    verdict = verify(reduced, until, "the reduced repair, replayed", decides=True)
    return Seen(reduced, verdict) if verdict.verified else best
