"""A block in another notation than the file's: with line numbers, HTML entities, typographic signs, a diff's signs.

Each notation is undone as a whole, in SEARCH and REPLACE alike, and counts only where SEARCH then stands in the file
character by character: the tree decides, nothing is guessed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from p2c.repair.answer import Lines, Reading

_NUMBER = re.compile(r"^\s*(?P<number>\d{1,6})(?P<sign>[|:\t│])(?P<code>.*)$")
_SIGNS = (
    str.maketrans(dict.fromkeys("\u00a0\u2007\u202f", " ")),
    str.maketrans(dict.fromkeys("\u200b\u200c\u200d\ufeff\u2060", "")),
    str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f", '"')),
    str.maketrans(dict.fromkeys("\u2018\u2019\u201a\u201b", "'")),
    str.maketrans(dict.fromkeys("\u2010\u2011\u2212", "-")),
)


def others(reading: Reading) -> Iterator[Reading]:
    """`reading` with one notation undone, each that SEARCH can be in."""
    search, replace = reading
    if any("&" in line for line in search):
        yield tuple(map(html.unescape, search)), tuple(map(html.unescape, replace))
    if not all(line.isascii() for line in search):
        yield _plain(search, replace)
    yield from _unnumbered(search, replace)
    signs = {x[:1] for x in search if x} - {" "}, {x[:1] for x in replace if x} - {" "}
    if signs[0] == {"-"} and signs[1] <= {"+"}:
        yield tuple(x[1:] for x in search), tuple(x[1:] for x in replace)


def _plain(search: Lines, replace: Lines) -> Reading:
    """Blanks and quotes as a keyboard has them; only the kinds that SEARCH has are undone in REPLACE."""
    for table in _SIGNS:
        changed = tuple(line.translate(table) for line in search)
        if changed != search:
            search, replace = changed, tuple(line.translate(table) for line in replace)
    return search, replace


def _unnumbered(search: Lines, replace: Lines) -> Iterator[Reading]:
    """Without line numbers that count up; and without the one blank behind each, where all have it."""
    found = _numbers(search)
    if found is None:
        return
    again = _numbers(replace, counting=False)
    new = replace if again is None else again
    yield found, new
    if all(line.startswith(" ") or not line for line in found):
        yield tuple(x[1:] for x in found), replace if again is None else tuple(x[1:] for x in again)


def _numbers(lines: Lines, *, counting: bool = True) -> Lines | None:
    """`lines` without the numbers in front; None where a line has none, or they do not count up by one."""
    matches = [_NUMBER.match(line) for line in lines]
    if not matches or not all(matches):
        return None
    numbers = [int(match["number"]) for match in matches if match]
    if counting and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return None
    return tuple(match["code"] for match in matches if match)
