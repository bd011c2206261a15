"""The end of a repair: take back what was not needed, replay the rest in a fresh environment, count the lines.

A program that fails by chance passes the next time, whatever was edited meanwhile. So where the reduction comes to a
state whose failure was mended and may have been chance, that state is run once more: where it passes, the edit mended
nothing, and goes; where that is the repository as it came, no line is counted. The only state that is run twice.
"""

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
    final, target, reason, flaky = best, best.tree, end.reason, list[str]()
    reduction = Reduction(best.tree, 0, 0, minimal=True)
    if end.ending is Ending.verified and record.steps:
        if settings.reduce:
            runs = verify.runs
            reduction = _reduced(
                record, best, verify, flaky, most=settings.max_reduction_runs, honest=honest, is_over=is_over
            )
            reduction = replace(reduction, runs=verify.runs - runs)
            journal.emit("reduced", hunks_before=reduction.before, hunks_after=reduction.after, runs=reduction.runs)
        final = _replayed(reduction.tree, best, record, verify)
        if final.tree.digest() != reduction.tree.digest():
            reduction = replace(reduction, after=reduction.before, minimal=False)
        if flaky:
            target, reason = final.tree, f"{reason} {_not_again(flaky)}"
            journal.emit("note", message=reason)
    return RepairResult(
        tree=final.tree,
        verdict=final.verdict,
        first_verdict=first,
        ending=end.ending,
        reason=reason,
        attempts=tuple(record.attempts),
        lines=figures(record.base, record.anchor, record.steps, target, final.tree),
        hunks=(reduction.before, reduction.after),
        minimal=reduction.minimal,
        reduction_runs=reduction.runs,
        runs=verify.runs,
    )


def _not_again(failures: list[str]) -> str:
    seen = "; ".join(dict.fromkeys(failures))
    return f"It is flaky: {seen}; without the edit that was to mend it, that was not seen again"


def _reduced(
    record: Record,
    best: Seen,
    verify: CachedVerify,
    flaky: list[str],
    *,
    most: int,
    honest: Callable[[Tree], bool],
    is_over: Callable[[], bool],
) -> Reduction:
    """What is left of the repair; `flaky` gets the failures that were not seen again, see above."""
    limit = verify.runs + most

    def runs(tree: Tree, label: str) -> bool:
        if not honest(tree):
            return False
        chance = record.chances.get(tree.digest())
        if (chance or not verify.is_known(tree, Rung.runs)) and (verify.runs >= limit or is_over()):
            raise OutOfRuns
        verdict = verify.again(tree, _until(best), label) if chance else verify(tree, Rung.runs, label)
        if verdict.outcome is Outcome.infrastructure:
            raise OutOfRuns
        if chance and verdict.verified:
            flaky.append(chance)
        return verdict.verified

    return reduce_repair(record.anchor, best.tree, runs)


def _replayed(reduced: Tree, best: Seen, record: Record, verify: CachedVerify) -> Seen:
    """The reduced repair where it also stands the replay, else the whole one, which did."""
    if reduced.digest() == best.tree.digest():
        return best
    label = "the reduced repair, replayed"
    if reduced.digest() in record.chances:
        verdict = verify.again(reduced, _until(best), label)
    else:
        verdict = verify(reduced, _until(best), label, decides=True)
    return Seen(reduced, verdict) if verdict.verified else best


def _until(best: Seen) -> Rung:
    return Rung.replays if best.verdict.rung >= Rung.replays else Rung.runs
