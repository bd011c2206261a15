"""One process at a time holds a run folder."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import FileLock, Timeout

from p2c.errors import RunFolderError

LOCK, HOLDER = ".lock", ".holder"


def hold(folder: Path) -> FileLock:
    """Lock `folder` for this process; the kernel lets go of it when the process ends, however it ends.

    Raises:
        RunFolderError: another holder has it; the message names the process.
        OSError: the lock cannot be made.
    """
    lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
    holder = folder / HOLDER
    try:
        lock.acquire()
    except Timeout:
        who = holder.read_text(encoding="utf-8").strip() if holder.exists() else "unknown"
        raise RunFolderError(
            f"{folder} is in use by process {who}; wait until it has ended, or name another folder"
        ) from None
    try:
        holder.write_text(f"{os.getpid()}\n", encoding="utf-8")
    except OSError:
        lock.release()
        raise
    return lock
