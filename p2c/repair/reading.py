"""An answer read line by line: blocks, fenced files, diffs, orders; the rest is talk."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import dedent

from p2c.repair.answer import Block, Definitions, Lines, Malformed, Order, Reading, WholeFile
from p2c.repair.definitions import are_definitions
from p2c.repair.difftext import begins, read_diff
from p2c.repair.marks import LONGEST, closes, dedented, fence, head, is_divider, is_tail, unfenced
from p2c.repair.paths import path_in_sentence, path_of_info, path_of_line

_ORDER = re.compile(r"^[\s*#>`\-]{0,8}(?P<word>DELETE|RENAME|MOVE)(?: FILE)?[*`]{0,4}:(?P<rest>.*)$")
_ARROW = re.compile(r"\s(?:->|=>|→|to|TO)\s")
_TEXT = (".md", ".rst", ".txt", ".markdown")
_HINT = re.compile(r"^\s*:(?:start|end)_line:\s*\d+\s*$")
_MOST_DIVIDERS = 8
_MOST = 1_000
"""Lines with a fence, or with a sign of a block, in one answer; more are no edit."""


@dataclass
class Reader:
    """Reads `lines` into `blocks`, `files`, `orders`, `malformed`; into `definitions` and `named` what may be talk."""

    lines: Sequence[str]
    known: frozenset[str]
    blocks: list[Block] = field(default_factory=list)
    files: list[WholeFile] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    definitions: list[Definitions] = field(default_factory=list)
    named: list[WholeFile] = field(default_factory=list)
    path: str | None = None
    count: int = 0
    at: int = 0
    after_block: int = 0
    """The line at which the last block ended; what stands above belongs to it."""
    opened: str | None = None
    """The line with the fence around the blocks that are being read."""
    path_follows: bool = False
    """Whether this answer names each file below its block."""

    def __post_init__(self) -> None:
        self.signs = [i for i, x in enumerate(self.lines) if head(x) is not None or is_tail(x)]
        self.fences = [i for i, x in enumerate(self.lines) if fence(x)]

    def read(self) -> None:
        """Read all of it."""
        if len(self.fences) > _MOST or len(self.signs) > _MOST:
            self._bad(
                f"the answer has {len(self.fences):,} fences and {len(self.signs):,} signs of blocks; give one edit"
            )
            return
        while self.at < len(self.lines):
            line = self.lines[self.at]
            order = _ORDER.match(line) if len(line) <= LONGEST else None
            if head(line) is not None:
                self._block()
            elif is_tail(line) and not self._closes_again():
                self._bad("a `>>>>>>> REPLACE` without a `<<<<<<< SEARCH` above it")
                self.at += 1
            elif self.opened and closes(line, self.opened):
                self.opened = None
                self.at += 1
            elif order:
                self._order(order["word"], order["rest"])
                self.at += 1
            elif fence(line):
                self._fence()
            elif begins(self.lines, self.at):
                self._diff(self.lines[self.at :], None)
                self.at = len(self.lines)
            else:
                self.at += 1

    def _bad(self, reason: str) -> None:
        self.count += 1
        self.malformed.append(Malformed(self.count, self.path, reason))

    def _closes_again(self) -> bool:
        return self.after_block > 0 and not any(x.strip() for x in self.lines[self.after_block : self.at])

    # -------------------------------------------------------------- blocks

    def _block(self) -> None:
        first = self.lines[self.at]
        above = path_of_line(head(first) or "", self.known) or self._path_above()
        start = self.at + 1
        sign = bisect_left(self.signs, start)
        stop = self.signs[sign] if sign < len(self.signs) else len(self.lines)
        ended = stop < len(self.lines) and is_tail(self.lines[stop])
        self.at = stop + ended
        if not ended and (fenced := self._fence_that_ends(start, stop)):
            self.at = stop = fenced
            ended = True
        below = self._path_below() if ended and (above is None or self.path_follows) else None
        if above is None and below is not None and self.path is None:
            self.path_follows = True
        self.path = (below if self.path_follows else None) or above or below or self.path
        if ended:
            self.after_block = self.at
            self._body(dedented(first, self.lines[start:stop]))
        elif stop < len(self.lines):
            self._bad("the block has no `>>>>>>> REPLACE` before the next one begins")
        else:
            self._bad("the answer ends inside the block: its `>>>>>>> REPLACE` is missing")

    def _fence_that_ends(self, start: int, stop: int) -> int | None:
        """Where the fence around the block is closed in place of its last sign."""
        opened = self.opened
        dividers = [i for i in range(start, stop) if is_divider(self.lines[i])] if opened else []
        if opened is None or len(dividers) != 1:
            return None
        closing = [i for i in range(dividers[0], stop) if closes(self.lines[i], opened)]
        return closing[0] if len(closing) == 1 else None

    def _body(self, body: list[str]) -> None:
        while body and (_HINT.match(body[0][:LONGEST]) or (body[0].strip() == "-------" and body[1:2] != [""])):
            body = body[1:]
        dividers = [i for i, line in enumerate(body) if is_divider(line)]
        if not dividers:
            self._bad("the block has no `=======` between what is looked for and what replaces it")
            return
        if len(dividers) > _MOST_DIVIDERS:
            self._bad(f"the block has {len(dividers)} rows of `=======`; quote fewer lines, without such rows")
            return
        self.count += 1
        readings = _readings(body, dividers, is_text=(self.path or "").endswith(_TEXT))
        bare = [pair for pair in (self._uncommented(*reading) for reading in readings) if pair]
        path = self.path or next((p for p, _ in bare), None)
        everything = (*readings, *(reading for p, reading in bare if p == path))
        self.blocks.append(Block(self.count, path, tuple(dict.fromkeys(everything))))

    def _uncommented(self, search: Lines, replace: Lines) -> tuple[str, Reading] | None:
        """The path that stands as a comment on top of the code, and the reading without it."""
        comment = search[0] if search and search[0].lstrip().startswith(("#", "//")) else ""
        path = path_of_line(comment, self.known)
        if path is None or path not in self.known:
            return None
        return path, (search[1:], replace[1:] if replace[:1] == (comment,) else replace)

    def _path_above(self) -> str | None:
        above = [x for x in self.lines[max(self.after_block, self.at - 8) : self.at] if x.strip()][-4:]
        for line in reversed(above):
            opening = fence(line)
            path = path_of_info(opening[1], self.known) if opening else path_of_line(line, self.known)
            path = path or (None if opening else path_in_sentence(line, self.known))
            if path:
                return path
        return None

    def _path_below(self) -> str | None:
        """The path below the block, where no other block or file follows that it could belong to."""
        below = [x for x in self.lines[self.at : self.at + 8] if x.strip()]
        below = [x for x in below[:3] if not (self.opened and closes(x, self.opened))][:2]
        if not below or (len(below) > 1 and (head(below[1]) is not None or fence(below[1])) and not self.path_follows):
            return None
        return path_of_line(below[0], self.known)

    # -------------------------------------------------------------- what is fenced, and what is not

    def _fence(self) -> None:
        """A fenced part outside a block: a whole file where a path goes with it, a diff, orders, else talk."""
        opening = self.lines[self.at]
        info = (fence(opening) or ("", ""))[1]
        start = self.at + 1
        path = path_of_info(info, self.known) or self._heading()
        is_text = (path or "").endswith(_TEXT) or info.lower() in ("markdown", "md")
        stop = self._end_of_text(opening, start) if is_text else self._end_of_fence(opening, start)
        sign = bisect_left(self.signs, start)
        if sign < len(self.signs) and self.signs[sign] < stop:
            self.opened, self.at = opening, start
            return
        body = dedented(opening, self.lines[start:stop])
        self.at = min(stop + 1, len(self.lines))
        if info.lower() in ("diff", "patch", "udiff") or any(begins(body, i) for i in range(min(3, len(body)))):
            self._diff(body, path)
            return
        orders = [m for m in (_ORDER.match(x) for x in body[:20] if len(x) <= LONGEST) if m]
        if orders and len(orders) == sum(bool(x.strip()) for x in body):
            for order in orders:
                self._order(order["word"], order["rest"])
            return
        path = path or self._first_comment(body)
        if path is not None:
            self._file(path, body, closed=stop < len(self.lines), ambiguous=is_text and self._goes_on())
        elif stop < len(self.lines):
            self._unnamed(tuple(dedent("\n".join(body)).split("\n")), info.lower(), start - 1)

    def _unnamed(self, body: Lines, language: str, at: int) -> None:
        above = reversed(self.lines[max(self.after_block, at - 3) : at])
        near = next((path for line in above if (path := path_in_sentence(line, self.known))), None)
        if language in ("", "py", "python", "python3") and are_definitions(body):
            self.definitions.append(Definitions(body, near))
        elif near is not None and sum(bool(line.strip()) for line in body) > 1:  # one line is a quotation
            self.named.append(WholeFile(near, body))

    def _file(self, path: str, body: Sequence[str], *, closed: bool, ambiguous: bool) -> None:
        if not closed or ambiguous:
            self.path = path
            ends = f"the answer ends inside {path}: its fence is never closed"
            self._bad(f"{path} holds fences; give it in a longer fence (`````)" if closed else ends)
            return
        if body and path_of_line(body[0], self.known) == path and not body[0].lstrip().startswith("#"):
            body = body[1:]
        self.files.append(WholeFile(path, tuple(body)))

    def _end_of_fence(self, opening: str, start: int) -> int:
        for index in self.fences[bisect_left(self.fences, start) :]:
            if closes(self.lines[index], opening):
                return index
        return len(self.lines)

    def _end_of_text(self, opening: str, start: int) -> int:
        """As `_end_of_fence`, in a text that has fences with an info string of its own."""
        inner: str | None = None
        for index in self.fences[bisect_left(self.fences, start) :]:
            line = self.lines[index]
            if inner is None and closes(line, opening):
                return index
            if inner is not None and closes(line, inner):
                inner = None
            elif inner is None and (fence(line) or ("", ""))[1]:
                inner = line
        return len(self.lines)

    def _goes_on(self) -> bool:
        """Whether the next fence has no info string, so that it may as well be the end of the file before it."""
        following = bisect_left(self.fences, self.at)
        return following < len(self.fences) and not (fence(self.lines[self.fences[following]]) or ("", ""))[1]

    def _heading(self) -> str | None:
        at = self.at - 1
        while at >= max(self.after_block, self.at - 8) and not self.lines[at].strip():
            at -= 1
        return path_of_line(self.lines[at], self.known) if at >= max(self.after_block, self.at - 8) else None

    def _first_comment(self, body: Sequence[str]) -> str | None:
        path = path_of_line(body[0], self.known) if body else None
        return path if path in self.known or (body and body[0].startswith("#")) else None

    def _diff(self, body: Sequence[str], path: str | None) -> None:
        read = read_diff(body, path or self.path)
        self.orders += read.orders
        for where, search, replace in read.hunks:
            self.count += 1
            self.path = where
            self.blocks.append(Block(self.count, where, ((search, replace),)))
        if read.problem:
            self._bad(read.problem)

    def _order(self, word: str, rest: str) -> None:
        names = [rest] if word == "DELETE" else _ARROW.split(rest, maxsplit=1)
        paths = [path_of_line(name, self.known) or name.strip(" `*\"'") for name in names]
        if word != "DELETE" and len(paths) < 2:
            self._bad("the order names one path only; write `RENAME: path/to/old.py -> path/to/new.py`")
        elif not all(paths):
            self._bad(f"the order names no path; write `{word}: ` and the path behind it")
        else:
            self.orders.append(Order(paths[0], paths[1] if len(paths) > 1 else None))


def _readings(body: Sequence[str], dividers: Sequence[int], *, is_text: bool) -> list[Reading]:
    """Every way to part `body`, those first that have as many rows of `=` on one side as on the other."""
    found: list[tuple[int, int, Reading]] = []
    doubled = len(dividers) > 1 and dividers[-1] == len(body) - 1
    for order, at in enumerate(dividers):
        raw = (tuple(body[:at]), tuple(body[at + 1 :]))
        bare = (unfenced(raw[0]), unfenced(raw[1]))
        for search, replace in [raw, bare] if is_text else [bare, raw]:
            rows = abs(sum(map(is_divider, search)) - sum(map(is_divider, replace)))
            found.append((rows, order, (search, replace)))
            if doubled and replace and is_divider(replace[-1]):
                fewer = abs(sum(map(is_divider, search)) - sum(map(is_divider, replace[:-1])))
                found.append((fewer, order, (search, replace[:-1])))
    return [reading for _, _, reading in sorted(found, key=lambda item: item[:2])]
