"""Two failures in one statement: whether the second one was there all along, behind the first.

After an edit of a line that fails, the line may fail again: by the edit's own fault, or where it would have failed
anyhow once the first fault was gone (`np.float(a) + np.int(b)`). It is the latter where what fails now stood in the
line before, word for word, after what failed then. Python says what failed: it marks the part of the line (PEP 657; of
a chain of attributes and calls its last link counts), or names what could not be imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from p2c.repair.diff import opcodes
from sandbox.traceback import WORKSPACE, deepest_frame
from sandbox.verdict import Failure, Frame

_WORD = re.compile(r"\w+|[^\w\s]")
_MARKS = re.compile(r"^\s+(?P<marks>[~^]+)\s*$")
_NOT_IMPORTED = re.compile(r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'")
_BRACKETS = tuple(zip("([{", ")]}", strict=True))


class _Word(NamedTuple):
    """A word or a sign; `line` counts from 1 in its file, columns from 0 in characters."""

    text: str
    line: int
    start: int
    end: int


def was_behind(old: Sequence[str], new: Sequence[str], failed: Failure, fails: Failure) -> bool:
    """Whether the failure `fails`, in lines that the edit wrote, was behind `failed` before them.

    Args:
        old, new: the lines of the file before the edit and after it, in which `failed` and `fails` happened.
    """
    mine, its = deepest_frame(failed.frames), deepest_frame(fails.frames)
    if mine is None or its is None or (mine.file, mine.function) != (its.file, its.function):
        return False
    if len({name["module"] for one in (failed, fails) if (name := _NOT_IMPORTED.search(one.message))}) > 1:
        return False  # what the one module has not, the other may have had
    for tag, start, stop, low, high in opcodes(old, new):
        if tag != "equal" and start < mine.line <= stop and low < its.line <= high:
            was, now = list(_words(old, start, stop)), list(_words(new, low, high))
            return _stood_after(was, now, _accused(failed, mine, was, old), _accused(fails, its, now, new))
    return False


def _stood_after(was: list[_Word], now: list[_Word], first: list[int], second: list[int]) -> bool:
    """Whether the words `second` of those now are words that stood before, side by side, after the words `first`."""
    stood = {
        low + n: start + n
        for tag, start, stop, low, _ in opcodes([word.text for word in was], [word.text for word in now])
        for n in range(stop - start)
        if tag == "equal"
    }
    places = [stood.get(place, -1) for place in second]
    is_whole = all(other == one + 1 for one, other in pairwise(places))
    return bool(first and places) and is_whole and places[0] > first[-1]


def _words(lines: Sequence[str], start: int, stop: int) -> Iterator[_Word]:
    for number in range(start, stop):
        for match in _WORD.finditer(lines[number]):
            yield _Word(match[0], number + 1, match.start(), match.end())


def _accused(failure: Failure, frame: Frame, words: list[_Word], lines: Sequence[str]) -> list[int]:
    """The places among `words` of what failed; none where that is not said."""
    name = _NOT_IMPORTED.search(failure.message)
    if name:
        return [n for n, word in enumerate(words) if word.text == name["name"]][:1]
    line = lines[frame.line - 1] if frame.line <= len(lines) else ""
    start, end = _marked(failure.evidence, frame, line)
    marked = line[start:end]
    if any(marked.count(opening) != marked.count(closing) for opening, closing in _BRACKETS):
        return []  # it goes on in the next line, and what of it is not marked
    if "'NoneType' object" not in failure.message:  # of which the link before it is to blame
        start += _last_link(marked)
    return [n for n, word in enumerate(words) if word.line == frame.line and start <= word.start and word.end <= end]


def _last_link(marked: str) -> int:
    """Where the last link of a chain of attributes and calls begins: it is what failed of `data.first().second()`."""
    try:
        node = ast.parse(marked, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
    node = node.func if isinstance(node, ast.Call) else node
    if not isinstance(node, ast.Attribute):
        return 0
    return len(marked.encode()[: node.value.end_col_offset].decode())


def _marked(traceback: str, frame: Frame, line: str) -> tuple[int, int]:
    """The part of `line` (from, to: columns) that a traceback marks below the last call at `frame`; else an empty one.

    Python shows a line without its indentation, and marks nothing where all of it failed.
    """
    shown = traceback.splitlines()
    heads = tuple(f'File "{path}", line {frame.line},' for path in (WORKSPACE + frame.file, frame.file))
    for number in range(len(shown) - 3, -1, -1):
        if shown[number].lstrip().startswith(heads):
            match = _MARKS.match(shown[number + 2])
            if match is None or shown[number + 1].strip() != line.strip():
                return 0, 0
            indented = len(line) - len(line.lstrip()) - (len(shown[number + 1]) - len(shown[number + 1].lstrip()))
            return match.start("marks") + indented, match.end("marks") + indented
    return 0, 0
