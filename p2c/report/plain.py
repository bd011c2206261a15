"""Text that a program, a package or a model wrote, as data: it can neither move the cursor nor end a line of ours."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""Control characters, line ends that are none, turns of the writing direction, and what is no character at all: a
lone surrogate cannot be written as UTF-8, and the last two cannot stand in XML 1.0 (section 2.2)."""


def plain(text: str, limit: int = 400) -> str:
    """`text` on one line without control characters or escape sequences, at most `limit` characters."""
    start = text[: 20 * limit]  # of a line of a gigabyte only the start is looked at
    line = " ".join(_CONTROL.sub("\ufffd", start).split())
    return line if len(line) <= limit and start == text else line[: limit - 1] + "…"


def plain_lines(text: str, *, lines: int = 200, width: int = 400) -> list[str]:
    """The lines of `text`, indented as they were, without control characters.

    Args:
        lines: at most so many; of more, the middle is left out, which one line says.
        width: characters of one line.
    """
    shown = []
    for line in text.expandtabs(4).splitlines():
        said = plain(line, width)
        indent = len(line) - len(line.lstrip())
        shown.append(" " * min(indent, 60) + said if said else "")
    if len(shown) > lines:
        half = lines // 2
        shown = [*shown[:half], f"... {len(shown) - 2 * half} lines ...", *shown[-half:]]
    return shown
