"""What a run printed, as a person would read it on a terminal: for evidence only, it decides nothing."""

from __future__ import annotations

import re
from collections import Counter

from sandbox.traceback import GROUP, Traceback, plain_lines

WHERE = "Where it was when it was ended:"
"""Stands before the stack of a run that was ended."""
LINES = 10
"""So many of the last lines before a traceback are shown, of each stream; and of the first below a group's."""
WIDTH = 300
"""Characters of such a line."""
MANY = 3
"""So many lines that say the same are told by their number."""
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_CHANGING = re.compile(r"[\d.,:%?\s#=>▏▎▍▌▋▊▉█-]+")
"""Numbers, and how far a progress bar has come."""
_WORD = re.compile(r"[^\W\d_]{3}")


def readable(text: str, most: int = 0) -> str:
    """`text` without colours and what was overwritten; of lines that differ in numbers alone the last one stands.

    Args:
        most: characters of the end that are given, from the beginning of a line on; 0: all.
    """
    lines = [_overwritten(line) for line in _ANSI.sub("", text).split("\n")]
    alike = [_CHANGING.sub(" ", line) if _WORD.search(line) else "" for line in lines]
    count = Counter(alike)
    left = Counter(alike)
    kept = []
    for line, key in zip(lines, alike, strict=True):
        left[key] -= 1
        if not key or not left[key]:
            kept.append(f"{line}  [{count[key]} lines like this]" if key and count[key] >= MANY else line)
    plain = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")
    if not most or len(plain) <= most:
        return plain
    return plain[-most:].partition("\n")[2] or plain[-most:]


def around(traceback: Traceback, *streams: str) -> str:
    """`traceback`, which stands in one of the streams, below the last lines of each that come before it.

    An exception group's members that were never raised follow: they have no traceback.
    """
    above, below = list[str](), list[str]()
    for stream in streams:
        plain = "\n".join(plain_lines(stream.replace("\r\n", "\n").split("\n")))
        start = plain.rfind(traceback.text[:WIDTH])
        lines = readable(plain[:start] if start >= 0 else stream).splitlines()
        above += [line[:WIDTH] for line in lines[-LINES:]]
        if start >= 0 and traceback.text.startswith(GROUP):
            below += [line[:WIDTH] for line in readable(plain[start + len(traceback.text) :]).splitlines()[:LINES]]
    return "\n\n".join(part for part in ("\n".join(above), traceback.text, "\n".join(below)) if part)


def _overwritten(line: str) -> str:
    """What of a line is left to see where carriage returns go back to its beginning."""
    return next((piece for piece in reversed(line.rstrip().split("\r")) if piece.strip()), "").rstrip()
