"""Append-only files of JSON lines: what was appended once is never lost, a torn last line is passed over."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from p2c.run.atomic import plain_errors, sync_folder
from p2c.run.reserve import give_up
from p2c.run.secrets import hidden, hidden_within

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class JsonLines:
    """A file of JSON objects, one a line, without keys (`secrets.py`).

    Safe for several threads of one process; the run folder's lock keeps other processes out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def append(self, entry: Mapping[str, object], *, precious: bool = True) -> dict[str, object]:
        """Append one object, and return it as it was written.

        Args:
            entry: what `json` can write, or turn to text.
            precious: it is on the disk when this returns, and has the reserve of a full disk (`reserve.py`).

        Raises:
            RunFolderError: it cannot be written; the file is then as it was.
        """
        plain = json.loads(json.dumps(entry, ensure_ascii=True, default=str))
        written = {hidden(name): hidden_within(value) for name, value in plain.items()}
        line = json.dumps(written, ensure_ascii=True).encode("ascii") + b"\n"
        with self._lock, plain_errors("write", self.path):
            while True:
                try:
                    self._append(line, flush=precious)
                    break
                except OSError as error:
                    if not (precious and error.errno in _FULL and give_up(self.path.parent, len(line))):
                        raise
        return written

    def _append(self, line: bytes, *, flush: bool) -> None:
        is_new = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            _append_whole(descriptor, line, flush=flush)
        finally:
            os.close(descriptor)
        if is_new and flush:
            sync_folder(self.path.parent)

    def read(self) -> Iterator[dict[str, object]]:
        """The objects in order; lines that are no JSON object (torn by a killed process) are passed over."""
        with plain_errors("read", self.path):
            content = self.path.read_bytes() if self.path.exists() else b""
        for line in content.split(b"\n"):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                yield entry


def mend_end(path: Path) -> None:
    """End a file of lines with a line break, so that what is appended next does not join a torn line."""
    with plain_errors("mend", path):
        if not path.exists() or not path.stat().st_size:
            return
        with path.open("rb+") as stream:
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":
                stream.write(b"\n")


def _append_whole(descriptor: int, line: bytes, *, flush: bool) -> None:
    size = os.lseek(descriptor, 0, os.SEEK_END)
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        line = b"\n" + line
    try:
        written = 0
        while written < len(line):
            written += os.write(descriptor, line[written:])
        if flush:
            os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
