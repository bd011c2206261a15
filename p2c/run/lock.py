"""One process at a time holds a run folder."""

from __future__ import annotations

import errno
import json
import os
import socket
import warnings
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from p2c.errors import RunFolderError

LOCK, HOLDER = ".lock", ".holder"
NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS})
"""What file systems answer that lock nothing, such as NFS without its lock daemon."""


def hold(folder: Path) -> FileLock:
    """Lock `folder` for this process; the kernel lets go of it when the process ends, however it ends.

    Raises:
        RunFolderError: another holder has it (the message names the process, its host and since when), or the file
            system cannot lock.
        OSError: the lock cannot be made.
    """
    lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
    holder = folder / HOLDER
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "flock not supported")  # filelock then holds it by the process's number
            lock.acquire()
    except Timeout:
        raise RunFolderError(
            f"{folder} is in use by {_who(holder)}; wait until it has ended, or name another folder"
        ) from None
    except (NotImplementedError, OSError) as error:  # the first: an older filelock's word for ENOSYS
        if isinstance(error, OSError) and error.errno not in NO_LOCKS:
            raise
        raise RunFolderError(
            f"the file system of {folder} cannot lock files ({error}), so two runs could destroy each other's work "
            "in it; name a folder on another disk"
        ) from error
    try:
        holder.write_text(json.dumps(_me()) + "\n", encoding="utf-8")
    except OSError:
        lock.release()
        raise
    return lock


def _me() -> dict[str, object]:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _who(holder: Path) -> str:
    """The process that wrote `holder`, in words. It may be writing it at this very moment."""
    try:
        told = json.loads(holder.read_text(encoding="utf-8"))
        return f"process {int(told['pid'])} on {told['host']} since {told['since']}"
    except (OSError, ValueError, TypeError, KeyError):
        return "a process that has only just begun"
