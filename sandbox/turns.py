"""Processes take turns on the machine: only so many have runs at once as its processors bear.

Eight verifies on two processors make each other's runs four times as long, and end some at their wall clock. With a
turn for each processor all eight are done sooner: measured, after 28 s instead of 33 s, each after 19 s instead of
30 s on average. A process has a turn from the start of its first run to the end of its last; a turn is a locked file
of this user, so it ends with its process, however that ends. It is a courtesy, not a safeguard: who has waited too
long goes ahead.
"""

from __future__ import annotations

import fcntl
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.calloff import CallOff
from sandbox.job import Job, Runner, RunResult
from sandbox.setup.places import cache_folder

WAIT_SECONDS = 600.0
"""A turn is waited for at most so long."""
SAY_SECONDS = 5.0
PAUSE_SECONDS = 0.03
RUN_BYTES = 2 << 30
"""Memory of this machine for each process that has a turn."""


class Turns:
    """The turns of this process. Safe to use from several threads, which share one turn.

    Args:
        count: how many processes may have one at once.
        folder: where the locked files are.
    """

    def __init__(self, count: int, folder: Path) -> None:
        self._count = max(1, count)
        self._folder = folder
        self._lock = threading.Lock()
        self._users = 0
        self._descriptor: int | None = None

    @contextmanager
    def one(self, tell: Callable[[str], None] | None = None, call_off: CallOff | None = None) -> Iterator[None]:
        """Have a turn during the block; waited for where others have them all.

        Raises:
            CalledOff: `call_off` was called meanwhile.
        """
        with self._lock:
            if self._users == 0:
                self._descriptor = self._wait(tell, call_off or CallOff())
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0 and self._descriptor is not None:
                    os.close(self._descriptor)
                    self._descriptor = None

    def _wait(self, tell: Callable[[str], None] | None, call_off: CallOff) -> int | None:
        try:
            return self._waited(tell, call_off)
        except OSError:  # a full disk, or a home that is read-only: without turns it goes as well
            return None

    def _waited(self, tell: Callable[[str], None] | None, call_off: CallOff) -> int | None:
        began, told = time.monotonic(), False
        while (descriptor := self._taken()) is None:
            call_off.check()
            waited = time.monotonic() - began
            if waited > WAIT_SECONDS:
                return None
            if waited > SAY_SECONDS and not told and tell is not None:
                tell("other verifies have the processors of this machine; waiting for a turn")
                told = True
            time.sleep(PAUSE_SECONDS)
        return descriptor

    def _taken(self) -> int | None:
        """A turn that is free, or None."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for number in random.sample(range(self._count), self._count):
            descriptor = os.open(self._folder / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
            else:
                return descriptor
        return None


@dataclass(frozen=True)
class InTurn:
    """A runner whose process has a turn while it runs jobs.

    Attributes:
        inner: what runs the jobs.
        tell: is told when a turn has to be waited for.
    """

    inner: Runner
    tell: Callable[[str], None] | None = None

    def run(self, job: Job) -> RunResult:
        """Run `job` when it is our turn. Raises CalledOff while it waits, and as `inner` does."""
        with turns().one(self.tell, job.call_off):
            return self.inner.run(job)

    def close(self) -> None:
        """Close what runs the jobs."""
        self.inner.close()


_turns: dict[Path, Turns] = {}


def turns() -> Turns:
    """Those of this process: one for each processor of this machine, as far as its memory suffices."""
    folder = cache_folder() / "turns"
    return _turns.setdefault(folder, Turns(min(os.cpu_count() or 1, _memory() // RUN_BYTES), folder))


def _memory() -> int:
    """Bytes of this machine's memory; plenty where that is not known."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return sys.maxsize
