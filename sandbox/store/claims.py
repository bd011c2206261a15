"""Which environments this process uses: a file that it keeps locked, so that others know, and know when it died.

A claim is made before the environment is looked for, and a clean-up removes what nobody claims while it holds the
gate; so what has been found is not removed any more. The lock of a file ends with its process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sandbox.setup.places import cache_folder

SUFFIX = ".claim"
GATE_SECONDS = 30.0


@dataclass(frozen=True)
class Claim:
    """What one process uses, or used.

    Attributes:
        keys: of environments in the store.
        alive: whether the process lives.
        owner: the label of its containers.
    """

    path: Path
    volume: str
    owner: str
    keys: frozenset[str]
    alive: bool


class Claims:
    """The claims of one store object; safe to use from several threads. The file is made with the first claim.

    Args:
        volume: the store's volume.
        owner: the label of this process's containers.
    """

    def __init__(self, volume: str, owner: str) -> None:
        self._head = f"{volume} {owner}\n"
        self._lock = threading.Lock()
        self._held: set[str] = set()
        self._descriptor: int | None = None
        self._end: weakref.finalize[..., Claims] | None = None

    def add(self, key: str) -> None:
        """Claim an environment, whether it is there already or not."""
        with self._lock:
            if key not in self._held:
                self._held.add(key)
                self._write(f"+{key}\n")

    def drop(self, key: str) -> None:
        """Give it up."""
        with self._lock:
            if key in self._held:
                self._held.discard(key)
                self._write(f"-{key}\n")

    def close(self) -> None:
        """Give everything up."""
        with self._lock:
            self._held.clear()
            self._descriptor = None
            if self._end is not None:
                self._end()

    def _write(self, line: str) -> None:
        with gate():
            if self._descriptor is None:
                self._descriptor = self._open()
            os.write(self._descriptor, line.encode())

    def _open(self) -> int:
        path = _folder() / f"{os.getpid()}-{secrets.token_hex(6)}{SUFFIX}"
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, self._head.encode())
        self._end = weakref.finalize(self, _end, descriptor, path)
        return descriptor


@contextmanager
def gate(seconds: float = GATE_SECONDS) -> Iterator[None]:
    """Claims are made, and environments taken away, by one process at a time; one that hangs is not waited for."""
    with (_folder() / "gate").open("a") as lock:
        until = time.monotonic() + seconds
        while not _taken(lock) and time.monotonic() < until:
            time.sleep(0.01)
        yield


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read_claims(volume: str) -> tuple[Claim, ...]:
    """Every claim on environments of `volume`, of the living and the dead. To be called within the `gate`."""
    found = (_read(path) for path in sorted(_folder().glob(f"*{SUFFIX}")))
    return tuple(claim for claim in found if claim is not None and claim.volume == volume)


def _read(path: Path) -> Claim | None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            alive = False
        except BlockingIOError:
            alive = True
        head, *lines = file.read().split("\n")
    keys: set[str] = set()
    for line in lines:
        (keys.add if line[:1] == "+" else keys.discard)(line[1:])
    volume, _, owner = head.partition(" ")
    return Claim(path, volume, owner, frozenset(keys - {""}), alive)


def _folder() -> Path:
    folder = cache_folder() / "claims"
    folder.mkdir(exist_ok=True)
    return folder


def _end(descriptor: int, path: Path) -> None:
    with suppress(FileNotFoundError):
        path.unlink()
    os.close(descriptor)
