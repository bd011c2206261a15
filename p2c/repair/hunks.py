"""The difference of two trees as hunks that can be taken back one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff

from p2c.repair.text import is_binary, read_text
from sandbox.tree import Tree


@dataclass(frozen=True)
class Hunk:
    """One change of one file.

    Attributes:
        span: the lines (from 0) of the file before that it replaces; None where the file changes as a whole.
        lines: what takes their place.
        content: the new content of a file that changes as a whole; None deletes it.
    """

    path: str
    span: tuple[int, int] | None = None
    lines: tuple[str, ...] = ()
    content: bytes | None = None


def hunks(before: Tree, after: Tree) -> tuple[Hunk, ...]:
    """Every change between two trees; all of them composed onto `before` give `after`, byte for byte."""
    found: list[Hunk] = []
    for path in sorted(set(before.files) | set(after.files)):
        old, new = before.files.get(path), after.files.get(path)
        if old == new:
            continue
        if old is None or new is None or is_binary(old + new):
            found.append(Hunk(path, content=new))
            continue
        parts = tuple(_parts(path, old, new))
        whole = compose(Tree({path: old}), parts).files[path] != new
        found += [Hunk(path, content=new)] if whole else parts
    return tuple(found)


def _parts(path: str, old: bytes, new: bytes) -> list[Hunk]:
    """The hunks of one text file; lines that were replaced one for one are hunks of their own."""
    lines = read_text(new).lines
    matcher = SequenceMatcher(a=read_text(old).lines, b=lines, autojunk=False)
    found = []
    for tag, start, stop, low, high in matcher.get_opcodes():
        if tag == "replace" and stop - start == high - low:
            found += [Hunk(path, (start + i, start + i + 1), (lines[low + i],)) for i in range(stop - start)]
        elif tag != "equal":
            found.append(Hunk(path, (start, stop), tuple(lines[low:high])))
    return found


def compose(tree: Tree, chosen: Sequence[Hunk]) -> Tree:
    """`tree` with the chosen hunks made, all of them counted in lines of `tree`."""
    changes: dict[str, bytes | None] = {}
    by_path: dict[str, list[Hunk]] = {}
    for hunk in chosen:
        by_path.setdefault(hunk.path, []).append(hunk)
    for path, group in by_path.items():
        if group[0].span is None:
            changes[path] = group[0].content
            continue
        text = read_text(tree.files[path])
        for hunk in sorted(group, key=lambda h: h.span or (0, 0), reverse=True):
            start, stop = hunk.span or (0, 0)
            text = text.spliced(start, stop, hunk.lines)
        changes[path] = text.encode()
    return tree.changed(changes)


def unified(before: Tree, after: Tree) -> str:
    """The difference as a unified diff, for people and for the agent; binary files are only named."""
    parts: list[str] = []
    for path in sorted(set(before.files) | set(after.files)):
        old, new = before.files.get(path), after.files.get(path)
        if old == new:
            continue
        if is_binary((old or b"") + (new or b"")):
            parts.append(f"Binary file {path} differs")
            continue
        names = ("/dev/null" if old is None else f"a/{path}", "/dev/null" if new is None else f"b/{path}")
        lines = unified_diff(read_text(old or b"").lines, read_text(new or b"").lines, *names, lineterm="")
        parts += lines or [f"{path}: only line endings differ"]
    return "\n".join(part.encode("utf-8", "replace").decode() for part in parts)
