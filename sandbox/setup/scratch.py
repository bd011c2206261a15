"""Folders of this host that are removed at the end or, should their process be killed, by the next start."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sandbox.engine.owners import LABEL, labels
from sandbox.setup.places import cache_folder

PREFIX = "p2c-scratch-"
LARGE = Path("/var/tmp")  # noqa: S108 - for what does not fit into /tmp, or must not be mounted as that often is
ALIVE = ".alive"
"""A file that the process keeps locked, with its owner's label in it; the lock ends with the process."""
YOUNG_SECONDS = 60.0
"""So young a folder may lack its lock because it is being made."""


@contextmanager
def scratch(parent: Path | None = None) -> Iterator[Path]:
    """An empty folder of this process's own below `parent` (None: this user's cache folder)."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent or cache_folder()))
    with _locked(folder):
        try:
            content = folder / "content"
            content.mkdir()
            yield content
        finally:
            delete(folder)


def sweep_scratch() -> int:
    """Remove the folders of dead processes of this user, and files that they were writing; how many there were."""
    removed = 0
    for folder in scratch_folders():
        if is_abandoned(folder):
            delete(folder)
            removed += 1
    for path in _files():
        number = path.suffix[1:]
        if number.isdecimal() and path.is_file() and not _lives(int(number)) and _age(path) > YOUNG_SECONDS:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _files() -> Iterator[Path]:
    """Those of the cache folder and of its folders, any of which may vanish meanwhile."""
    folders = [cache_folder()]
    while folders:
        with suppress(OSError):
            for path in folders.pop().iterdir():
                if path.parent == cache_folder() and path.is_dir() and not path.is_symlink():
                    folders.append(path)
                else:
                    yield path


def scratch_folders() -> Iterator[Path]:
    """Those of this user, of the living and the dead."""
    for folder in (path for parent in (cache_folder(), LARGE) for path in parent.glob(f"{PREFIX}*")):
        with suppress(OSError):  # its process may have removed it meanwhile
            if folder.lstat().st_uid == os.getuid():
                yield folder


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


def owner_of(folder: Path) -> str:
    """The label of the process that made it; empty when it is being made or removed."""
    try:
        return (folder / ALIVE).read_text()
    except OSError:
        return ""


def delete(folder: Path) -> None:
    """Remove a folder as far as that is possible, be it thousands of folders deep."""
    with suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        subprocess.run(["rm", "-rf", "--", folder], stderr=subprocess.DEVNULL, check=False)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    made = folder / f"{ALIVE}.new"  # it gets its name when it is locked: without a lock it would say that we are dead
    with made.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(labels()[LABEL])
        lock.flush()
        made.rename(folder / ALIVE)
        yield


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
