"""A model's answer as edits: SEARCH/REPLACE blocks or whole files, whatever habits it has.

    path/to/file.py
    <<<<<<< SEARCH
    lines as they are
    =======
    lines as they shall be
    >>>>>>> REPLACE

Nothing is guessed here: what is not well formed is returned as `Malformed` with the reason. Where a text can
be read in more than one way (a row of `=` inside the code, fences inside the block) all readings are kept and
the tree decides which one is meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from p2c.repair.paths import path_in_sentence, path_of_info, path_of_line

Lines = tuple[str, ...]
Reading = tuple[Lines, Lines]
"""The lines to look for and the lines to put in their place."""

_HEAD = re.compile(r"^\s*<{5,9}\s*(?:SEARCH|ORIGINAL|OLD|HEAD)?\b:?\s*(?P<rest>[^<>]*?)\s*>?\s*$", re.I)
_DIVIDER = re.compile(r"^\s*={5,9}\s*$")
_TAIL = re.compile(r"^\s*>{5,9}\s*(?:REPLACE|UPDATED|NEW|REPLACEMENT)?\s*(?:`{3,})?\s*$", re.I)
_FENCE = re.compile(r"^\s*(?P<fence>`{3,}|~{3,})\s*(?P<info>[^`]*)$")
_NO_NEWLINE = "\\ No newline at end of file"
_UNREPAIRABLE = re.compile(r"^\W{0,4}UNREPAIRABLE\W{0,4}:\s*(?P<reason>.*)$")


@dataclass(frozen=True)
class Block:
    """One SEARCH/REPLACE block. `path` is None where the answer names no file for it.

    Attributes:
        kept: it was in the answer before and is fine; `number` is the one that it has there.
    """

    number: int
    path: str | None
    readings: tuple[Reading, ...]
    kept: bool = False

    @property
    def name(self) -> str:
        """How it is called towards who wrote it."""
        return f"block {self.number}" + (" of the answer before" if self.kept else "")

    @property
    def search(self) -> Lines:
        """The lines to look for, in the likeliest reading."""
        return self.readings[0][0]

    @property
    def replace(self) -> Lines:
        """The lines to put in their place, in the likeliest reading."""
        return self.readings[0][1]


@dataclass(frozen=True)
class WholeFile:
    """A file given in full."""

    path: str
    lines: Lines


@dataclass(frozen=True)
class Malformed:
    """Something that was meant as an edit and cannot be read as one."""

    number: int
    path: str | None
    reason: str


@dataclass(frozen=True)
class Answer:
    """Everything that an answer asks for; `number`s count its blocks from 1, well formed or not, as a reader does."""

    blocks: tuple[Block, ...] = ()
    files: tuple[WholeFile, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    unrepairable: str | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to apply and nothing to ask again."""
        return not (self.blocks or self.files or self.malformed)


def render(path: str, search: Sequence[str], replace: Sequence[str]) -> str:
    """A block as text, in the form that `parse` reads."""
    return "\n".join([path, "<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE", ""])


def parse(text: str, known: Collection[str] = ()) -> Answer:
    """The edits in `text`. `known` holds the paths of the tree; it helps to tell a path from a word."""
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line != _NO_NEWLINE]
    reader = _Reader(lines, frozenset(known))
    reader.read()
    has_blocks = bool(reader.blocks or reader.malformed)
    files = tuple(f for f in reader.files if not has_blocks or f.path not in known)
    reason = None
    if not has_blocks and not files:
        reasons = [m.group("reason").strip("* ") for m in map(_UNREPAIRABLE.match, lines) if m]
        reason = reasons[-1] if reasons else None
    return Answer(tuple(reader.blocks), files, tuple(reader.malformed), reason)


