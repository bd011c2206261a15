"""Ctrl-C, and SIGTERM as a CI system sends it: the set ends in order, at the second one at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Stopping:
    """How often the user asked for the end."""

    def __init__(self) -> None:
        self.level = 0
        self._told = 0
        self._wake = threading.Event()

    def ask(self) -> None:
        """Once more; from a signal's handler, or from another thread."""
        self.level += 1
        self._wake.set()

    def news(self) -> range:
        """The numbers of the wishes, from 1, since this was last asked."""
        self._wake.clear()
        level, told = self.level, self._told
        self._told = level
        return range(told + 1, level + 1)

    def wait(self, seconds: float) -> None:
        """Sleep so long, or until the next wish."""
        self._wake.wait(seconds)


@contextmanager
def heeding_signals() -> Iterator[Stopping]:
    """A `Stopping` that Ctrl-C and SIGTERM drive; the main thread's signals are as they were afterwards."""
    stopping = Stopping()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: stopping.ask()) for number in numbers}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
