"""The smallest set of hunks that still runs: delta debugging over the accepted edits.

After Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002). An accepted repair needs most
of its hunks, and that it needs one takes a run to know; so hunks are left out one by one rather than by halves, and in
larger pieces only while that succeeds. On repairs of one to ten hunks of which none to two can be spared that takes 6.6
runs on average, the paper's order 10.4. They are tried from the last to the first, as what comes later mostly uses what
came before it. Hunks of a file that parses only with all of them are left out together.

The result is 1-minimal where the budget of runs sufficed: taking back any one hunk brings a failure back. Nothing finer
than a hunk is taken back. A comment, or a branch that the smoke run does not enter, can always be spared for a run, and
what the run does not see of a coherent change may still be right: a repair that is smaller and worse is no gain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from p2c.repair.hunks import Hunk, compose, hunks
from p2c.repair.lines import lines_modified
from p2c.repair.syntax import problem
from sandbox.tree import Tree

Item = TypeVar("Item")
_TOGETHER = 8
"""Hunks of one file that may need each other to parse."""


class OutOfRuns(Exception):
    """The budget of runs is used up."""


@dataclass(frozen=True)
class Reduction:
    """What was left of a repair.

    Attributes:
        before, after: hunks.
        minimal: whether the budget sufficed to try every remaining hunk by itself.
        runs: that it took; what was known already took none.
    """

    tree: Tree
    before: int
    after: int
    minimal: bool
    runs: int = 0


def smallest(items: Sequence[Item], passes: Callable[[Sequence[Item]], bool]) -> tuple[list[Item], bool]:
    """A part of `items` that passes and from which no single item can be left out, and whether that is sure.

    `items` as a whole is known to pass. `passes` may raise OutOfRuns; it need not be monotone: after each success every
    item that is left is tried again, as one may only have been needed by what is gone.
    """
    search = _Search(len(items))
    try:
        while search.is_open:
            rest = search.next()
            search.learn(rest not in search.failed and passes([items[place] for place in rest]))
    except OutOfRuns:
        return [items[place] for place in search.current], False
    return [items[place] for place in search.current], True


class _Search:
    """Where the search for a smallest part stands, in places of the items.

    Attributes:
        current: what is left.
        failed: parts that did not pass.
    """

    def __init__(self, size: int) -> None:
        self.current = tuple(range(size))
        self.failed: set[tuple[int, ...]] = set()
        self._needed: set[int] = set()
        self._size, self._in_a_row = 1, 0
        self._start, self._end = 0, size

    @property
    def is_open(self) -> bool:
        """Whether an item is left that was not tried by itself since the last one was left out."""
        return len(self._needed) < len(self.current)

    def next(self) -> tuple[int, ...]:
        """What is left without the next piece."""
        self._end = self._end or len(self.current)
        while self.current[self._end - 1] in self._needed:
            self._end = self._end - 1 or len(self.current)
        self._start = self._end - 1
        lowest = max(0, self._end - self._size)
        while self._start > lowest and self.current[self._start - 1] not in self._needed:
            self._start -= 1
        return self.current[: self._start] + self.current[self._end :]

    def learn(self, passed: bool) -> None:
        """Whether what `next` gave passes."""
        rest = self.current[: self._start] + self.current[self._end :]
        if passed:
            self.current, self._needed, self._end = rest, set(), self._start
            self._in_a_row += 1
            self._size *= 2 if self._in_a_row > 1 else 1
            return
        self.failed.add(rest)
        if self._end - self._start == 1:
            self._needed.add(self.current[self._start])
            self._end = self._start
        self._size, self._in_a_row = 1, 0


def reduce_repair(before: Tree, after: Tree, runs: Callable[[Tree, str], bool]) -> Reduction:
    """The smallest repair within the one that leads from `before` (fails) to `after` (runs).

    Args:
        runs: whether a tree, which is said in words too, runs, and is as honest as the whole repair; may raise
            OutOfRuns. It is not asked about trees of which a file stopped parsing.
    """
    every = hunks(before, after)

    def parses(chosen: Sequence[Hunk]) -> bool:
        return not _worse(compose(before, chosen), after, {hunk.path for hunk in every})

    def passes(chosen: Sequence[Hunk]) -> bool:
        return parses(chosen) and runs(compose(before, chosen), _without(every, chosen))

    together, minimal = smallest(_coupled(every, parses), lambda chosen: passes(list(chain(*chosen))))
    kept = list(chain(*together))
    if minimal and len(together) < len(kept):
        kept, minimal = smallest(kept, passes)
    tree = compose(before, kept)
    if lines_modified(before, tree).total > lines_modified(before, after).total:
        # Fewer hunks are more lines where one that is gone had lined up what another one moved.
        return Reduction(after, len(every), len(every), minimal=False)
    return Reduction(tree, len(every), len(kept), minimal)


def _coupled(every: Sequence[Hunk], parses: Callable[[Sequence[Hunk]], bool]) -> list[tuple[Hunk, ...]]:
    """The hunks in order; those that a file needs together to parse in one group."""
    groups: list[tuple[Hunk, ...]] = []
    start = 0
    while start < len(every):
        last = min(start + _TOGETHER, len(every))
        same = [end for end in range(start + 1, last + 1) if every[end - 1].path == every[start].path]
        fits = (end for end in same if parses([*every[:start], *every[end:]]))
        end = next(fits, start + 1)
        groups.append(tuple(every[start:end]))
        start = end
    return groups


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
