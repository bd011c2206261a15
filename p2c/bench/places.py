"""Where a set's runs lie: nothing of it in a repository, no two entries in one place, one command at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from p2c.bench.manifest import Manifest
from p2c.errors import RunFolderError, UsageError
from p2c.run.atomic import plain_errors
from p2c.run.lock import HOLDER, LOCK, hold

RUNS, LOGS, RECORDS, EARLIER, SCRATCH = "runs", "logs", "records", "earlier", ".scratch"
RESULTS = ("bench.json", "bench.md", "bench.csv", "bench.html")
_OURS = frozenset({RUNS, LOGS, RECORDS, EARLIER, SCRATCH, LOCK, HOLDER, *RESULTS})


@dataclass(frozen=True)
class Places:
    """The folder of a set."""

    root: Path

    @property
    def scratch(self) -> Path:
        """For files that are being written."""
        return self.root / SCRATCH

    def run(self, name: str) -> Path:
        """An entry's run folder."""
        return self.root / RUNS / name

    def log(self, name: str) -> Path:
        """What its processes printed."""
        return self.root / LOGS / f"{name}.log"

    def record(self, name: str) -> Path:
        """What became of it."""
        return self.root / RECORDS / f"{name}.json"

    def set_aside(self, name: str) -> None:
        """Move an entry's run to `earlier/NAME.K`, so that it begins anew. Raises RunFolderError."""
        run = self.run(name)
        with plain_errors("set aside", run):
            if run.exists():
                number = 1
                while (aside := self.root / EARLIER / f"{name}.{number}").exists():
                    number += 1
                aside.parent.mkdir(exist_ok=True)
                run.rename(aside)
            self.record(name).unlink(missing_ok=True)
            self.log(name).unlink(missing_ok=True)

    def is_held(self, name: str) -> bool:
        """Whether another process has the entry's run folder: one that a killed bench has left behind."""
        path = self.run(name) / LOCK
        if not path.is_file():
            return False
        lock = FileLock(path, timeout=0)
        try:
            lock.acquire()
        except (Timeout, OSError, NotImplementedError):
            return True
        lock.release()
        return False


def refuse_overlaps(manifest: Manifest, root: Path) -> None:
    """Raises UsageError where the output folder lies in what an entry reads, or the other way round."""
    real = root.resolve()
    for entry in manifest.entries:
        source = entry.path.resolve()
        if real.is_relative_to(source) and source.is_dir():
            raise UsageError(
                f"the output folder {root} would lie in {source} (entry {entry.name!r}), which is left as it is; "
                "name another one with -o"
            )
        if source.is_relative_to(real):
            raise UsageError(
                f"{source} (entry {entry.name!r}) lies in the output folder {root}; name another one with -o"
            )


@contextmanager
def opened(root: Path) -> Iterator[Places]:
    """The set's folder, made if need be and held by this process.

    Raises:
        RunFolderError: it holds something else, another process has it, or it cannot be written to.
    """
    root = root.absolute()
    with plain_errors("use the output folder", root):
        if root.exists() and not root.is_dir():
            raise RunFolderError(f"{root} is a file; name a folder for the results")
        foreign = sorted(one.name for one in root.iterdir() if one.name not in _OURS) if root.is_dir() else []
        if foreign:
            raise RunFolderError(
                f"{root} holds {foreign[0]!r}, which is none of a bench's files; name a new or an empty folder with -o"
            )
        for folder in (RUNS, LOGS, RECORDS):
            (root / folder).mkdir(parents=True, exist_ok=True)
        lock = hold(root)
    try:
        yield Places(root)
    finally:
        lock.release()
