"""A sign of life for work that says nothing for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from p2c.report.tally import duration

EVERY = 30.0
"""Seconds of silence after which something is said."""


class Heartbeat:
    """A context manager around the work; `say` is called from a thread of its own.

    Args:
        say: takes one line without its end.
        every: seconds.
    """

    def __init__(self, say: Callable[[str], None], every: float = EVERY) -> None:
        self._say = say
        self._every = every
        self._began = self._last = time.monotonic()
        self._step = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beats, daemon=True)

    def heard(self) -> None:
        """Something else was said, so the silence begins anew."""
        self._last = time.monotonic()

    def begin(self, step: str) -> None:
        """The work is in this step from now on."""
        self._step = step

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _beats(self) -> None:
        while not self._ended.wait(min(1.0, self._every / 4)):
            if time.monotonic() - self._last >= self._every:
                self.heard()
                step = f" on {self._step}" if self._step else ""
                self._say(f"still working{step}, {duration(self._last - self._began)} so far")
