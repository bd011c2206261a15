"""Where a block's lines stand in a file: whole lines, exact, else the same lines indented otherwise as a whole.

Otherwise as a whole is: every line has the same white space more or less, or tabs where the block has blanks (or the
other way about) by one width; white space at the end of a line counts nothing then. Nothing is fuzzier than that.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice

_MOST = 50
"""Places that are counted; with more than one nothing is done."""
_TRIED = 5_000
"""Places that are looked at for a shift; where there are more, nobody can say which is meant."""


@dataclass(frozen=True)
class Shift:
    """White space that every line has more (`added`) or less (`removed`) in the file than in the block.

    Attributes:
        tab: blanks that the block has for each tab of the file; below 0 it is the file that has the blanks; 0: neither.
    """

    added: str = ""
    removed: str = ""
    tab: int = 0

    def moved(self, lines: Sequence[str]) -> tuple[str, ...] | None:
        """`lines` as the file would have them, or None where a line cannot be."""
        found = [self._line(line) if line.strip() else line for line in lines]
        return None if None in found else tuple(x for x in found if x is not None)

    def _line(self, line: str) -> str | None:
        if not self.tab:
            return self.added + line.removeprefix(self.removed) if line.startswith(self.removed) else None
        indent = _indent(line)
        if self.tab < 0:
            return " " * (-self.tab * len(indent)) + line.lstrip() if not indent.strip("\t") else None
        whole = not indent.strip(" ") and len(indent) % self.tab == 0
        return "\t" * (len(indent) // self.tab) + line.lstrip() if whole else None


@dataclass(frozen=True)
class Match:
    """Lines `start:stop` (from 0) of a file."""

    start: int
    stop: int
    shift: Shift = Shift()


def find(search: Sequence[str], lines: Sequence[str], *, shifted: bool = True) -> tuple[Match, ...]:
    """Every place where `search` stands in `lines`: the exact ones, else, where wanted, those indented otherwise.

    At most `_MOST` are returned.
    """
    size = len(search)
    if not any(x.strip() for x in search) or size > len(lines):
        return ()
    exact = tuple(Match(i, i + size) for i in islice(_places(search, _joined(tuple(lines))), _MOST))
    if exact or not shifted:
        return exact
    found: list[Match] = []
    for count, start in enumerate(_places([x.strip() for x in search], _stripped(tuple(lines)))):
        if count == _TRIED:
            return ()
        shift = _shift(search, lines[start : start + size])
        found += [Match(start, start + size, shift)] if shift else []
        if len(found) == _MOST:
            break
    return tuple(found)


@dataclass(frozen=True)
class _Joined:
    text: str
    starts: tuple[int, ...]


@lru_cache(maxsize=4)
def _joined(lines: tuple[str, ...]) -> _Joined:
    """All lines as one text, in which Python finds others in linear time, and where each begins in it."""
    starts, at = [], 0
    for line in lines:
        starts.append(at)
        at += len(line) + 1
    return _Joined("\n" + "\n".join(lines) + "\n", tuple(starts))


@lru_cache(maxsize=4)
def _stripped(lines: tuple[str, ...]) -> _Joined:
    return _joined(tuple(line.strip() for line in lines))


def _places(wanted: Sequence[str], joined: _Joined) -> Iterator[int]:
    """The lines (from 0) at which all of `wanted` stands."""
    needle = "\n" + "\n".join(wanted) + "\n"
    at = joined.text.find(needle)
    while at >= 0:
        yield bisect_right(joined.starts, at) - 1
        at = joined.text.find(needle, at + 1)


def _shift(search: Sequence[str], lines: Sequence[str]) -> Shift | None:
    pairs = [(_indent(wanted), _indent(line)) for wanted, line in zip(search, lines, strict=True) if wanted.strip()]
    return _uniform(pairs) or _retabbed(pairs)


def _uniform(pairs: Sequence[tuple[str, str]]) -> Shift | None:
    """The white space that all lines have more, or less, in the file; pairs are block's and file's."""
    less, more = pairs[0]
    if more.endswith(less):
        shift = Shift(added=more[: len(more) - len(less)])
    elif less.endswith(more):
        shift = Shift(removed=less[: len(less) - len(more)])
    else:
        return None
    fits = all(shift.added + less == shift.removed + more for less, more in pairs)
    return shift if fits else None


def _retabbed(pairs: Sequence[tuple[str, str]]) -> Shift | None:
    """Tabs for blanks, or blanks for tabs, by one width in all lines."""
    deep = [pair for pair in pairs if any(pair)]
    for sign, blanks, tabs in ((1, 0, 1), (-1, 1, 0)):
        if not all(pair[tabs] and not pair[blanks].strip(" ") and not pair[tabs].strip("\t") for pair in deep):
            continue
        widths = {len(pair[blanks]) / len(pair[tabs]) for pair in deep}
        if len(widths) == 1 and (width := widths.pop()) in (2, 3, 4, 8):
            return Shift(tab=sign * int(width))
    return None


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def nearest(search: Sequence[str], lines: Sequence[str], context: int = 1) -> tuple[int, tuple[str, ...], str]:
    """The real lines most like `search`: the line number (from 1), the lines, and how they differ.

    Returns `(0, (), "")` where nothing resembles it. Of long texts only a part is compared.
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
    span = min(len(search), 60)
    start = max(hits[:2_000], key=lambda i: (sum(x in known for x in bare[i : i + span]), -i))
    low, high = max(0, start - context), min(len(lines), start + min(span, 20) + context)
    how = "they differ in indentation, in white space, or in lines between" if same else "lines differ"
    return low + 1, tuple(line[:300] for line in lines[low:high]), how


def _resembling(wanted: str, bare: Sequence[str]) -> list[int]:
    best, where, costly = 0.6, [], 0
    matcher = SequenceMatcher(b=wanted[:300], autojunk=False)
    for index, line in enumerate(bare[:5_000]):
        if not line or len(line) > 300 or not 0.3 < len(line) / len(wanted) < 3.3:
            continue
        matcher.set_seq1(line)
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
            costly += 1
            if matcher.ratio() > best:
                best, where = matcher.ratio(), [index]
        if costly == 200:
            break
    return where
