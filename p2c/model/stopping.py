"""That an answer is waited for, but no other asked for: the user has interrupted the run, or it has failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_STOP: ContextVar[Stop | None] = ContextVar("p2c_stop", default=None)
PATIENCE = 120.0
"""Seconds without any text after which an interrupted run waits no longer for the calls under way."""
HOW_TO_STOP = "press Ctrl-C again to stop at once"
SLICE = 0.1
"""Seconds after which a wait looks whether it is to end."""


class Stop:
    """The end of some calls, of those that one thread waits for together. Safe for several threads."""

    def __init__(self) -> None:
        self._is_set = threading.Event()
        self._is_interrupted = False
        self._heard = time.monotonic()

    def set(self) -> None:
        """No further request is to be made: one of the calls has failed."""
        self._is_set.set()

    def interrupt(self) -> None:
        """The same, because the user wants it: from now on the wait for the calls under way has an end."""
        self._heard = time.monotonic()
        self._is_interrupted = True
        self._is_set.set()

    def is_set(self) -> bool:
        """Whether it is the end."""
        return self._is_set.is_set()

    def heard(self) -> None:
        """Text of an answer has come."""
        self._heard = time.monotonic()

    def seconds_left(self) -> float | None:
        """For which the calls under way are still waited for if no text comes; None: as long as they take."""
        return max(0.0, self._heard + PATIENCE - time.monotonic()) if self._is_interrupted else None

    def given_up(self) -> str:
        """What the user is told when none are left."""
        return f"no text has come for {PATIENCE / 60:g} min, so the calls under way are not waited for any longer"


@contextmanager
def until_stopped(stop: Stop) -> Iterator[None]:
    """Within it, this thread makes no request once `stop` is set; one that is under way comes to its end.

    A variable of the thread's context and not a parameter, for the reason that `p2c.model.begun` has.
    """
    token = _STOP.set(stop)
    try:
        yield
    finally:
        _STOP.reset(token)


def is_stopped() -> bool:
    """Whether this thread's `stop` is set."""
    stop = _STOP.get()
    return stop is not None and stop.is_set()


def text_came() -> None:
    """For the source: a piece of an answer has come, in the thread that asked."""
    if (stop := _STOP.get()) is not None:
        stop.heard()


def stopped_within(seconds: float, closed: threading.Event) -> bool:
    """Wait so long; True, at once, when `closed` or this thread's `stop` is set."""
    until = time.monotonic() + seconds
    while not (closed.is_set() or is_stopped()):
        left = until - time.monotonic()
        if left <= 0:
            return False
        closed.wait(min(left, SLICE))
    return True
