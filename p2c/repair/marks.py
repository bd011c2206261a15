"""The signs of an answer's form: those of a block, and fences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from p2c.repair.answer import Lines

LONGEST = 300
"""Characters of a line that can be a sign or a path; what is longer is content, and no pattern is tried on it."""

_HEAD = re.compile(r"^\s*(?:<{5,9}\s*(?:SEARCH|ORIGINAL|OLD|HEAD)?|-{5,9}\s*SEARCH)\b:?(?P<rest>[^<>]*)>?\s*$", re.I)
_DIVIDER = re.compile(r"^\s*={5,9}\s*$")
_TAIL = re.compile(r"^\s*(?:>{5,9}\s*(?:REPLACE|UPDATED|NEW|REPLACEMENT)?|\+{5,9}\s*REPLACE)\s*(?:`{3,})?\s*$", re.I)
_FENCE = re.compile(r"^\s*(?P<fence>`{3,}|~{3,})\s*(?P<info>[^`]*)$")


def head(line: str) -> str | None:
    """What stands behind `<<<<<<< SEARCH` (or cline's `------- SEARCH`); None where the line is none."""
    match = _HEAD.match(line) if len(line) <= LONGEST else None
    return match["rest"].strip() if match else None


def is_divider(line: str) -> bool:
    """Whether it is `=======`."""
    return len(line) <= LONGEST and bool(_DIVIDER.match(line))


def is_tail(line: str) -> bool:
    """Whether it is `>>>>>>> REPLACE` (or cline's `+++++++ REPLACE`)."""
    return len(line) <= LONGEST and bool(_TAIL.match(line))


def fence(line: str) -> tuple[str, str] | None:
    """The fence that opens here, and its info string."""
    match = _FENCE.match(line) if len(line) <= LONGEST else None
    return (match["fence"], match["info"].strip()) if match else None


def closes(line: str, opening: str) -> bool:
    """Whether `line` closes the fence that the line `opening` opens (CommonMark: indented at most three more)."""
    text, begun = line.strip(), opening.strip()
    size = len(begun) - len(begun.lstrip(begun[0]))
    deep = len(line) - len(line.lstrip()) > len(opening) - len(opening.lstrip()) + 3
    return len(text) >= size and not deep and set(text) == {begun[0]}


def unfenced(lines: Lines) -> Lines:
    """`lines` without a fence around all of them."""
    shown = [i for i, line in enumerate(lines) if line.strip()]
    if len(shown) >= 2 and fence(lines[shown[0]]) and closes(lines[shown[-1]], lines[shown[0]]):
        return lines[shown[0] + 1 : shown[-1]]
    return lines


def dedented(first: str, body: Sequence[str]) -> list[str]:
    """The body of a block or a fence that stands indented as a whole, in a list for example."""
    indent = first[: len(first) - len(first.lstrip())]
    if not indent or not all(line.startswith(indent) for line in body if line.strip()):
        return list(body)
    return [line.removeprefix(indent) if line.strip() else "" for line in body]
