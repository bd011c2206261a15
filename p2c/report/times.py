"""How long a run worked, from its journal; what lies between two processes of one run is no work."""

from __future__ import annotations

from collections.abc import Iterable

from p2c.run.journal import Event


def working_seconds(events: Iterable[Event]) -> float:
    """Wall time of all processes of the run: from each `started` to the last event before the next one."""
    total, began, last = 0.0, 0.0, 0.0
    for event in events:
        time = _number(event, "time")
        if event.get("event") == "started" or not began:
            total += last - began
            began = time
        last = time
    return total + last - began


def sandbox_seconds(events: Iterable[Event]) -> float:
    """Wall time of all verifications; one whose verdict was known already took none."""
    return sum(_number(event, "seconds") for event in events if event.get("event") == "verify_finished")


def model_seconds(events: Iterable[Event]) -> float:
    """What an endpoint took for its calls, failed ones included; a recorded reply took none."""
    calls = (e for e in events if e.get("event") in ("call_finished", "call_failed") and not e.get("recorded"))
    return sum(_number(event, "seconds") for event in calls)


def _number(event: Event, field: str) -> float:
    value = event.get(field)
    return float(value) if isinstance(value, int | float) else 0.0
