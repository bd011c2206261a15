"""The lines modified between any two trees, file by file: edits by hand counted as the loop counts its own."""

from __future__ import annotations

from typing import Literal

from p2c.repair.counted import is_generated
from p2c.repair.lines import add, baseline_lines, changed_files, file_lines
from p2c.repair.text import is_binary
from p2c.repair.written_again import is_written_again
from p2c.types import LineCount, Value
from sandbox.tree import Tree

State = Literal["changed", "added", "removed", "moved"]


class FileLines(Value):
    """One file that is not the same in both trees."""

    path: str
    """As it is called after; before, where it is gone."""
    state: State
    moved_from: str | None = None
    """Its path before, where it was moved."""
    lines: LineCount
    """What changed in it."""
    not_counted: Literal["", "binary", "generated", "never code"] = ""
    """Why `lines` are none, or for a file that never was code, counted in `rewritten`; empty: they are in `net`."""


class LinesBetween(Value):
    """What `p2c lines --json` prints."""

    schema_version: Literal["1"] = "1"
    before: str
    """The baseline, as it was named."""
    after: str
    net: LineCount
    """From before to after."""
    rewritten: LineCount
    """Of files that never were code and were written again, by the rule in the README; not in `net`."""
    baseline_lines: int
    """Lines of the baseline that count: all but blank ones, in text files that are no data and no program generated."""
    baseline_python: int
    """Of these, the Python ones."""
    share: float
    """`net` over `baseline_lines`, 0 to 1; more where more was written than there was."""
    python_share: float
    """Python lines of `net` over `baseline_python`."""
    files: tuple[FileLines, ...]
    """By path."""


def lines_between(before: Tree, after: Tree, names: tuple[str, str] = ("before", "after")) -> LinesBetween:
    """The lines modified from one tree to another.

    Args:
        before: the baseline.
        after: what became of it.
        names: what the two are called.
    """
    files = tuple(_file(before, after, old, new) for old, new in changed_files(before, after))
    net = add(one.lines for one in files if one.not_counted != "never code")
    baseline = baseline_lines(before)
    return LinesBetween(
        before=names[0],
        after=names[1],
        net=net,
        rewritten=add(one.lines for one in files if one.not_counted == "never code"),
        baseline_lines=baseline.total,
        baseline_python=baseline.python,
        share=round(net.total / baseline.total, 6) if baseline.total else 0.0,
        python_share=round(net.python / baseline.python, 6) if baseline.python else 0.0,
        files=files,
    )


def _file(before: Tree, after: Tree, old: str | None, new: str | None) -> FileLines:
    path = new or old or ""
    one, other = before.files.get(old or "", b""), after.files.get(new or "", b"")
    lines = file_lines(before, after, old, new)
    state: State = "added" if old is None else "removed" if new is None else "changed" if old == new else "moved"
    why: Literal["", "binary", "generated", "never code"] = ""
    if is_generated(path):
        why = "generated"
    elif not lines.total and (is_binary(one) or is_binary(other)):
        why = "binary"
    elif old and new and is_written_again(new, one, other):
        why = "never code"
    return FileLines(
        path=path,
        state=state,
        moved_from=old if state == "moved" else None,
        lines=lines,
        not_counted=why,
    )
