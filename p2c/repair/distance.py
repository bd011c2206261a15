"""The Levenshtein distance: the fewest insertions, deletions and exchanges that turn one sequence into another."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

_FREQUENT = 16
"""Places from which on a line's bits are kept: to keep those of every line would take the square of their number."""


def distance(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    """The Levenshtein distance between two sequences.

    Bit-parallel (Myers 1999, in the form of Hyyrö 2003): one big-integer step for each line of the longer sequence,
    after what both have at their beginning and at their end was set aside.
    """
    old, new = _between_ends(old, new)
    if not old or not new:
        return len(old) + len(new)
    shorter, longer = sorted((old, new), key=len)
    places: dict[Hashable, list[int]] = {}
    for index, line in enumerate(shorter):
        places.setdefault(line, []).append(index)
    frequent = {line: _bits(where) for line, where in places.items() if len(where) >= _FREQUENT}
    full, last = (1 << len(shorter)) - 1, 1 << (len(shorter) - 1)
    plus, minus, score = full, 0, len(shorter)
    for line in longer:
        match = frequent.get(line) or _bits(places.get(line, ()))
        zero = (((match & plus) + plus) ^ plus) | match | minus
        up, down = minus | ~(zero | plus) & full, plus & zero
        score += bool(up & last) - bool(down & last)
        up, down = (up << 1 | 1) & full, down << 1 & full
        plus, minus = down | ~(zero | up) & full, up & zero
    return score


def _bits(places: Iterable[int]) -> int:
    return sum(1 << index for index in places)


def _between_ends(old: Sequence[Hashable], new: Sequence[Hashable]) -> tuple[Sequence[Hashable], Sequence[Hashable]]:
    """Both without what they have in common at their beginning and at their end."""
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return old[head : len(old) - tail], new[head : len(new) - tail]
