"""Text of an untrusted tree, read within bounds: lines that nobody wrote by hand could cost hours.

`shlex` takes a time that grows with the square of a word's length, and so do some patterns with a line's.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

MAX_LINE = 10_000
"""Characters of a line, its continuations included; a longer one is passed over."""
MAX_TEXT = 1024 * 1024
"""Characters of one file that are read line by line; what follows is passed over."""


def bounded_lines(text: str) -> Iterator[tuple[int, str]]:
    """Number, from 1, and text of each line; a line that is too long is empty."""
    left = MAX_TEXT
    for number, line in enumerate(text.splitlines(), start=1):
        kept = line if len(line) <= MAX_LINE else ""
        left -= len(kept) + 1
        if left < 0:
            return
        yield number, kept


def shell_words(line: str, *, comments: bool = False) -> list[str] | None:
    """The words of a shell line; None where it is too long, or cannot be read.

    Args:
        comments: whether `#` begins a comment.
    """
    if len(line) > MAX_LINE:
        return None
    try:
        return shlex.split(line, comments=comments)
    except ValueError:
        return None
