"""Where one block changes a file, and several blocks together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from p2c.repair.edits import Block
from p2c.repair.match import Match, find, nearest
from p2c.repair.text import SourceText

_ELIDED = re.compile(
    r"^\s*(?:#|//|<!--|--)?\s*(?:\.{3}|…)?\s*\(?\s*(?:the\s+)?(?:rest|remaining|remainder|existing|unchanged|other|previous|same|keep)\b"
    r".*\b(?:code|file|unchanged|same|here|above|below|remains?|methods?|functions?|implementation|imports?|logic)\b.*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Refused:
    """Why something was not done."""

    reason: str


@dataclass(frozen=True)
class Change:
    """What one block does to a file: lines `start:stop` (from 0) become `lines`; or why it does nothing.

    Only the lines that differ are held, so that blocks which share context do not get into each other's way.
    `quoted` are the lines that SEARCH stands for, from the first up to but not with the second.
    """

    found: bool
    start: int = 0
    stop: int = 0
    lines: tuple[str, ...] = ()
    quoted: tuple[int, int] = (0, 0)
    already: bool = False
    unchanging: bool = False
    missing: bool = False
    problem: str = ""

    def reason(self, path: str) -> str:
        """Why the block was refused, for `path`."""
        return self.problem.replace("{path}", path)


def changed_lines(text: SourceText, search: Sequence[str], replace: Sequence[str]) -> Change:
    """The change that a block makes to `text`."""
    lines = text.lines
    if not any(line.strip() for line in search):
        problem = "`{path}` exists already, so SEARCH must quote lines of it; it is empty"
        there = tuple(replace) == lines
        return Change(found=there, already=there, problem="" if there else problem)
    elided = next((x for x in replace if elides(x) and x.strip() not in {y.strip() for y in lines}), None)
    if elided is not None:
        problem = f"REPLACE leaves code out (`{elided.strip()}`); write every line as it shall stand in the file"
        return Change(found=False, problem=problem)
    matches = find(search, lines)
    if len(matches) > 1:
        where = ", ".join(str(m.start + 1) for m in matches[:10])
        problem = (
            f"SEARCH stands {len(matches)} times in `{{path}}` (at lines {where}); quote more lines around the one"
        )
        return Change(found=False, problem=problem)
    if matches:
        return _replaced(lines, matches[0], replace)
    there = any(x.strip() for x in replace) and len(find(replace, lines)) == 1
    return Change(found=there, already=there, missing=not there, problem="" if there else _not_found(search, lines))


def elides(line: str) -> bool:
    """Whether a line says "the rest as before" instead of being code."""
    return bool(_ELIDED.match(line)) and line.lstrip().startswith(("#", "//", "...", "…", "<!--", "--"))


def _replaced(lines: Sequence[str], match: Match, replace: Sequence[str]) -> Change:
    new = match.shift.moved(replace)
    if new is None:
        return Change(found=False, problem="SEARCH fits `{path}` only when indented less, and REPLACE cannot be")
    old = tuple(lines[match.start : match.stop])
    if new == old:
        return Change(found=True, unchanging=True)
    if _there_already(lines, match, old, new):
        return Change(found=True, already=True)
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    core = new[head : len(new) - tail]
    quoted = (match.start, match.stop)
    return Change(found=True, start=match.start + head, stop=match.stop - tail, lines=core, quoted=quoted)


def _there_already(lines: Sequence[str], match: Match, old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Whether a block that only adds lines around an anchor finds them there already."""
    for offset in range(len(new) - len(old) + 1):
        if new[offset : offset + len(old)] != old:
            continue
        begin = match.start - offset
        added = new[:offset] + new[offset + len(old) :]
        if begin >= 0 and any(x.strip() for x in added) and tuple(lines[begin : begin + len(new)]) == new:
            return True
    return False


def _not_found(search: Sequence[str], lines: Sequence[str]) -> str:
    line, real, how = nearest(search, lines)
    if not line:
        return "SEARCH does not stand in `{path}`, nor anything like it; quote whole lines, character by character"
    shown = "\n".join(real)
    return f"SEARCH does not stand in `{{path}}`; the nearest lines there (from line {line}; {how}) are:\n{shown}"


def merged(
    text: SourceText, changes: Sequence[tuple[Block, Change]], refused: dict[Block, str], path: str
) -> SourceText:
    """All changes made at once; the blocks that overlap an earlier one are put into `refused`."""
    taken: list[tuple[Block, Change]] = []
    for block, change in changes:
        if change.already or change.unchanging:
            continue
        clash = next((b for b, other in taken if overlap(change, other) and not _same(change, other)), None)
        if clash is not None:
            refused[block] = f"it changes the same lines of `{path}` as {clash.name}; make one block of the two"
        elif not any(_same(change, other) for _, other in taken):
            taken.append((block, change))
    for _, change in sorted(taken, key=lambda item: (item[1].start, item[1].stop), reverse=True):
        text = text.spliced(change.start, change.stop, change.lines)
    return text


def overlap(one: Change, other: Change) -> bool:
    """Whether both change the same lines; not where one only adds lines above those that the other replaces."""
    if not all(change.found and not change.already and not change.unchanging for change in (one, other)):
        return False
    first, second = sorted((one, other), key=lambda c: (c.start, c.stop))
    if first.start != second.start:
        return second.start < first.stop
    adds = first.start == first.stop and second.start < second.stop
    return not adds or (first.quoted[0] < second.quoted[1] and second.quoted[0] < first.quoted[1])


def _same(one: Change, other: Change) -> bool:
    return (one.start, one.stop, one.lines) == (other.start, other.stop, other.lines)
