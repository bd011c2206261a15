"""Where one block changes a file, and several blocks together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from p2c.repair.answer import Block
from p2c.repair.diff import opcodes
from p2c.repair.marks import is_divider
from p2c.repair.match import Match, find, nearest
from p2c.repair.notations import others
from p2c.repair.text import SourceText

_ELIDED = re.compile(
    r"^\s*(?:#|//|<!--|--)?\s*(?:\.{3}|…)?\s*\(?\s*(?:the\s+)?(?:rest|remaining|remainder|existing|unchanged|other|previous|same|keep)\b"
    r".*\b(?:code|file|unchanged|same|here|above|below|remains?|methods?|functions?|implementation|imports?|logic)\b.*$",
    re.IGNORECASE,
)
_DOTS = re.compile(r"^\s*(?:(?:#|//)\s*)?(?:\.{3}|…)\s*$")
_TELLING = 4
"""Characters from which on a part of a line is no chance."""
_LONGEST = 300
"""Characters of a line that can say that others are left out."""


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


def change_of(text: SourceText, block: Block) -> Change:
    """What `block` does to `text`: the reading that fits, in the notation that fits.

    Where two readings fit and do not say the same, none is chosen.
    """
    tried = [changed_lines(text, search, replace) for search, replace in block.readings]
    found = [change for change in tried if change.found]
    if not found:
        noted = [reading for first in block.readings[:4] for reading in others(first)]
        retried = [changed_lines(text, *reading, noted=True) for reading in noted]
        return next((change for change in retried if change.found and not change.already), tried[0])
    rows = [abs(_rows(search) - _rows(replace)) for search, replace in block.readings]
    likely = [c for c, n in zip(tried, rows, strict=True) if c.found and n == min(rows)] or found
    if any(not _same(change, likely[0]) for change in likely):
        problem = "the block can be read in more than one way, for `=======` is in it; quote other lines"
        return Change(found=False, problem=problem)
    return likely[0]


def _rows(lines: Sequence[str]) -> int:
    return sum(is_divider(line) for line in lines)


def changed_lines(text: SourceText, search: Sequence[str], replace: Sequence[str], *, noted: bool = False) -> Change:
    """The change that a block makes to `text`; `noted` where it is read in another notation, and must fit exactly."""
    lines = text.lines
    if not any(line.strip() for line in search):
        problem = "`{path}` exists already, so SEARCH must quote lines of it; it is empty"
        there = tuple(replace) == lines
        return Change(found=there, already=there, problem="" if there else problem)
    elided = next((x for x in replace if elides(x) and x.strip() not in {y.strip() for y in lines}), None)
    if elided is not None:
        problem = f"REPLACE leaves code out (`{elided.strip()}`); write every line as it shall stand in the file"
        return Change(found=False, problem=problem)
    matches = find(search, lines, shifted=not noted)
    if len(matches) > 1:
        where = ", ".join(str(m.start + 1) for m in matches[:10]) + (", ..." if len(matches) > 10 else "")
        problem = (
            f"SEARCH stands {len(matches)} times in `{{path}}` (at lines {where}); quote more lines around the one"
        )
        return Change(found=False, problem=problem)
    if matches:
        return _replaced(lines, matches[0], search, replace)
    there = any(x.strip() for x in replace) and len(find(replace, lines)) == 1
    return Change(found=there, already=there, missing=not there)


def elides(line: str) -> bool:
    """Whether a line says "the rest as before" instead of being code."""
    if len(line) > _LONGEST or not line.lstrip().startswith(("#", "//", "...", "…", "<!--", "--")):
        return False
    return bool(_ELIDED.match(line)) or (bool(_DOTS.match(line)) and line.lstrip().startswith(("#", "//")))


def _replaced(lines: Sequence[str], match: Match, search: Sequence[str], replace: Sequence[str]) -> Change:
    old = tuple(lines[match.start : match.stop])
    new: tuple[str, ...] = ()
    for tag, start, stop, low, high in opcodes(search, replace):
        part = old[start:stop] if tag == "equal" else match.shift.moved(replace[low:high])
        if part is None:
            return Change(found=False, problem="SEARCH fits `{path}` only when indented otherwise; REPLACE cannot be")
        new += part
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


def not_found(search: Sequence[str], lines: Sequence[str], path: str, *, near: bool) -> str:
    """Why a block is refused whose SEARCH does not stand in `lines`; `near` where the nearest lines are shown."""
    elided = next((x for x in search if (elides(x) or _DOTS.match(x[:_LONGEST])) and x not in lines), None)
    if elided is not None:
        return f"SEARCH leaves lines out (`{elided.strip()}`); quote whole lines, one after the other"
    if part := _part_of_a_line(search, lines):
        return f"SEARCH does not stand in `{path}`: {part}; quote whole lines"
    line, real, how = nearest(search, lines) if near else (0, (), "")
    if not line:
        like = ", nor anything like it" if near else ""
        return f"SEARCH does not stand in `{path}`{like}; quote whole lines, character by character"
    shown = "\n".join(real)
    return f"SEARCH does not stand in `{path}`; the nearest lines there (from line {line}; {how}) are:\n{shown}"


def _part_of_a_line(search: Sequence[str], lines: Sequence[str]) -> str:
    """Which line of SEARCH is only a part of one in the file, where all the others are whole lines of it."""
    bare = [line.strip() for line in lines]
    odd = [line.strip() for line in search if line.strip() and line.strip() not in bare]
    if len(odd) != 1 or len(odd[0]) < _TELLING:
        return ""
    at = next((number for number, line in enumerate(bare, 1) if odd[0] in line), 0)
    return f"its line `{odd[0]}` is only a part of line {at}, `{bare[at - 1][:_LONGEST]}`" if at else ""


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
