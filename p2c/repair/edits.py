"""A model's answer as edits: SEARCH/REPLACE blocks or whole files, whatever habits it has.

    path/to/file.py
    <<<<<<< SEARCH
    lines as they are
    =======
    lines as they shall be
    >>>>>>> REPLACE

    DELETE: path/to/file.py
    RENAME: path/to/old.py -> path/to/new.py

Nothing is guessed here: what is not well formed is returned as `Malformed` with the reason. Where a text can
be read in more than one way (a row of `=` inside the code, fences inside the block) all readings are kept and
the tree decides which one is meant. Diffs and the forms of other tools are read where they say the same; functions
and classes in a fence are, where the answer holds nothing else.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Sequence

from p2c.repair.answer import Answer, Block, Malformed, Order, WholeFile
from p2c.repair.foreign import structured
from p2c.repair.marks import LONGEST, head
from p2c.repair.reading import Reader

__all__ = ["Answer", "Block", "Malformed", "Order", "WholeFile", "parse", "render"]

_NO_NEWLINE = "\\ No newline at end of file"
_UNREPAIRABLE = re.compile(r"^\W{0,4}UNREPAIRABLE\W{0,4}:\W{0,4}(?P<reason>.*)$")
_ESCAPED_HEAD = re.compile(r"^\s*(?:&lt;){5,9}\s*SEARCH", re.MULTILINE)
_LONGEST_ANSWER = 2_000_000
_MOST = 200
"""Blocks of one answer; more are no smallest edit."""


def render(path: str, search: Sequence[str], replace: Sequence[str]) -> str:
    """A block as text, in the form that `parse` reads."""
    return "\n".join([path, "<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE", ""])


def parse(text: str, known: Collection[str] = ()) -> Answer:
    """The edits in `text`. `known` holds the paths of the tree; it helps to tell a path from a word."""
    known = frozenset(known)
    if len(text) > _LONGEST_ANSWER:
        reason = f"the answer is {len(text):,} characters long; give the smallest edit that mends the cause"
        return Answer(malformed=(Malformed(0, None, reason),))
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")  # no file holds a lone surrogate
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = _lines(text)
    if not any(head(line) is not None for line in lines):
        if _ESCAPED_HEAD.search(text):
            lines = _lines(html.unescape(text))
        else:
            other = structured(text, lambda inner: parse(inner, known))
            if other is not None:
                return _bounded(other)
    return _bounded(_read(lines, known))


def _bounded(answer: Answer) -> Answer:
    """`answer`, where it does not ask for so much that it is no edit any more."""
    count = max(len(answer.blocks), len(answer.files), len(answer.orders), len(answer.definitions), len(answer.named))
    if count <= _MOST:
        return answer
    reason = f"the answer holds {count:,} edits; give the smallest one that mends the cause, in at most {_MOST} blocks"
    return Answer(malformed=(Malformed(0, None, reason),))


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line != _NO_NEWLINE]


def _read(lines: list[str], known: frozenset[str]) -> Answer:
    reader = Reader(lines, known)
    reader.read()
    if reader.blocks or reader.malformed or reader.files or reader.orders:
        return Answer(tuple(reader.blocks), tuple(reader.files), tuple(reader.malformed), tuple(reader.orders))
    reasons = [m["reason"].strip("* ") for m in map(_UNREPAIRABLE.match, lines) if m]
    if reasons:
        return Answer(unrepairable=reasons[-1][: 4 * LONGEST])
    return Answer(definitions=tuple(dict.fromkeys(reader.definitions)), named=tuple(dict.fromkeys(reader.named)))
