"""How long the program had work to do and did not get a CPU for it: the host was busy with others.

Looked at now and then: does any of its threads run, or wait to run? That time, less the CPU time that it used, is
what others took. What the program does to itself does not count: sixty-four busy threads, or a storm of forks, use
all the CPU time that there is.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

EVERY = 0.25
"""Seconds between two looks."""
PROC = Path("/proc")


def has_work(own: int = 1, proc: Path = PROC) -> bool:
    """Whether a thread of any process in this PID namespace, besides `own`, runs or waits for a CPU (state R)."""
    for process in proc.iterdir():
        if not process.name.isdecimal() or int(process.name) == own:
            continue
        try:
            if any(_runs(thread / "stat") for thread in (process / "task").iterdir()):
                return True
        except OSError:  # it ended meanwhile
            continue
    return False


def _runs(stat: Path) -> bool:
    try:
        return stat.read_bytes().rpartition(b")")[2].split()[:1] == [b"R"]
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

    def seconds(self, cpu_seconds: float) -> float:
        """The time that others took, when the program used `cpu_seconds` of CPU time."""
        return max(0.0, self._had_work * self._share - cpu_seconds)
