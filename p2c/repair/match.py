"""Where a block's lines stand in a file: by whole lines, exact, else with a uniform shift; nothing fuzzier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True)
class Shift:
    """White space that every line has more (`added`) or less (`removed`) in the file than in the block."""

    added: str = ""
    removed: str = ""

    def moved(self, lines: Sequence[str]) -> tuple[str, ...] | None:
        """`lines` with the shift applied, or None where a line has not the white space to lose."""
        if any(x.strip() and not x.startswith(self.removed) for x in lines):
            return None
        return tuple(self.added + x.removeprefix(self.removed) if x.strip() else x for x in lines)


@dataclass(frozen=True)
class Match:
    """Lines `start:stop` (from 0) of a file."""

    start: int
    stop: int
    shift: Shift = Shift()


def find(search: Sequence[str], lines: Sequence[str]) -> tuple[Match, ...]:
    """Every place where `search` stands in `lines`: the exact ones, else those with a uniform shift."""
    size = len(search)
    if not any(x.strip() for x in search):
        return ()
    wanted = tuple(search)
    starts = range(len(lines) - size + 1)
    exact = tuple(Match(i, i + size) for i in starts if lines[i] == wanted[0] and tuple(lines[i : i + size]) == wanted)
    if exact:
        return exact
    first = next(i for i, x in enumerate(search) if x.strip())
    bare = search[first].lstrip()
    shifts = ((i, _shift(search, lines[i : i + size])) for i in starts if lines[i + first].lstrip() == bare)
    return tuple(Match(i, i + size, shift) for i, shift in shifts if shift)


def _shift(search: Sequence[str], lines: Sequence[str]) -> Shift | None:
    found: Shift | None = None
    for wanted, line in zip(search, lines, strict=True):
        if not wanted.strip() and not line.strip():
            continue
        if wanted.lstrip() != line.lstrip():
            return None
        more, less = _indent(line), _indent(wanted)
        if more.endswith(less):
            shift = Shift(added=more[: len(more) - len(less)])
        elif less.endswith(more):
            shift = Shift(removed=less[: len(less) - len(more)])
        else:
            return None
        if found is not None and shift != found:
            return None
        found = shift
    return found


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def nearest(search: Sequence[str], lines: Sequence[str], context: int = 1) -> tuple[int, tuple[str, ...], str]:
    """The real lines most like `search`: the line number (from 1), the lines, and how they differ.

    Returns `(0, (), "")` where nothing resembles it.
    """
    wanted = [x.strip() for x in search if x.strip()][:40]
    bare = [x.strip() for x in lines]
    if not wanted or not any(bare):
        return 0, (), ""
    known = set(wanted)
    hits = [i for i, x in enumerate(bare) if x in known]
    same = len({bare[i] for i in hits}) == len(known)
    if not hits:
        hits = _resembling(max(wanted, key=len), bare)
    if not hits:
        return 0, (), ""
    span = len(search)
    start = max(hits, key=lambda i: (sum(x in known for x in bare[i : i + span]), -i))
    low, high = max(0, start - context), min(len(lines), start + min(span, 20) + context)
    how = "they differ in indentation, in white space, or in lines between" if same else "lines differ"
    return low + 1, tuple(lines[low:high]), how


def _resembling(wanted: str, bare: Sequence[str]) -> list[int]:
    best, where = 0.6, []
    matcher = SequenceMatcher(b=wanted, autojunk=False)
    for index, line in enumerate(bare[:5000]):
        if not line or not 0.3 < len(line) / len(wanted) < 3.3 or len(line) > 500:
            continue
        matcher.set_seq1(line)
        if matcher.quick_ratio() > best and matcher.ratio() > best:
            best, where = matcher.ratio(), [index]
    return where
