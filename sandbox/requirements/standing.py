"""What the package index knows of a little-known distribution that a repository declares and imports.

Asked only for names that a repository declares, never for guesses. A name that a model made up may be registered by
somebody who waits for just that; so a project is only trusted when a release of it is older than a year, and then
still has to hold the module that is imported (`environment.py` looks into what was installed).
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sandbox.requirements.complaint import read_complaint
from sandbox.requirements.inference import NOT_WELL_KNOWN, Inference
from sandbox.setup.places import cache_folder
from sandbox.store import Session, Store
from sandbox.verdict import Requirement

OLD_ENOUGH = timedelta(days=365)
MAX_AGE_SECONDS = 7 * 24 * 3600
"""An answer is asked for again after so long; that a name is not there, each time."""


class Standing(StrEnum):
    """What the index has under a name."""

    absent = "absent"
    recent = "recent"
    """A project without a wheel that is older than a year, or whose age the index does not tell."""
    established = "established"
    """A project with a wheel for this Python that is older than a year."""


def trust(store: Store, found: Inference) -> Inference:
    """`found`, where the little-known distributions that have stood for a year are requirements like others.

    What remains in `little_known` is on the index; a name that is not is told in a note.

    Raises:
        InfrastructureError: the engine, the index or the disk failed.
    """
    if not found.little_known:
        return found
    standings = _standings(store, {one.distribution for one in found.little_known})
    trusted = tuple(one for one in found.little_known if standings[one.distribution] is Standing.established)
    recent = tuple(one for one in found.little_known if standings[one.distribution] is Standing.recent)
    names = {one.distribution for one in trusted}
    refused = tuple(one for one in found.refused if one.reason != NOT_WELL_KNOWN or one.name not in names)
    notes = [
        f"{one.distribution} is little known; it is installed, for {_place(one)} declares it, the code imports it, and "
        "the index has had it for more than a year"
        if one.distribution in names
        else f"{_place(one)} declares {one.distribution}, which the package index does not have"
        for one in found.little_known
        if one not in recent
    ]
    requirements = tuple(sorted((*found.requirements, *trusted), key=lambda need: need.distribution))
    return replace(found, requirements=requirements, refused=refused, notes=(*found.notes, *notes), little_known=recent)


def _place(need: Requirement) -> str:
    return f"{need.file}:{need.line}" if need.line else str(need.file)


def _standings(store: Store, names: Iterable[str]) -> dict[str, Standing]:
    """What the index has under each name; one installer for all that is not on record."""
    known = {name: _recorded(store, name) for name in sorted(names)}
    asked = [name for name, standing in known.items() if standing is None]
    if asked:
        with store.session() as session:
            for name in asked:
                known[name] = _ask(session, name)
                _record(store, name, known[name])
    return {name: standing for name, standing in known.items() if standing is not None}


def _ask(session: Session, name: str) -> Standing:
    before = (datetime.now(UTC) - OLD_ENOUGH).strftime("%Y-%m-%d")
    if session.resolve(f"{name}\n", arguments=("--no-deps", "--exclude-newer", before)).ok:
        return Standing.established
    answer = session.resolve(f"{name}\n", arguments=("--no-deps",))
    is_there = answer.ok or read_complaint(answer.said).kind != "not_found"
    return Standing.recent if is_there else Standing.absent


def _recorded(store: Store, name: str) -> Standing | None:
    path = _path(store, name)
    try:
        fresh = time.time() - path.stat().st_mtime < MAX_AGE_SECONDS
        return Standing(path.read_text()) if fresh else None
    except (OSError, ValueError):
        return None


def _record(store: Store, name: str, standing: Standing | None) -> None:
    if standing in (Standing.established, Standing.recent):
        path = _path(store, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(standing)
        partial.replace(path)


def _path(store: Store, name: str) -> Path:
    what = hashlib.sha256(f"{store.host.describe()}\0{name}".encode()).hexdigest()
    return cache_folder() / "standing" / what[:32]
