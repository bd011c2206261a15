"""Room on the disk that is kept for answers under way: one that was paid for is written although the disk is full."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from p2c.errors import DiskFull
from p2c.run.atomic import plain_errors

RESERVE = ".reserve"
SIZE = 8 * 1024 * 1024
"""Bytes: sixteen calls at the same time, each with a prompt of 100,000 tokens."""
_BLOCK = 16384
"""Bytes: a file takes whole blocks of the disk, and some for its own map."""


class Reserve:
    """A file of `SIZE` bytes beside the journal; given up for the last answers, as much as each takes.

    From then on nothing else is written, so that they have all of it, and no new call is begun.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / RESERVE
        if self._is_whole():
            return
        with plain_errors(f"keep {SIZE // 1024**2} MiB for the model's answers in", folder):
            try:
                _take(self.path)
            except OSError:
                self.path.unlink(missing_ok=True)
                raise

    def check(self) -> None:
        """Raise DiskFull once the reserve was given up."""
        if not self._is_whole():
            raise DiskFull(
                f"the disk of {self.path.parent} is full; the model's last answers are kept. Free some space and run "
                "the same command again, it goes on from here"
            )

    def close(self) -> None:
        """Let go of the room; the run is over."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _is_whole(self) -> bool:
        try:
            return self.path.stat().st_size >= SIZE
        except FileNotFoundError:
            return False


def give_up(folder: Path, size: int) -> bool:
    """Free at least `size` bytes of the reserve of `folder`; whether there was anything left of it.

    The rest stays, so that whatever else fills the disk has not taken it when the next answer comes.
    """
    path = folder / RESERVE
    try:
        left = path.stat().st_size
        os.truncate(path, max(0, left - size - _BLOCK))
    except OSError:
        return False
    return left > 0


def _take(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, SIZE)
        else:  # macOS: zeros are room as well
            for _ in range(SIZE // 65536):
                os.write(descriptor, bytes(65536))
    finally:
        os.close(descriptor)
