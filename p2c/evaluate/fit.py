"""What fits into the model's context: by rule, the most telling files first, and every cut is said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from p2c.evaluate.gather import LeftOut, Source, Sources
from p2c.evaluate.kinds import Kind

CHARACTERS_A_TOKEN = 3
"""Low on purpose: English text has about four, code and mathematics three."""
_HEADER = 80
"""Characters that the lines around a file take, besides its path."""
_SHORTEST = 1_500
"""Characters; a piece of a file that is shorter than this tells little."""
_TURNS = ((Kind.code, Kind.configuration), (Kind.tests,), (Kind.documentation,))
"""What is shown while there is room; a few settings must not be lost to a long file of code."""
_TICKS = re.compile(r"`{3,}")


@dataclass(frozen=True)
class ShownFile:
    """A file as the evaluator sees it.

    Attributes:
        text: its text, or the start of it.
        lines: of the whole file.
        shown_lines: those that are shown.
    """

    path: str
    text: str
    lines: int
    shown_lines: int

    @property
    def fence(self) -> str:
        """A fence longer than every run of backticks in the text."""
        return "`" * max([3, *(len(run) + 1 for run in _TICKS.findall(self.text))])


@dataclass(frozen=True)
class Shown:
    """A repository as the evaluator sees it.

    Attributes:
        files: sorted by path.
        no_room: what is left out, or cut, because there is not room enough; sorted by path.
        by_rule: what is left out whatever the room; sorted by path.
        ignored: files that git ignores.
    """

    name: str
    digest: str
    files: tuple[ShownFile, ...]
    no_room: tuple[LeftOut, ...]
    by_rule: tuple[LeftOut, ...]
    ignored: int = 0

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """All that is not shown, or not whole; first what a larger context would show."""
        return self.no_room + self.by_rule

    @property
    def cut(self) -> int:
        """Files that are shown in part."""
        return sum(file.shown_lines < file.lines for file in self.files)

    @property
    def characters(self) -> int:
        """Of the files' text."""
        return sum(len(file.text) for file in self.files)


def level(wants: Sequence[int], room: int) -> int:
    """The cap under which all of `wants` fit into `room` together: what wants less gets all that it wants."""
    left, count = room, len(wants)
    for want in sorted(wants):
        if want * count > left:
            return max(0, left // count)
        left -= want
        count -= 1
    return max(wants, default=0)


def wanted(sources: Sources) -> int:
    """Characters that all of `sources` take."""
    return sum(_cost(source) for source in sources.files)


def fit(sources: Sources, room: int) -> Shown:
    """`sources` in at most `room` characters.

    Code and configuration come first, then tests, then documentation. Of those for which there is not room enough the
    longest files are cut at the end of a line, all to the same length, so that of every file the start is seen; what
    comes after them is left out.
    """
    shown: list[ShownFile] = []
    no_room: list[LeftOut] = []
    is_full = False
    for kinds in _TURNS:
        files = [source for source in sources.files if source.kind in kinds]
        if is_full:
            no_room += [_gone(source) for source in files]
            continue
        wants = [_cost(source) for source in files]
        cap = level(wants, room)
        is_full = cap < max(wants, default=0)
        for source in files:
            file = _cut(source, min(max(cap, _SHORTEST), room) if is_full else room)
            if file is None:
                no_room.append(_gone(source))
                continue
            shown.append(file)
            room -= len(file.text) + _overhead(source)
            if file.shown_lines < file.lines:
                why = f"only its first {file.shown_lines} of {file.lines} lines are shown"
                no_room.append(LeftOut(path=source.path, reason=why, bytes=source.size))
    shown.sort(key=lambda file: file.path)
    no_room.sort(key=lambda one: one.path)
    return Shown(sources.name, sources.digest, tuple(shown), tuple(no_room), sources.left_out, sources.ignored)


def _overhead(source: Source) -> int:
    return _HEADER + len(source.path)


def _cost(source: Source) -> int:
    return len(source.text) + _overhead(source)


def _cut(source: Source, room: int) -> ShownFile | None:
    """As much of the file as fits into `room` characters with what is around it; None: not worth showing."""
    lines = source.text.count("\n") + (not source.text.endswith("\n"))
    if _cost(source) <= room:
        return ShownFile(source.path, source.text.rstrip("\n"), lines, lines)
    kept = source.text[: max(0, room - _overhead(source))].rpartition("\n")[0]
    if len(kept) < _SHORTEST // 2:
        return None
    return ShownFile(source.path, kept, lines, kept.count("\n") + 1)


def _gone(source: Source) -> LeftOut:
    return LeftOut(path=source.path, reason="no room in the model's context", bytes=source.size)
