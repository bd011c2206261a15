"""How one version of a file becomes another, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

Opcode = tuple[str, int, int, int, int]
"""As difflib's: tag, then a span of the old lines and a span of the new ones, from 0, end exclusive."""


def opcodes(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    """The spans that are equal and those that are not, in order.

    What both have at their beginning and at their end is set aside first, which makes a small edit of a long
    file cheap: difflib alone needs seconds for thousands of lines that resemble each other.
    """
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    found: list[Opcode] = [("equal", 0, head, 0, head)] if head else []
    matcher = SequenceMatcher(a=old[head : len(old) - tail], b=new[head : len(new) - tail], autojunk=False)
    for tag, start, stop, low, high in matcher.get_opcodes():
        found.append((str(tag), start + head, stop + head, low + head, high + head))
    if tail:
        found.append(("equal", len(old) - tail, len(old), len(new) - tail, len(new)))
    return found
