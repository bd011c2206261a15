"""What came of requirements, and the record of it: known requirements need no resolver and no container."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

from pydantic import ValidationError

from sandbox.setup.places import cache_folder
from sandbox.store import Store
from sandbox.verdict import Environment, Failure, Missing, Refused, Requirement, Value

MAX_AGE_SECONDS = 7 * 24 * 3600
MAX_AGE_OF_MISSING_SECONDS = 3600
"""What could not be had may be had soon."""
RULES = 4
"""Raised when the rules of resolving change, so that older records are not used."""


class Prepared(Value):
    """What came of the requirements."""

    environment: Environment | None = None
    """To run in; None when there is a failure."""
    failure: Failure | None = None
    """The requirements cannot be resolved or installed, and that is the repository's doing."""
    missing: tuple[Missing, ...] = ()
    """Distributions that it needs and that cannot be had here; the environment is without them."""
    refused: tuple[Refused, ...] = ()
    """Distributions that were installed, looked into, and taken out again: other projects of the same name."""
    notes: tuple[str, ...] = ()
    """What a reader should know: loosened pins, substitutes, optional things left out."""


class _Entry(Value):
    volume: str
    prepared: Prepared


class Record:
    """Results of the last `MAX_AGE_SECONDS` by requirements, image and index settings, in this user's cache."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = cache_folder() / "prepared"

    def find(self, wanted: tuple[Requirement, ...]) -> Prepared | None:
        """What these requirements came to; None when that is not known, too old, or of another volume."""
        path = self._path(wanted)
        try:
            age = time.time() - path.stat().st_mtime
            entry = _Entry.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return None
        if age > (MAX_AGE_OF_MISSING_SECONDS if entry.prepared.missing else MAX_AGE_SECONDS):
            return None
        return entry.prepared if entry.volume == self._store.identity() else None

    def keep(self, wanted: tuple[Requirement, ...], prepared: Prepared) -> None:
        """Remember it."""
        path = self._path(wanted)
        path.parent.mkdir(parents=True, exist_ok=True)
        entry = _Entry(volume=self._store.identity() or "", prepared=prepared)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(entry.model_dump_json())
        partial.replace(path)

    def _path(self, wanted: tuple[Requirement, ...]) -> Path:
        asked = sorted((need.distribution, need.specifier, need.extras, need.optional, need.modules) for need in wanted)
        image, host = self._store.image, self._store.host
        links = [str(path) for item in host.shown for path in sorted(Path(item.source).glob("torch-*.whl"))]
        what = [RULES, asked, image.system, image.python, self._store.volume, host.describe(), links]
        return self._folder / f"{hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]}.json"
