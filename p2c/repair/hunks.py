"""The difference of two trees as hunks that can be taken back one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff

from p2c.repair.diff import opcodes
from p2c.repair.lines import changed_files
from p2c.repair.text import is_binary, read_text
from sandbox.tree import Tree

_PLAINLY = 0.5
"""How alike two lines are, by difflib's ratio, where one plainly became the other."""
_LARGEST = 2_500
"""Pairs of lines that are compared within one block."""
_WIDTH = 400
"""Characters of a line that are."""


@dataclass(frozen=True)
class Hunk:
    """One change of one file.

    Attributes:
        span: the lines (from 0) of the file before that it replaces; None where the file changes as a whole.
        lines: what takes their place.
        content: the new content of a file that changes as a whole; None deletes it.
        to: where the file goes; its lines are changed by other hunks, or by `content`.
    """

    path: str
    span: tuple[int, int] | None = None
    lines: tuple[str, ...] = ()
    content: bytes | None = None
    to: str | None = None


def hunks(before: Tree, after: Tree) -> tuple[Hunk, ...]:
    """Every change between two trees; all of them composed onto `before` give `after`, byte for byte."""
    found: list[Hunk] = []
    for origin, target in changed_files(before, after):
        old = before.files[origin] if origin else None
        new = after.files[target] if target else None
        if origin is None or old is None or new is None:
            found.append(Hunk(origin or target or "", content=new))
            continue
        to = target if target != origin else None
        parts = [] if is_binary(old + new) else _parts(origin, old, new)
        if compose(Tree({origin: old}), parts).files[origin] != new:
            found.append(Hunk(origin, content=new, to=to))
        else:
            found += [*parts, Hunk(origin, to=to)] if to else parts
    return tuple(found)


def _parts(path: str, old: bytes, new: bytes) -> list[Hunk]:
    """The hunks of one text file; a line that took the place of another is a hunk of its own."""
    old_lines, lines = read_text(old).lines, read_text(new).lines
    found = []
    for tag, start, stop, low, high in opcodes(old_lines, lines):
        if tag == "replace":
            spans = paired(old_lines[start:stop], lines[low:high])
            found += [Hunk(path, (start + a, start + b), tuple(lines[low + c : low + d])) for a, b, c, d in spans]
        elif tag != "equal":
            found.append(Hunk(path, (start, stop), tuple(lines[low:high])))
    return found


def paired(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """A replaced block, cut up where a line plainly became another: spans of `old` and of `new`, from 0.

    What lies between such pairs stays whole: lines that have nothing to do with each other are no smaller repair mixed.
    """
    row = column = 0
    for i, j in _pairs(old, new):
        if (row, column) != (i, j):
            yield row, i, column, j
        yield i, i + 1, j, j + 1
        row, column = i + 1, j + 1
    if (row, column) != (len(old), len(new)):
        yield row, len(old), column, len(new)


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Which line became which: by their places in blocks of one length, else by likeness."""
    if len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [(i, i) for i, (line, other) in pairs if _alike(line, other) >= _PLAINLY]
    return _alignment(old, new) if len(old) * len(new) <= _LARGEST else []


def _alike(line: str, other: str) -> float:
    return SequenceMatcher(a=line.strip()[:_WIDTH], b=other.strip()[:_WIDTH], autojunk=False).ratio()


def _alignment(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of lines that resemble each other, in order, as alike as possible in sum."""
    best: list[list[tuple[float, list[tuple[int, int]]]]] = [[(0.0, [])] * (len(new) + 1)]
    for i, line in enumerate(old):
        row: list[tuple[float, list[tuple[int, int]]]] = [(0.0, [])]
        for j, other in enumerate(new):
            alike = _alike(line, other)
            choices = [best[i][j + 1], row[j]]
            if alike >= _PLAINLY:
                score, pairs = best[i][j]
                choices.append((score + alike, [*pairs, (i, j)]))
            row.append(max(choices, key=lambda choice: choice[0]))
        best.append(row)
    return best[-1][-1][1]


def compose(tree: Tree, chosen: Sequence[Hunk]) -> Tree:
    """`tree` with the chosen hunks made, all of them counted in lines of `tree`."""
    changes: dict[str, bytes | None] = {}
    by_path: dict[str, list[Hunk]] = {}
    for hunk in chosen:
        by_path.setdefault(hunk.path, []).append(hunk)
    for path, group in by_path.items():
        whole = next((hunk for hunk in group if hunk.span is None), None)
        content = whole.content if whole else None
        spans = sorted(((hunk.span, hunk.lines) for hunk in group if hunk.span), reverse=True)
        if whole and whole.to and content is None:
            content = tree.files[path]
        if spans:
            text = read_text(tree.files[path])
            for (start, stop), lines in spans:
                text = text.spliced(start, stop, lines)
            content = text.encode()
        if whole and whole.to:
            changes[path] = None
        changes[whole.to if whole and whole.to else path] = content
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
