"""Lines modified: the figure that this project exists to make honest.

The rule: line up two versions of a file; within a hunk a replaced line counts once, so that a hunk costs
the larger of the lines removed and the lines added. Of all ways to line them up the cheapest counts. That
is the Levenshtein distance over lines (`distance.py`), so the figure depends on no diff program, is the same in
both directions, and for files that keep their paths obeys the triangle inequality (net is never more than gross).

- `counted.py` says which lines of a file count at all.
- A file that was added or removed counts all its lines that count.
- A file that was moved counts only what changed in it. It was moved where a file that is gone and a new
  one with the same suffix have at least half of their lines in common (git's threshold as well).
- A block that was moved, within a file or into another one, counts where it went and where it came from: these are
  two places that somebody had to change, and which of several alike blocks went where is nobody's to know.
- What a share is a share of are the lines of the tree before that count, without those of data.
- A file that was not read from a folder as a file (a link out of it, a FIFO) counts nothing, nor does a mode.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from p2c.repair.counted import Counted, counted_lines, is_no_source
from p2c.repair.distance import distance
from p2c.types import LineCount
from sandbox.tree import Tree

_MOVED = 0.5
"""The share of the larger file's lines that two files have in common, where one is the other moved."""


def lines_modified(before: Tree, after: Tree) -> LineCount:
    """The lines modified between two trees."""
    return add(file_lines(before, after, old, new) for old, new in changed_files(before, after))


def add(counts: Iterable[LineCount]) -> LineCount:
    """The sum of `counts`."""
    everything = tuple(counts)
    return LineCount(python=sum(c.python for c in everything), other=sum(c.other for c in everything))


def changed_files(before: Tree, after: Tree) -> Iterator[tuple[str | None, str | None]]:
    """The path before and the path after of each file that changed or moved, by path; None: there is no such file."""
    moved = moves(before, after)
    origins = {new: old for old, new in moved.items()}
    for path in sorted((before.files.keys() | after.files.keys()) - moved.keys()):
        origin = origins.get(path, path if path in before.files else None)
        target = path if path in after.files else None
        if origin != target or before.files[path] != after.files[path]:
            yield origin, target


def file_lines(before: Tree, after: Tree, old: str | None, new: str | None) -> LineCount:
    """The lines modified of one file: `old` in the tree before is `new` in the one after."""
    one = counted_lines(old, before.files[old]) if old else Counted()
    other = counted_lines(new, after.files[new]) if new else Counted()
    return LineCount(python=distance(one.python, other.python), other=distance(one.other, other.other))


def baseline_lines(tree: Tree) -> LineCount:
    """The lines of a tree that count, without data: what a share of lines modified is a share of."""
    files = ((path, counted_lines(path, content)) for path, content in tree.files.items())
    everything = [counted for path, counted in files if not is_no_source(path, counted)]
    return LineCount(python=sum(len(c.python) for c in everything), other=sum(len(c.other) for c in everything))


def moves(before: Tree, after: Tree) -> dict[str, str]:
    """Which file that is gone is which new file: old path -> new path, the most similar pairs first.

    Of pairs that are equally similar those come first whose files keep their names; the order is the same in both
    directions.
    """
    gone = {path: _Content(path, before.files[path]) for path in before.files.keys() - after.files.keys()}
    new = {path: _Content(path, after.files[path]) for path in after.files.keys() - before.files.keys()}
    pairs = []
    for old_path, one in gone.items():
        for new_path, other in new.items():
            share = one.in_common(other)
            if share >= _MOVED:
                renamed = PurePosixPath(old_path).name != PurePosixPath(new_path).name
                pairs.append((-share, renamed, sorted((old_path, new_path)), old_path, new_path))
    found: dict[str, str] = {}
    taken: set[str] = set()
    for _, _, _, old_path, new_path in sorted(pairs):
        if old_path not in found and new_path not in taken:
            found[old_path] = new_path
            taken.add(new_path)
    return found


class _Content:
    """A file that may have been moved."""

    def __init__(self, path: str, content: bytes) -> None:
        self._suffix = PurePosixPath(path).suffix
        self._content = content
        counted = counted_lines(path, content)
        self._lines = Counter((*counted.python, *counted.other))
        self._size = self._lines.total()

    def in_common(self, other: _Content) -> float:
        """The share of lines in common, of the larger file's, 0 to 1; 0 for files of different kinds."""
        if self._suffix != other._suffix:
            return 0.0
        if self._content == other._content:
            return 1.0
        smaller, larger = sorted((self._size, other._size))
        if smaller < _MOVED * larger or not larger:
            return 0.0
        return (self._lines & other._lines).total() / larger