@dataclass
class _Reader:
    lines: Sequence[str]
    known: frozenset[str]
    blocks: list[Block] = field(default_factory=list)
    files: list[WholeFile] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    path: str | None = None
    count: int = 0
    at: int = 0
    after_block: int = 0
    """The line at which the last block ended; what stands above belongs to it."""
    opened: str | None = None
    """The fence around the blocks that are being read."""

    def read(self) -> None:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            fence = _FENCE.match(line)
            if _HEAD.match(line):
                self._block()
            elif _TAIL.match(line) and not self._closes_again():
                self._bad("a `>>>>>>> REPLACE` without a `<<<<<<< SEARCH` above it")
                self.at += 1
            elif self.opened and _closes(line, self.opened):
                self.opened = None
                self.at += 1
            elif fence:
                self._fence(fence["fence"], fence["info"])
            else:
                self.at += 1

    def _bad(self, reason: str) -> None:
        self.count += 1
        self.malformed.append(Malformed(self.count, self.path, reason))

    def _closes_again(self) -> bool:
        return self.after_block > 0 and not any(x.strip() for x in self.lines[self.after_block : self.at])

    def _block(self) -> None:
        head = self.lines[self.at]
        match = _HEAD.match(head)
        rest = match["rest"] if match else ""
        self.path = path_of_line(rest, self.known) or self._path_above() or self.path
        body: list[str] = []
        self.at += 1
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if _HEAD.match(line):
                self._bad("the block has no `>>>>>>> REPLACE` before the next one begins")
                return
            self.at += 1
            if _TAIL.match(line):
                self.after_block = self.at
                self._body(_dedented(head, body))
                return
            body.append(line)
        self._bad("the answer ends inside the block: its `>>>>>>> REPLACE` is missing")

    def _body(self, body: list[str]) -> None:
        dividers = [i for i, line in enumerate(body) if _DIVIDER.match(line)]
        if not dividers:
            self._bad("the block has no `=======` between what is looked for and what replaces it")
            return
        self.count += 1
        markdown = (self.path or "").endswith((".md", ".rst", ".txt"))
        readings: list[Reading] = []
        for at in dividers:
            raw = (tuple(body[:at]), tuple(body[at + 1 :]))
            bare = (_unfenced(raw[0]), _unfenced(raw[1]))
            readings += [raw, bare] if markdown else [bare, raw]
        if len(dividers) > 1 and dividers[-1] == len(body) - 1:
            readings = [(s, r[:-1] if r and _DIVIDER.match(r[-1]) else r) for s, r in readings]
        self.blocks.append(Block(self.count, self.path, tuple(dict.fromkeys(readings))))

    def _path_above(self) -> str | None:
        above = [x for x in self.lines[max(self.after_block, self.at - 8) : self.at] if x.strip()][-4:]
        for line in reversed(above):
            fence = _FENCE.match(line)
            path = path_of_info(fence["info"], self.known) if fence else path_of_line(line, self.known)
            path = path or (None if fence else path_in_sentence(line, self.known))
            if path:
                return path
        return None

    def _fence(self, fence: str, info: str) -> None:
        """A fenced part outside a block: a whole file where a path goes with it, else talk."""
        start = self.at + 1
        stop = start
        while stop < len(self.lines) and not _closes(self.lines[stop], fence):
            if _HEAD.match(self.lines[stop]) or _TAIL.match(self.lines[stop]):
                self.opened, self.at = fence, start
                return
            stop += 1
        body = self.lines[start:stop]
        path = path_of_info(info, self.known) or self._heading() or self._first_comment(body)
        self.at = min(stop + 1, len(self.lines))
        if path is None:
            return
        if stop == len(self.lines):
            self.path = path
            self._bad(f"the answer ends inside {path}: its fence is never closed")
            return
        if body and path_of_line(body[0], self.known) == path and not body[0].lstrip().startswith("#"):
            body = body[1:]
        self.files.append(WholeFile(path, tuple(body)))

    def _heading(self) -> str | None:
        above = [x for x in self.lines[self.after_block : self.at] if x.strip()][-1:]
        return path_of_line(above[0], self.known) if above else None

    def _first_comment(self, body: Sequence[str]) -> str | None:
        path = path_of_line(body[0], self.known) if body else None
        return path if path in self.known or (body and body[0].startswith("#")) else None


def _closes(line: str, fence: str) -> bool:
    text = line.strip()
    return len(text) >= len(fence) and set(text) == {fence[0]}


def _unfenced(lines: Lines) -> Lines:
    shown = [i for i, line in enumerate(lines) if line.strip()]
    if len(shown) < 2:
        return lines
    opening = _FENCE.match(lines[shown[0]])
    if opening and _closes(lines[shown[-1]], opening["fence"]):
        return lines[shown[0] + 1 : shown[-1]]
    return lines


def _dedented(head: str, body: list[str]) -> list[str]:
    """The body of a block that stands indented as a whole, in a list for example."""
    indent = head[: len(head) - len(head.lstrip())]
    if not indent or not all(line.startswith(indent) for line in body if line.strip()):
        return body
    return [line.removeprefix(indent) if line.strip() else "" for line in body]
