"""A diff in an answer: unified, git's, or between `*** Begin Patch` and `*** End Patch`.

Line numbers are not read: models count badly (field notes), so a hunk must stand in the file once, as a block must.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from p2c.repair.answer import Lines, Order

_GIT = re.compile(r"^diff --git (?P<old>\S+) (?P<new>\S+)\s*$")
_PATCH = re.compile(r"^\*\*\* (?P<what>Update|Add|Delete) File:\s*(?P<path>.+?)\s*$")
_MOVE = re.compile(r"^(?:\*\*\* Move to:|rename to)\s+(?P<path>.+?)\s*$")
_NOISE = ("index ", "similarity ", "dissimilarity ", "new file mode", "old mode", "new mode", "deleted file mode")
_LINE = 400
_NULL = "/dev/null"

Hunk = tuple[str | None, Lines, Lines]
"""A path, the lines to look for, the lines to put in their place."""


@dataclass
class Diff:
    """What a diff asks for; `problem` where it asks for nothing that can be read."""

    hunks: list[Hunk] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    problem: str = ""


def begins(lines: Sequence[str], at: int) -> bool:
    """Whether a diff begins at `at`."""
    line = lines[at]
    if len(line) > _LINE:
        return False
    if line.startswith("--- "):
        return at + 1 < len(lines) and lines[at + 1].startswith("+++ ")
    return line.startswith("*** Begin Patch") or bool(_GIT.match(line)) or bool(_PATCH.match(line))


def read_diff(lines: Sequence[str], path: str | None) -> Diff:
    """The hunks and orders in `lines`; `path` is the file where the diff names none."""
    reader = _Reader(path)
    for at, line in enumerate(lines):
        following = lines[at + 1] if at + 1 < len(lines) else ""
        if not reader.header(line[:_LINE], following[:_LINE]) and not reader.line(line):
            break
    reader.flush()
    found = reader.found
    if not found.hunks and not found.orders:
        found.problem = "the diff has no line with `-` or `+`; use SEARCH/REPLACE blocks"
    return found


class _Reader:
    def __init__(self, path: str | None) -> None:
        self.found = Diff()
        self.path = path
        self.old: str | None = None
        self.body: list[str] = []
        self.gone = False
        self.skip = False

    def header(self, line: str, following: str) -> bool:
        """Whether `line` is no content of a hunk; it is taken in where it is."""
        if self.skip:
            self.skip = False
            return True
        if line.startswith("--- ") and following.startswith("+++ "):
            self._files(_name(line[4:]), _name(following[4:]))
            self.skip = True
        elif match := _GIT.match(line):
            self._turn(_name(match["new"]))
            self.old = _name(match["old"])
        elif match := _PATCH.match(line):
            self._turn(match["path"])
            self.old = self.path
            if match["what"] == "Delete":
                self._delete(match["path"])
        elif match := _MOVE.match(line):
            self.flush()
            if self.old and self.old != match["path"]:
                self.found.orders.append(Order(self.old, match["path"]))
            self.path = match["path"]
        elif line.startswith("rename from "):
            self.old = line.removeprefix("rename from ").strip()
        elif line.startswith("@@") or line.startswith(("*** Begin", "*** End")):
            self.flush()
        else:
            return not self.body and line.startswith(_NOISE)
        return True

    def line(self, line: str) -> bool:
        """Take in a line of a hunk; False where the diff is over."""
        if line and line[0] not in "+- " and not self.body and not line.startswith("\\"):
            return self.path is not None and not self.found.hunks
        self.body.append(line)
        return True

    def flush(self) -> None:
        """The hunk is over."""
        body, self.body = self.body, []
        while body and not body[-1].strip():
            body.pop()
        while body and not body[0].strip():
            body.pop(0)
        if self.gone or not any(x[:1] in ("+", "-") for x in body):
            return
        search = tuple(_content(x) for x in body if x[:1] != "+")
        replace = tuple(_content(x) for x in body if x[:1] != "-")
        self.found.hunks.append((self.path, search, replace))

    def _turn(self, path: str) -> None:
        self.flush()
        self.path, self.gone = path, False

    def _files(self, old: str, new: str) -> None:
        self._turn(old if new == _NULL else new)
        if new == _NULL:
            self._delete(old)

    def _delete(self, path: str) -> None:
        self.found.orders.append(Order(path))
        self.gone = True


def _content(line: str) -> str:
    return line[1:] if line[:1] in ("+", "-", " ") else line


def _name(text: str) -> str:
    """The path in a header: without a time behind it, without the `a/` and `b/` of git."""
    name = text.partition("\t")[0].strip().strip("\"`'")
    return name[2:] if name[:2] in ("a/", "b/") else name
