"""What a repair comes to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from p2c.repair.lines import add, baseline_lines, lines_modified
from p2c.repair.reduce import Reduction
from p2c.types import Attempt, Ending, LinesModified, MadeSmaller
from sandbox.tree import Tree
from sandbox.verdict import Verdict


@dataclass(frozen=True)
class RepairResult:
    """The outcome of a repair.

    Attributes:
        tree: the best state: reduced where it runs, else the furthest that was reached.
        verdict: on `tree`; after the replay where it runs.
        first_verdict: on the repository as it came.
        ending: how it ended; `reason` says why, in a sentence for a person.
        attempts: every attempt, those of fixers and of the model, in order.
        lines: the figures; for a repository that does not run, those of the edits that got it as far as it came.
        reduction: what was taken back of the repair, or why nothing was.
        reduction_runs: how often the sandbox was asked for the reduction.
        runs: how often the sandbox was asked; verdicts taken from the cache are not counted.
        made_smaller: the settings that `tree` has smaller than the repository as it came.
    """

    tree: Tree
    verdict: Verdict
    first_verdict: Verdict
    ending: Ending
    reason: str
    attempts: tuple[Attempt, ...]
    lines: LinesModified
    reduction: Reduction
    reduction_runs: int = 0
    runs: int = 0
    made_smaller: tuple[MadeSmaller, ...] = ()

    def with_edits_by_hand(self, edits: Iterable[tuple[Tree, Tree]]) -> RepairResult:
        """The same, with the lines of `edits`: before and after each one that a person made to what came out."""
        count = add(lines_modified(before, after) for before, after in edits)
        return replace(self, lines=self.lines.model_copy(update={"by_hand": count}))


def figures(base: Tree, anchor: Tree, steps: Iterable[tuple[Tree, Tree]], target: Tree, final: Tree) -> LinesModified:
    """The lines modified.

    Args:
        base: the repository as it came.
        anchor: the same, with the files that were never code written again; those lines count apart.
        steps: before and after each accepted edit.
        target: the first state that runs.
        final: the state after the reduction.
    """
    written = [p for p in anchor.files if anchor.files[p] != base.files.get(p)]

    def edit(before: Tree, after: Tree) -> tuple[Tree, Tree]:
        # A file that was never code is the same on both sides in the step that writes it again.
        again = {p: after.files[p] for p in written if p in after.files and before.files.get(p) == base.files.get(p)}
        return before.changed(again), after

    baseline = baseline_lines(base)
    return LinesModified(
        baseline_lines=baseline.total,
        baseline_python=baseline.python,
        net=lines_modified(anchor, target),
        gross=add(lines_modified(*edit(before, after)) for before, after in steps),
        reduced=lines_modified(anchor, final),
        rewritten=lines_modified(base, anchor),
    )
