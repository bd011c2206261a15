"""What mypy remembers of a repository's own modules, kept on this host from one verify to the next.

It comes out of a container in which mypy alone ran, and goes into nothing else than such a container, of the same
repository at the same place. Here it is opaque: it is never unpacked, only its list of names and sizes is looked at.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.inside.typecheck import KEPT_BYTES, NAME
from sandbox.setup.places import cache_folder

FOLDER = "mypy"
"""Of the user's cache folder."""
TOTAL_BYTES = 256 * 1024 * 1024
"""Kept of all repositories together; those that were used least recently go first."""


@dataclass(frozen=True)
class Kept:
    """The place for one repository's memory.

    Attributes:
        path: of the file that holds it.
    """

    path: Path

    @classmethod
    def of(cls, place: str, base: str) -> Kept:
        """The place for the repository that `place` names (for example its absolute path), checked from `base` on."""
        name = hashlib.sha256(f"{place}\0{base}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return cls(cache_folder() / FOLDER / f"{name}.tar")

    def read(self) -> bytes | None:
        """What was kept; None when there is nothing that could be of use."""
        try:
            content = self.path.read_bytes()
            os.utime(self.path)
        except OSError:
            return None
        return content if is_sound(content) else None

    def write(self, content: bytes) -> None:
        """Keep `content`, unless it is no cache; a disk that is full only costs time the next time."""
        if not is_sound(content):
            return
        with suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial = self.path.with_suffix(f".{os.getpid()}")  # so the next start sweeps it, should we die
            partial.write_bytes(content)
            partial.replace(self.path)
            _prune(self.path.parent)

    def forget(self) -> None:
        """Remove it."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def is_sound(content: bytes) -> bool:
    """Whether it is an uncompressed tar of plain files with the names of mypy's cache, and not too large."""
    if len(content) > KEPT_BYTES + 1024 * 1024:
        return False
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            members = archive.getmembers()
    except (tarfile.TarError, ValueError, EOFError):
        return False
    fits = sum(member.size for member in members) <= KEPT_BYTES
    return fits and all(member.isreg() and NAME.fullmatch(member.name) for member in members)


def _prune(folder: Path) -> None:
    """Remove the least recently used until all fit into `TOTAL_BYTES`."""
    found = sorted(((path, path.stat()) for path in folder.iterdir()), key=lambda item: -item[1].st_mtime)
    total = 0
    for path, state in found:
        total += state.st_size
        if total > TOTAL_BYTES:
            path.unlink(missing_ok=True)
