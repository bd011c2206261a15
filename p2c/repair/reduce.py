"""The smallest set of hunks that still runs: delta debugging over the accepted edits.

Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002), with complements only: an
accepted repair needs most of its hunks. The result is 1-minimal where the budget of runs sufficed: taking back
any one hunk brings a failure back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from p2c.repair.hunks import Hunk, compose, hunks
from p2c.repair.syntax import problem
from sandbox.tree import Tree

Item = TypeVar("Item")


class OutOfRuns(Exception):
    """The budget of runs is used up."""


@dataclass(frozen=True)
class Reduction:
    """What was left of a repair.

    Attributes:
        minimal: whether the budget sufficed to try every remaining hunk by itself.
    """

    tree: Tree
    before: int
    after: int
    minimal: bool


def smallest(items: Sequence[Item], passes: Callable[[Sequence[Item]], bool]) -> tuple[list[Item], bool]:
    """A part of `items` that passes and from which no single item can be left out, and whether that is sure.

    `items` as a whole is known to pass, and nothing at all to fail. `passes` may raise OutOfRuns.
    """
    current = list(items)
    pieces = 2
    try:
        while len(current) > 1:
            size = -(-len(current) // min(pieces, len(current)))
            for start in range(0, len(current), size):
                rest = current[:start] + current[start + size :]
                if rest and passes(rest):
                    current = rest
                    pieces = max(pieces - 1, 2)
                    break
            else:
                if size == 1:
                    break
                pieces = min(pieces * 2, len(current))
    except OutOfRuns:
        return current, False
    return current, True


def reduce_repair(before: Tree, after: Tree, runs: Callable[[Tree, str], bool]) -> Reduction:
    """The smallest repair within the one that leads from `before` (fails) to `after` (runs).

    Args:
        runs: whether a tree, which is said in words too, runs, and is as honest as the whole repair; may raise
            OutOfRuns. It is not asked about trees of which a file stopped parsing.
    """
    every = hunks(before, after)

    def passes(chosen: Sequence[Hunk]) -> bool:
        tree = compose(before, chosen)
        return not _worse(tree, after, {hunk.path for hunk in every}) and runs(tree, _without(every, chosen))

    kept, minimal = smallest(every, passes)
    return Reduction(compose(before, kept), len(every), len(kept), minimal)


def _without(every: Sequence[Hunk], chosen: Sequence[Hunk]) -> str:
    """Which hunks of a repair a part of it leaves out, in words."""
    left = [(n, hunk.path) for n, hunk in enumerate(every, 1) if hunk not in chosen]
    numbers = ", ".join(str(n) for n, _ in left)
    paths = ", ".join(dict.fromkeys(path for _, path in left))
    return f"the repair without {'hunk' if len(left) == 1 else 'hunks'} {numbers} of {len(every)} ({paths})"


def _worse(tree: Tree, after: Tree, paths: set[str]) -> bool:
    """Whether a file that parses after the whole repair does not parse in this part of it."""
    for path in paths & set(tree.files) & set(after.files):
        if (
            tree.files[path] != after.files[path]
            and problem(path, tree.files[path])
            and not problem(path, after.files[path])
        ):
            return True
    return False
