"""Processes take turns on the machine: only so many have runs at once as its processors bear.

Eight verifies on two processors make each other's runs four times as long, and end some at their wall clock. With a
turn for each processor all eight are done sooner: measured, after 28 s instead of 33 s, each after 19 s instead of
30 s on average. A process has a turn from the start of its first run to the end of its last; over a pause between two
steps of a verify it keeps it, so that it does not wait anew for each of them.

Who waits stands in line: a ticket is a file with the time in its name, and the oldest is first. Turn and ticket are
locked files of this user, so both end with their process, however that ends. It is a courtesy, not a safeguard: who has
waited too long without the line getting shorter goes ahead.
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
"""A turn is waited for at most so long, from when the line got shorter last."""
KEPT_SECONDS = 1.0
"""So long a turn is kept when nothing runs."""
SAY_SECONDS = 5.0
PAUSE_SECONDS = 0.03
RUN_BYTES = 2 << 30
"""Memory of this machine for each process that has a turn."""


class Turns:
    """The turns of this process. Safe to use from several threads, which share one turn.

    Args:
        count: how many processes may have one at once.
        folder: where the locked files are.
        kept: seconds for which a turn is kept when nothing runs.
    """

    def __init__(self, count: int, folder: Path, kept: float = KEPT_SECONDS) -> None:
        self._count = max(1, count)
        self._folder = folder
        self._kept = kept
        self._lock = threading.Lock()
        self._users = 0
        self._descriptor: int | None = None
        self._ending: threading.Timer | None = None
        self._times: tuple[float, float | None] = 0.0, None
        """Seconds for which a turn was waited for, and from when on one is being waited for."""

    @contextmanager
    def one(self, tell: Callable[[str], None] | None = None, call_off: CallOff | None = None) -> Iterator[None]:
        """Have a turn during the block; waited for where others have them all.

        Raises:
            CalledOff: `call_off` was called meanwhile.
        """
        with self._lock:
            if self._ending is not None:
                self._ending.cancel()
            if self._users == 0 and self._descriptor is None:
                self._descriptor = self._wait(tell, call_off or CallOff())
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0 and self._descriptor is not None:
                    self._ending = threading.Timer(self._kept, self.give_up)
                    self._ending.daemon = True
                    self._ending.start()

    def waiting(self) -> float:
        """Seconds for which a turn was waited for so far, by all threads together."""
        waited, since = self._times
        return waited + (time.monotonic() - since if since is not None else 0.0)

    def give_up(self) -> None:
        """End the turn, where nothing runs: the next in line has it."""
        with self._lock:
            if self._users == 0 and self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _wait(self, tell: Callable[[str], None] | None, call_off: CallOff) -> int | None:
        self._times = self._times[0], time.monotonic()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not _Line(self._folder).ahead() and (free := self._taken()) is not None:
                return free
            with _Line(self._folder).ticket() as line:
                return self._waited(line, tell, call_off)
        except OSError:  # a full disk, or a home that is read-only: without turns it goes as well
            return None
        finally:
            self._times = self.waiting(), None

    def _waited(self, line: _Line, tell: Callable[[str], None] | None, call_off: CallOff) -> int | None:
        began, told, ahead = time.monotonic(), False, sys.maxsize
        since = began
        while True:
            call_off.check()
            left = line.ahead()
            if left == 0 and (descriptor := self._taken()) is not None:
                return descriptor
            now = time.monotonic()
            if left < ahead:
                ahead, since = left, now
            if now - since > WAIT_SECONDS:
                return None
            if now - began > SAY_SECONDS and not told and tell is not None:
                tell(f"other verifies have the processors of this machine; waiting for a turn, {_place(left)}")
                told = True
            time.sleep(PAUSE_SECONDS)

    def _taken(self) -> int | None:
        """A turn that is free, or None."""
        for number in random.sample(range(self._count), self._count):
            descriptor = os.open(self._folder / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
            else:
                return descriptor
        return None


class _Line:
    """Those who wait for a turn, the first one first.

    Args:
        folder: where tickets are; a ticket is locked as long as its process stands in line.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "line"
        self._own = ""

    @contextmanager
    def ticket(self) -> Iterator[_Line]:
        """Stand in line during the block."""
        self._folder.mkdir(parents=True, exist_ok=True)
        own = f"{time.monotonic_ns():020d}-{os.getpid()}-{threading.get_ident()}"
        making = self._folder / f".{own}"  # nobody takes a ticket that is not locked yet for one of a dead process
        descriptor = os.open(making, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            making.rename(self._folder / own)
            self._own = own
            yield self
        finally:
            for path in (making, self._folder / own):
                path.unlink(missing_ok=True)
            os.close(descriptor)

    def ahead(self) -> int:
        """How many stand in line, before this one where it does; tickets of dead processes are removed."""
        try:
            names = [path.name for path in self._folder.iterdir()]
        except FileNotFoundError:
            return 0
        before = [name for name in names if not name.startswith(".") and (not self._own or name < self._own)]
        return sum(_is_held(self._folder / name) for name in before)


def _is_held(ticket: Path) -> bool:
    """Whether the process of a ticket lives; else the ticket is removed."""
    try:
        descriptor = os.open(ticket, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        ticket.unlink(missing_ok=True)
        return False
    finally:
        os.close(descriptor)


def _place(ahead: int) -> str:
    return f"behind {ahead} others" if ahead > 1 else "behind one other" if ahead else "first in line"


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


class Worked:
    """A clock that stands still while this process waits for a turn. It begins when it is made."""

    def __init__(self) -> None:
        self._began, self._before = time.monotonic(), turns().waiting()

    @property
    def waited(self) -> float:
        """Seconds for which a turn was waited for."""
        return turns().waiting() - self._before

    @property
    def seconds(self) -> float:
        """All other seconds."""
        return time.monotonic() - self._began - self.waited


def _memory() -> int:
    """Bytes of this machine's memory; plenty where that is not known."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return sys.maxsize
