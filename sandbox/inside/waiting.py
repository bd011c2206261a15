"""How long the program had work to do and did not get a CPU for it: the host was busy with others.

Looked at now and then: does any of its threads run, or wait to run? That time, less the CPU time that it used, is
what others took. What the program does to itself does not count: sixty-four busy threads, or a storm of forks, use
all the CPU time that there is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

EVERY = 0.25
"""Seconds between two looks."""
LOOK_SECONDS = 0.02
"""So long one takes at most: of a crowd of processes only some are seen."""


def has_work(own: int = 1, proc: str = "/proc") -> bool:
    """Whether a thread of any process in this PID namespace, besides `own`, runs or waits for a CPU (state R)."""
    until = time.monotonic() + LOOK_SECONDS
    for process in os.listdir(proc):  # noqa: PTH208 - as below
        if time.monotonic() > until:
            return False
        if not process.isdecimal() or int(process) == own:
            continue
        try:
            threads = os.listdir(f"{proc}/{process}/task")  # noqa: PTH208 - as below
        except OSError:  # it ended meanwhile
            continue
        if any(_runs(f"{proc}/{process}/task/{thread}/stat") for thread in threads):
            return True
    return False


def _runs(path: str) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - `Path` takes longer than the kernel does
            return file.read().rpartition(b")")[2].split(None, 1)[:1] == [b"R"]
    except OSError:
        return False


class Waiting:
    """Adds up the time for which the program had work to do.

    Args:
        now: a monotonic time in seconds.
        cpus: what the program may use; below 1 it has to wait because of its own limit.
        probe: tells whether it has work to do now.
    """

    def __init__(self, now: float, cpus: float, probe: Callable[[], bool] = has_work) -> None:
        self._last = now
        self._share = min(1.0, cpus)
        self._probe = probe
        self._had_work = 0.0

    def look(self, now: float) -> None:
        """Look whether `EVERY` seconds have passed since the last time."""
        if now - self._last >= EVERY:
            self._had_work += (now - self._last) * self._probe()
            self._last = now

    def skip(self, now: float) -> None:
        """Leave the time since the last look out."""
        self._last = now

    def seconds(self, cpu_seconds: float) -> float:
        """The time that others took, when the program used `cpu_seconds` of CPU time."""
        return max(0.0, self._had_work * self._share - cpu_seconds)
