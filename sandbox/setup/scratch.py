"""Folders of this host that are removed at the end or, should their process be killed, by the next start."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.setup.places import cache_folder

PREFIX = "p2c-scratch-"
LARGE = Path("/var/tmp")  # noqa: S108 - for what does not fit into /tmp, or must not be mounted as that often is
ALIVE = ".alive"
"""A file that the process keeps locked; the lock ends with it."""
YOUNG_SECONDS = 60.0
"""So young a folder may lack its lock because it is being made."""


@contextmanager
def scratch(parent: Path | None = None) -> Iterator[Path]:
    """An empty folder of this process's own below `parent` (None: this user's cache folder)."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent or cache_folder()) as name, _locked(Path(name)):
        content = Path(name) / "content"
        content.mkdir()
        yield content


def sweep_scratch() -> int:
    """Remove the folders of dead processes of this user, and files that they were writing; how many there were."""
    removed = 0
    for folder in (path for parent in (cache_folder(), LARGE) for path in parent.glob(f"{PREFIX}*")):
        if folder.lstat().st_uid == os.getuid() and is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    for path in (path for pattern in ("*.*", "*/*.*") for path in cache_folder().glob(pattern)):
        number = path.suffix[1:]
        if number.isdecimal() and path.is_file() and not _lives(int(number)) and _age(path) > YOUNG_SECONDS:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ALIVE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_abandoned(folder: Path) -> bool:
    """Whether the process that made it is dead."""
    try:
        with (folder / ALIVE).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return True
    except BlockingIOError:
        return False
    except OSError:
        return _age(folder) > YOUNG_SECONDS


def _age(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except OSError:
        return 0.0


def _lives(pid: int) -> bool:
    """Whether there is such a process here. Partial files are named after the process that writes them."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
