"""The smallest set of hunks that still runs: delta debugging over the accepted edits.

After Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002). An accepted repair needs most
of its hunks, and that it needs one takes a run to know; so hunks are left out one by one rather than by halves, and in
larger pieces only while that succeeds. On repairs of one to ten hunks of which none to two can be spared that takes 6.6
runs on average, the paper's order 10.4. They are tried from the last to the first, as what comes later mostly uses what
came before it. Hunks of a file that parses only with all of them are left out together.

The result is 1-minimal where the budget of runs sufficed: taking back any one hunk brings a failure back, or what the
asker may not accept (an import that is not declared, a limit that is near again, what a guard refuses). Nothing finer
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
from sandbox.words import counted

Item = TypeVar("Item")
_TOGETHER = 8
"""Hunks of one file that may need each other to parse."""
UNDER_WAY = "it is under way; where it is ended before its end, the same command goes on with it"
INTERRUPTED = "it was interrupted, so the repair is kept whole; the same command goes on with it"
"""Why a reduction is not finished."""


class OutOfRuns(Exception):
    """The reduction may run nothing more; its message says why."""


@dataclass(frozen=True)
class Reduction:
    """What was left of a repair.

    Attributes:
        before, after: hunks.
        minimal: whether the budget sufficed to try every remaining hunk by itself.
        unfinished: why it did not; empty where it did.
    """

    tree: Tree
    before: int
    after: int
    minimal: bool
    unfinished: str = ""


def smallest(items: Sequence[Item], passes: Callable[[Sequence[Item]], bool]) -> tuple[list[Item], str | None]:
    """A part of `items` that passes and from which no single item can be left out; why that is not sure, if it is not.

    `items` as a whole is known to pass. `passes` may raise OutOfRuns; it need not be monotone: after each success every
    item that is left is tried again, as one may only have been needed by what is gone.
    """
    search = _Search(len(items))
    try:
        while search.is_open:
            rest = search.next()
            search.learn(rest not in search.failed and passes([items[place] for place in rest]))
    except OutOfRuns as out:
        return [items[place] for place in search.current], str(out)
    return [items[place] for place in search.current], None


class _Search:
    """Where the search for a smallest part stands, in places of the items.

    An item that was needed while there was more may be spared once something is gone that needed it. Whether it may is
    asked only when each item was tried once, first of those next to what went last: these belong together most often.

    Attributes:
        current: what is left.
        failed: parts that did not pass.
    """

    def __init__(self, size: int) -> None:
        self.current = tuple(range(size))
        self.failed: set[tuple[int, ...]] = set()
        self._untried = size
        """Items before this place were not tried yet."""
        self._needed: set[int] = set()
        """Items that were tried by themselves since the last one was left out."""
        self._went_last = size
        self._size, self._in_a_row = 1, 0
        self._piece: tuple[int, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether an item is left that was not tried by itself since the last one was left out."""
        return len(self._needed) < len(self.current)

    def next(self) -> tuple[int, ...]:
        """What is left without the next piece."""
        untried = [place for place in self.current if place < self._untried]
        self._piece = tuple(untried[-self._size :]) or (self._nearest(),)
        return self._rest()

    def learn(self, passed: bool) -> None:
        """Whether what `next` gave passes."""
        if passed:
            self._untried = min(self._untried, self._piece[0])
            self.current, self._needed, self._went_last = self._rest(), set(), self._piece[0]
            self._in_a_row += 1
            self._size *= 2 if self._in_a_row > 1 else 1
            return
        self.failed.add(self._rest())
        if len(self._piece) == 1:
            self._untried = min(self._untried, self._piece[0])
            self._needed.update(self._piece)
        self._size, self._in_a_row = 1, 0

    def _rest(self) -> tuple[int, ...]:
        return tuple(place for place in self.current if place not in self._piece)

    def _nearest(self) -> int:
        open_places = (place for place in self.current if place not in self._needed)
        return min(open_places, key=lambda place: (abs(place - self._went_last), -place))


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

    together, unfinished = smallest(_coupled(every, parses), lambda chosen: passes(list(chain(*chosen))))
    kept = list(chain(*together))
    if unfinished is None and len(together) < len(kept):
        kept, unfinished = smallest(kept, passes)
    tree = compose(before, kept)
    if lines_modified(before, tree).total > lines_modified(before, after).total:
        # Fewer hunks are more lines where one that is gone had lined up what another one moved.
        return Reduction(after, len(every), len(every), minimal=False, unfinished="fewer hunks would be more lines")
    return Reduction(tree, len(every), len(kept), unfinished is None, unfinished or "")


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
    """How many hunks a part of a repair has, and which it leaves out, in words."""
    left = [(n, hunk.path) for n, hunk in enumerate(every, 1) if hunk not in chosen]
    numbers = ", ".join(str(n) for n, _ in left)
    paths = ", ".join(dict.fromkeys(path for _, path in left))
    there = f"{len(every) - len(left)} of {counted(len(every), 'hunk')} still there"
    return f"{there}, without {numbers} ({paths})"


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
