"""Calls of earlier processes that were under way when those were killed: the endpoint may have been paid for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from p2c.run.journal import Event


def lost_calls(events: Iterable[Event]) -> tuple[int, ...]:
    """The estimated prompt tokens of each call that began and has no end in the journal.

    A step asks one thing at a time, so a call of a step that begins anew leaves the one before it without an end.
    """
    begun: Counter[str] = Counter()
    tokens: dict[str, list[int]] = {}
    for event in events:
        step = str(event.get("step", ""))
        if event.get("event") == "call_started":
            begun[step] += 1
            count = event.get("prompt_tokens")
            tokens.setdefault(step, []).append(int(count) if isinstance(count, int | float) else 0)
        elif event.get("event") in ("call_finished", "call_failed"):
            begun[step] -= 1
    return tuple(count for step, number in begun.items() if number > 0 for count in tokens[step][:number])
