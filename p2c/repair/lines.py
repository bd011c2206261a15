"""Lines modified: the figure that this project exists to make honest.

The rule: line up two versions of a file; within a hunk a replaced line counts once, so that a hunk costs
the larger of the lines removed and the lines added. Of all ways to line them up the cheapest counts. That
is the Levenshtein distance over lines, so the figure depends on no diff program, is the same in both
directions, and obeys the triangle inequality (net is never more than gross).

- Blank lines count nothing; nor do line endings and white space at the end of a line. Indentation counts.
- A file that was added or removed counts all its non-blank lines.
- A file that was moved counts only what changed in it. It was moved where a file that is gone and a new
  one with the same suffix have at least half of their lines in common.
- A binary file counts nothing; `changed_binaries` lists it.
- `.py` and `.pyi` are Python, everything else is `other`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from pathlib import PurePosixPath

from p2c.repair.text import is_binary
from p2c.types import LineCount
from sandbox.tree import Tree


def lines_modified(before: Tree, after: Tree) -> LineCount:
    """The lines modified between two trees."""
    moved = moves(before, after)
    python = other = 0
    gone = set(before.files) - set(after.files) - set(moved)
    for path in sorted(gone | set(after.files)):
        origin = next((old for old, new in moved.items() if new == path), path)
        old, new = before.files.get(origin, b""), after.files.get(path, b"")
        if old == new:
            continue
        count = distance(_counted(old), _counted(new))
        if path.endswith((".py", ".pyi")):
            python += count
        else:
            other += count
    return LineCount(python=python, other=other)


def add(counts: Iterable[LineCount]) -> LineCount:
    """The sum of `counts`."""
    everything = tuple(counts)
    return LineCount(python=sum(c.python for c in everything), other=sum(c.other for c in everything))


def baseline_lines(tree: Tree) -> int:
    """The non-blank lines of a tree's text files: what a share of lines modified is a share of."""
    return sum(len(_counted(content)) for content in tree.files.values())


def changed_binaries(before: Tree, after: Tree) -> tuple[str, ...]:
    """The binary files that differ; they count no lines."""
    paths = set(before.files) | set(after.files)
    changed = (p for p in paths if before.files.get(p) != after.files.get(p))
    return tuple(sorted(p for p in changed if is_binary(before.files.get(p, b"") + after.files.get(p, b""))))


def moves(before: Tree, after: Tree) -> dict[str, str]:
    """Which file that is gone is which new file: old path -> new path, the most similar pairs first."""
    gone = sorted(set(before.files) - set(after.files))
    new = sorted(set(after.files) - set(before.files))
    pairs = []
    for old_path in gone:
        for new_path in new:
            if PurePosixPath(old_path).suffix != PurePosixPath(new_path).suffix:
                continue
            share = _in_common(before.files[old_path], after.files[new_path])
            if share >= 0.5:
                pairs.append((-share, old_path, new_path))
    found: dict[str, str] = {}
    for _, old_path, new_path in sorted(pairs):
        if old_path not in found and new_path not in found.values():
            found[old_path] = new_path
    return found


def distance(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    """The Levenshtein distance between two sequences.

    Bit-parallel (Myers 1999, in the form of Hyyrö 2003): one big-integer step for each line of `new`.
    """
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    old, new = old[start:], new[start:]
    if not old or not new:
        return len(old) + len(new)
    where: dict[Hashable, int] = {}
    for index, line in enumerate(old):
        where[line] = where.get(line, 0) | (1 << index)
    full, last = (1 << len(old)) - 1, 1 << (len(old) - 1)
    plus, minus, score = full, 0, len(old)
    for line in new:
        match = where.get(line, 0)
        zero = (((match & plus) + plus) ^ plus) | match | minus
        up, down = minus | ~(zero | plus) & full, plus & zero
        score += bool(up & last) - bool(down & last)
        up, down = (up << 1 | 1) & full, down << 1 & full
        plus, minus = down | ~(zero | up) & full, up & zero
    return score


def _counted(content: bytes) -> tuple[bytes, ...]:
    if is_binary(content):
        return ()
    return tuple(line for line in map(bytes.rstrip, content.split(b"\n")) if line)


def _in_common(old: bytes, new: bytes) -> float:
    if old == new:
        return 1.0
    one, other = Counter(_counted(old)), Counter(_counted(new))
    larger = max(one.total(), other.total())
    return (one & other).total() / larger if larger else 0.0
