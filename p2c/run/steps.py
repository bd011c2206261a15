"""Resumable steps: a step runs again only when what it read has changed."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from p2c.errors import RunFolderError
from p2c.run.atomic import plain_errors, write_atomically
from p2c.run.meta import first_fault


class StepRecord(BaseModel):
    """What is remembered of one step."""

    model_config = ConfigDict(frozen=True)

    key: str | None = None
    """Digest of the step's name and inputs; None until it has finished once."""
    outputs: Mapping[str, str] = {}
    """Path -> SHA-256 of the content that the step wrote; a file that differs was edited by the user."""
    seen: str = ""
    """What the step was shown besides its inputs, where a change of that need not make it anew."""
    pending: Mapping[str, str] = {}
    """The same for outputs that were being written when the process ended."""

    def wrote(self, path: str, digest: str) -> bool:
        """Whether the step itself wrote this content."""
        return digest in (self.outputs.get(path), self.pending.get(path))


class StepRecords:
    """`steps.json`: every step's record, replaced as a whole. Safe for several threads."""

    def __init__(self, path: Path, scratch: Path) -> None:
        self._path = path
        self._scratch = scratch
        self._lock = threading.Lock()
        self._records = self._read()

    def get(self, name: str) -> StepRecord:
        """The record of a step; an empty one for a step that has never run."""
        with self._lock:
            return self._records.get(name, StepRecord())

    def all(self) -> tuple[StepRecord, ...]:
        """Every step's record."""
        with self._lock:
            return tuple(self._records.values())

    def put(self, name: str, record: StepRecord) -> None:
        """Remember a step. Raises RunFolderError when it cannot be written."""
        with self._lock:
            records = {**self._records, name: record}
            plain = {step: entry.model_dump() for step, entry in sorted(records.items())}
            text = json.dumps(plain, indent=1, ensure_ascii=False) + "\n"
            write_atomically(self._path, text.encode("utf-8"), self._scratch)
            self._records = records

    def _read(self) -> dict[str, StepRecord]:
        with plain_errors("read", self._path):
            text = self._path.read_bytes() if self._path.exists() else b"{}"
        try:
            return {name: StepRecord.model_validate(entry) for name, entry in json.loads(text).items()}
        except (ValueError, AttributeError) as error:
            why = first_fault(error) if isinstance(error, ValidationError) else error
            raise RunFolderError(
                f"{self._path} is damaged ({why}); delete it: steps are then made again, "
                "model calls are still taken from exchanges.jsonl"
            ) from error


def step_key(name: str, inputs: Mapping[str, str | bytes]) -> str:
    """SHA-256 (hex) over a step's name and its inputs, each with its length, so that no two can be confused."""
    total = hashlib.sha256(name.encode("utf-8"))
    for label, value in sorted(inputs.items()):
        content = as_bytes(value)
        total.update(f"\0{label}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def as_bytes(content: str | bytes) -> bytes:
    """Text as UTF-8; lone surrogates, which UTF-8 cannot hold, become `?`."""
    return content if isinstance(content, bytes) else content.encode("utf-8", "replace")


def digest(content: bytes) -> str:
    """SHA-256 (hex)."""
    return hashlib.sha256(content).hexdigest()
