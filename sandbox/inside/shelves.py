"""Where things lie in the store, and the locks that keep two from making or removing one. Standard library only."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

STORE = Path("/store")
FOLDERS = ("cache", "envs", "locks", "wheels", "bytecode", "trash")
COMPLETE = ".complete"
FRESH = "fresh-"
KEY = re.compile(r"[0-9a-z][0-9a-z-]{7,79}")
USERS = ".installers"
"""Every installer holds this lock, shared: who holds it alone may remove what nobody names."""
PAUSE_SECONDS = 0.1


def folder_of(key: str) -> Path:
    """The environment's folder. Raises ValueError for what is no key."""
    if not KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key of an environment")
    return STORE / "envs" / key


@contextlib.contextmanager
def locked(name: str, seconds: float = 0.0, waiting: Callable[[float], None] | None = None) -> Iterator[bool]:
    """Hold the lock of one environment; it is released however this process ends.

    Args:
        name: the environment's key.
        seconds: how long another holder is waited for.
        waiting: called now and then with the seconds waited so far.

    Yields:
        Whether the lock is ours; False when somebody has held it for all that time.
    """
    began = time.monotonic()
    while True:
        lock = (STORE / "locks" / name).open("a")
        try:
            if taken := _take(lock, fcntl.LOCK_EX):
                if not _is_current(lock):  # it was removed with its environment while we waited
                    continue
                yield taken
                return
            waited = time.monotonic() - began
            if waited >= seconds:
                yield taken
                return
            if waiting is not None:
                waiting(waited)
        finally:
            lock.close()
        time.sleep(PAUSE_SECONDS)


def forget_lock(name: str) -> None:
    """Remove the lock of an environment that is gone; to be called by who holds it."""
    (STORE / "locks" / name).unlink(missing_ok=True)


class Presence:
    """This installer's share of the common lock, held for as long as it lives."""

    def __init__(self) -> None:
        self._lock = (STORE / "locks" / USERS).open("a")
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    @contextlib.contextmanager
    def alone(self, seconds: float = 0.0) -> Iterator[bool]:
        """Hold the lock alone, which no other installer can then start; False when others are at work."""
        until = time.monotonic() + seconds
        while not (ours := _take(self._lock, fcntl.LOCK_EX)) and time.monotonic() < until:
            time.sleep(PAUSE_SECONDS)
        try:
            yield ours
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_SH)


def _take(lock: IO[str], how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_current(lock: IO[str]) -> bool:
    try:
        return os.path.samestat(os.fstat(lock.fileno()), os.stat(lock.name))  # noqa: PTH116 - no Path has fstat
    except FileNotFoundError:
        return False
