"""What the program has used so far, which of its limits that reaches, and what its end was then."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from .kernel import Counters, full, is_crowd
from .waiting import Waiting

FORK_STORM = 2.0
"""Seconds for which forks are refused again and again before the run is ended."""
SOME_CPU = 0.05
"""Seconds of CPU time that count as a sign of life."""


class Meter:
    """Begins to count when it is made, which is to be just before the program starts.

    Args:
        limits: of the job, see `sandbox.settings.Limits`.
        enough: a file and a time in seconds, see `sandbox.job.Enough`; or None.

    Attributes:
        started: monotonic time.
        crowded: whether forks are being refused, again and again, at the moment; in gVisor, which counts no refused
            ones, whether there are a great many processes.
    """

    def __init__(self, limits: dict[str, Any], enough: tuple[str, float] | None = None) -> None:
        self._limits = limits
        self._enough = enough
        self._kernel = Counters()
        self._crowded_since: float | None = None
        self._was_full = False
        self._oom_before, self._forks_before = self._kernel.oom_kills(), self._kernel.refused_forks()
        self._forks_seen = self._forks_before
        self._cpu_before = self._cpu()
        self.started = self._active = time.monotonic()
        self._active_cpu = self._active_bytes = 0.0
        self._waiting = Waiting(self.started, limits["cpus"])

    @property
    def deadline(self) -> float:
        """The monotonic time at which the wall clock runs out."""
        return float(self.started + self._limits["wall_seconds"])

    @property
    def crowded(self) -> bool:  # noqa: D102 - see above
        return self._crowded_since is not None or is_crowd()

    def reached(self, now: float, seen: int) -> str | None:
        """The name of the limit that is reached.

        Args:
            now: the monotonic time.
            seen: bytes of output so far.
        """
        if now >= self.deadline or self._is_enough(now):
            return "wall"  # first of all: in gVisor, looking at the counters takes long in a storm of forks
        cpu = self._cpu() - self._cpu_before
        if seen != self._active_bytes or cpu - self._active_cpu > SOME_CPU:
            self._active, self._active_bytes, self._active_cpu = now, seen, cpu
        self._look_at_forks(now)
        self._was_full = full()
        if cpu > self._limits["cpu_seconds"]:
            return "cpu"
        if self._crowded_since is not None:
            self._waiting.skip(now)  # its processes are many, and wait for each other
            return "processes" if now - self._crowded_since > FORK_STORM else None
        self._waiting.look(now)
        return "idle" if now - self._active >= self._limits["idle_seconds"] else None

    def _is_enough(self, now: float) -> bool:
        """Whether what watches the program has seen what it was to see."""
        if self._enough is None:
            return False
        file, seconds = self._enough
        return now - self.started >= seconds and os.path.exists(file)  # noqa: PTH110 - never raises

    def _look_at_forks(self, now: float) -> None:
        forks = self._kernel.refused_forks()
        if forks == self._forks_seen:
            self._crowded_since = None
        elif self._crowded_since is None:
            self._crowded_since = now
        self._forks_seen = forks

    def figures(self, ended: float) -> dict[str, Any]:
        """What the run used. `ended`: the monotonic time at which it ended."""
        self._was_full = self._was_full or full()
        cpu = max(0.0, self._cpu() - self._cpu_before)
        return {
            "seconds": ended - self.started,
            "cpu_seconds": cpu,
            "starved_seconds": self._waiting.seconds(cpu),
            "peak_memory_bytes": self._kernel.peak_memory_bytes(),
        }

    def verdict(self, reached: str | None, status: int | None) -> dict[str, Any]:
        """What ended the run. `status` is that of the main process if it ended by itself."""
        exit_status = os.WEXITSTATUS(status) if status is not None and os.WIFEXITED(status) else None
        number = os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None
        ended = reached or ("exited" if exit_status is not None else "signalled")
        if exit_status != 0 and ended != "processes":
            ended = self._exhausted(reached, number) or ended
        return {"ended": ended, "exit_status": exit_status, "signal": number}

    def _exhausted(self, reached: str | None, number: int | None) -> str | None:
        """The resource whose end explains a run that did not end well."""
        if self._kernel.oom_kills() > self._oom_before:
            return "memory"
        if number == signal.SIGKILL:  # it was not the kernel, so it was the program itself
            return None
        if self._was_full:
            return "disk"
        refused = self._kernel.refused_forks() > self._forks_before
        return "processes" if refused and (reached is None or self.crowded) else None

    def _cpu(self) -> float:
        return self._kernel.cpu_seconds() - time.process_time()
