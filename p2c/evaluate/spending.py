"""What the answers cost: calls, tokens and dollars by step, out of the journal's events."""

from __future__ import annotations

import threading
from collections import Counter

from p2c.run.journal import Event
from p2c.types import Usage


class Spending:
    """A listener of the journal. Answers that an earlier process paid for count as well, and so does what calls
    that failed were paid for: a refusal, for example. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: Counter[str] = Counter()
        self._usage: dict[str, Usage] = {}

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        step = str(event.get("step", ""))
        with self._lock:
            if event["event"] == "call_started":
                self._asked[step] += 1
            elif event["event"] in ("call_finished", "call_failed"):
                self._usage[step] = self._usage.get(step, Usage()) + Usage.model_validate(event["usage"])

    def asked(self, step: str) -> int:
        """Calls made for a step."""
        with self._lock:
            return self._asked[step]

    def by_part(self) -> dict[str, Usage]:
        """Usage by the first part of the steps' names."""
        parts: dict[str, Usage] = {}
        with self._lock:
            for step, usage in self._usage.items():
                part = step.partition("/")[0]
                parts[part] = parts.get(part, Usage()) + usage
        return parts
