"""Writing files so that a process killed at any moment leaves the old content or the new, never a half."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from p2c.errors import DiskFull, RunFolderError
from p2c.run.secrets import hidden_bytes

_WHY = {
    errno.ENOSPC: "the disk is full; free some space and run the same command again, it goes on from here",
    errno.EDQUOT: "the disk quota is used up; free some space and run the same command again, it goes on from here",
    errno.EROFS: "the file system is read-only; choose another folder",
    errno.EACCES: "permission denied; choose a folder that you may write to, or change its permissions",
    errno.EPERM: "permission denied; choose a folder that you may write to, or change its permissions",
    errno.ENOTDIR: "a part of the path is a file, not a folder; choose another folder",
    errno.EEXIST: "a part of the path is a file, not a folder; move it away",
    errno.EISDIR: "there is a folder where a file must be written; move it away",
    errno.ENAMETOOLONG: "the name is too long for this file system",
    errno.EIO: "the disk reported an input/output error; check the disk",
}
_TROUBLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})
"""Of the machine, not of the folder that was named."""


@contextmanager
def plain_errors(what: str, path: Path) -> Iterator[None]:
    """Turn an OSError into a RunFolderError that says what failed, on which path, and what to try next."""
    try:
        yield
    except RunFolderError:
        raise
    except OSError as error:
        why = _WHY.get(error.errno or 0, error.strerror or str(error))
        kind = DiskFull if error.errno in _TROUBLE else RunFolderError
        raise kind(f"cannot {what} {path}: {why}") from error


def write_atomically(target: Path, content: bytes, scratch: Path) -> None:
    """Replace `target` by `content`, by way of a flushed temporary file in `scratch` (same file system).

    Keys in it are hidden (`secrets.py`).

    Raises:
        RunFolderError: the disk is full, read-only, or may not be written to; `target` is as it was.
    """
    temporary = scratch / f"{os.getpid()}-{threading.get_ident()}"
    with plain_errors("write", target):
        try:
            scratch.mkdir(parents=True, exist_ok=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as stream:
                stream.write(hidden_bytes(content))
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(target)
        except OSError:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename or a new file in `folder` survive a power cut, where the file system can."""
    with suppress(OSError):  # some network and overlay file systems refuse to flush a folder; the rename still holds
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
