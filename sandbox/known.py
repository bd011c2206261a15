"""Verdicts that are known already: kept for a day, under a key over everything that a verdict depends on.

The package index is the one thing that the key cannot hold, as asking it is what takes the time. So a verdict is kept
for `KEPT_SECONDS` only (one that lacked a package, or something of the system, for `KEPT_SECONDS_OF_MISSING`), and it
names its lock. Not kept is what another run might not say again: a failure of the sandbox itself, a flaky run, and a
run that was ended by the clock, because the host may have been busy.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, ValidationError

from sandbox.settings import Settings
from sandbox.setup.pipsettings import read_pip, read_uv
from sandbox.setup.places import cache_folder, dockerfile
from sandbox.tree import Tree
from sandbox.verdict import Ended, Outcome, Rung, Value, Verdict

KEPT_SECONDS = 24 * 3600
KEPT_SECONDS_OF_MISSING = 3600
"""What could not be had from the index, or from Debian's mirror, may be had soon."""
_FROM_ELSEWHERE = ("package", "system", "display")
MAX_FILES = 256
MAX_BYTES = 64 * 1024 * 1024
FOLDER = "verdicts"
_BY_THE_CLOCK = (Ended.wall, Ended.idle, Ended.cpu)
_ENGINE = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "P2C_BASE", "P2C_MIRROR")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class Known(Value):
    """A verdict of an earlier time."""

    since: AwareDatetime
    """When it was given."""
    verdict: Verdict


@dataclass(frozen=True)
class KnownVerdicts:
    """A folder of verdicts, one file a key. Several processes may use it at once; it may be deleted at any time.

    Attributes:
        folder: made when something is kept.
    """

    folder: Path

    @classmethod
    def of_user(cls) -> KnownVerdicts:
        """Those of this user: `$XDG_CACHE_HOME/p2c/verdicts`."""
        return cls(cache_folder() / FOLDER)

    def get(self, key: str, name: str | None = None) -> Known | None:
        """The verdict of `key`; None when it is unknown or too old, or its file is damaged.

        Args:
            name: what the verdict shall call the repository.
        """
        try:
            known = Known.model_validate_json(self._path(key).read_bytes())
        except (OSError, ValidationError):
            return None
        age = (datetime.now(UTC) - known.since).total_seconds()
        if not 0 <= age <= _kept_seconds(known.verdict):
            return None
        if name is None or name == known.verdict.repository:
            return known
        return known.model_copy(update={"verdict": known.verdict.model_copy(update={"repository": name})})

    def put(self, key: str, verdict: Verdict) -> None:
        """Keep `verdict` if it is final; the oldest files go. A folder that cannot be written to keeps nothing."""
        if not is_final(verdict):
            return
        content = Known(since=datetime.now(UTC), verdict=verdict).model_dump_json().encode()
        with suppress(OSError):  # a full or read-only disk costs the next run its time, and this one nothing
            self.folder.mkdir(parents=True, exist_ok=True)
            _replace(self._path(key), content)
            self._prune()

    def forget(self, key: str) -> None:
        """Remove the verdict of `key`, if there is one."""
        with suppress(OSError):
            self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def _prune(self) -> None:
        """Remove the oldest until the folder is within its bounds."""
        found = []
        for path in self.folder.iterdir():
            with suppress(OSError):  # another process removed it
                stat = path.stat()
                found.append((stat.st_mtime, stat.st_size, path))
        total = 0
        for number, (_, size, path) in enumerate(sorted(found, reverse=True), start=1):
            total += size
            if number > 1 and (number > MAX_FILES or total > MAX_BYTES):
                with suppress(OSError):
                    path.unlink(missing_ok=True)


def verdict_key(
    tree: Tree, settings: Settings, until: Rung = Rung.replays, environ: Mapping[str, str] | None = None
) -> str:
    """SHA-256 (hex) over what a verdict depends on, the package index apart.

    That is the tree (with what was left out of it), the settings, the last rung that is tried, this package's own
    files (rules, maps, what goes into the image), the engine, the machine's architecture and how packages are found.

    Args:
        environ: in place of `os.environ`.
    """
    environ = os.environ if environ is None else environ
    given = {
        "tree": tree.digest(),
        "skipped": sorted(tree.skipped.items()),
        "settings": dataclasses.asdict(settings),
        "until": int(until),
        "sandbox": _own_digest(),
        "engine": [environ.get(name, "") for name in _ENGINE],
        "machine": platform.machine(),
        "index": [dataclasses.asdict(read_pip(environ)), dataclasses.asdict(read_uv(environ))],
        "proxies": [environ.get(name) or environ.get(name.upper(), "") for name in _PROXIES],
    }
    text = json.dumps(given, sort_keys=True, default=sorted)  # the default is for sets
    return hashlib.sha256(text.encode()).hexdigest()


def is_final(verdict: Verdict) -> bool:
    """Whether another run would say the same, as far as one can know."""
    failure = verdict.failure
    if verdict.outcome is Outcome.infrastructure:
        return False
    return failure is None or not (failure.kind == "flaky" or failure.limit in _BY_THE_CLOCK)


def _kept_seconds(verdict: Verdict) -> float:
    lacks = any(one.kind in _FROM_ELSEWHERE for one in verdict.missing)
    return KEPT_SECONDS_OF_MISSING if lacks else KEPT_SECONDS


def _own_digest() -> str:
    """Over every file of this package and the Dockerfile: a changed rule is another verdict."""
    total = hashlib.sha256(dockerfile().read_bytes())
    root = Path(__file__).parent
    for folder, folders, names in sorted(os.walk(root)):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in sorted(names):
            path = Path(folder, name)
            total.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def _replace(target: Path, content: bytes) -> None:
    """Write `target` at once: a reader sees the old content or the new."""
    descriptor, name = tempfile.mkstemp(prefix=".", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        Path(name).replace(target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
