"""The run folder: where a run lives on disk, held by one process at a time, resumable after any end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock

from p2c.errors import RunFolderError
from p2c.run.atomic import plain_errors, write_atomically
from p2c.run.journal import Journal, Listener
from p2c.run.lines import mend_end
from p2c.run.lock import HOLDER, LOCK, hold
from p2c.run.meta import LAYOUT, RunMeta, read_meta
from p2c.run.steps import StepRecord, StepRecords, as_bytes, digest, step_key
from sandbox.tree import check_path

META, STEPS, JOURNAL, EXCHANGES = "run.json", "steps.json", "journal.jsonl", "exchanges.jsonl"
SCRATCH = ".scratch"
OUR_NAMES = frozenset({META, STEPS, JOURNAL, EXCHANGES, LOCK, HOLDER, SCRATCH})

Contents = Mapping[str, str | bytes]


class RunFolder:
    """A run's files, journal and finished steps. Open it with `RunFolder.open`; use it as a context manager.

    Safe for several threads: independent steps may run at the same time.

    Attributes:
        path: the folder.
        journal: the run's journal, `journal.jsonl`.
        exchanges: the file for the model's exchanges, `exchanges.jsonl`.
    """

    def __init__(self, path: Path, lock: FileLock, listeners: tuple[Listener, ...]) -> None:
        self.path = path
        self.exchanges = path / EXCHANGES
        self._lock = lock
        self._scratch = path / SCRATCH
        _sweep(self._scratch)
        self._meta = read_meta(path / META)
        if not (path / META).exists():
            self.update_meta()
        mend_end(path / JOURNAL)
        self.journal = Journal(path / JOURNAL, listeners)
        self._steps = StepRecords(path / STEPS, self._scratch)

    @classmethod
    def open(cls, path: Path, listeners: tuple[Listener, ...] = ()) -> Self:
        """Open a run folder, or make it; held until it is closed.

        Raises:
            RunFolderError: another process holds it (its id is named), it is a folder of something else, it was
                written by a newer version, or it cannot be written to.
        """
        path = path.absolute()
        with plain_errors("make the run folder", path):
            if path.exists() and not path.is_dir():
                raise RunFolderError(f"{path} is a file; name a folder for the run")
            foreign = _first_foreign_name(path)
            if foreign:
                raise RunFolderError(
                    f"{path} is not a run folder and not empty (it holds {foreign!r}); name a new or an empty folder"
                )
            path.mkdir(parents=True, exist_ok=True)
            lock = hold(path)
        try:
            return cls(path, lock, tuple(listeners))
        except BaseException:
            lock.release()
            raise

    @property
    def meta(self) -> RunMeta:
        """What this run is about: layout, paper, model, options."""
        return self._meta

    def update_meta(self, *, model: str | None = None, options: Mapping[str, object] | None = None) -> None:
        """Record the model's name and the command's options; what is None stays."""
        changes: dict[str, object] = {"layout": LAYOUT}
        if model is not None:
            changes["model"] = model
        if options is not None:
            changes["options"] = dict(options)
        self._put_meta(changes)

    def claim_paper(self, paper_digest: str) -> None:
        """Bind the folder to a paper. Raises RunFolderError when it is bound to another one."""
        if self._meta.paper not in (None, paper_digest):
            raise RunFolderError(
                f"{self.path} holds the run of another paper (SHA-256 {str(self._meta.paper)[:12]}..., "
                f"not {paper_digest[:12]}...); name another folder"
            )
        if self._meta.paper is None:
            self._put_meta({"paper": paper_digest})

    def write(self, name: str, content: str | bytes) -> None:
        """Write one file, atomically and flushed.

        Args:
            name: relative POSIX path below the folder.
            content: text is written as UTF-8.

        Raises:
            ValueError: `name` leads out of the folder, or is one of its own files.
            RunFolderError: it cannot be written (disk full, read-only, no permission).
        """
        write_atomically(self._target(name), as_bytes(content), self._scratch)

    def read(self, name: str) -> str:
        """A file's text. Raises RunFolderError when it is missing or cannot be read."""
        with plain_errors("read", self.path / name):
            return _as_text((self.path / name).read_bytes())

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.path / name).is_file()

    def step(
        self, name: str, inputs: Contents, outputs: tuple[str, ...] | None, make: Callable[[], Contents]
    ) -> Mapping[str, str]:
        """The outputs of a step: the present ones (perhaps edited) if its inputs are as they were, else made anew.

        Args:
            name: the step's name, for example `planning/overview`.
            inputs: everything the step reads, prompt template included; a change makes it run again.
            outputs: relative paths that the step writes; None: whatever `make` returns.
            make: makes path -> content. When it raises, nothing is recorded and the error passes through.

        Returns:
            path -> text of every output.

        Raises:
            ValueError: `make` did not return exactly `outputs`.
            RunFolderError: an output cannot be written.
        """
        started = time.monotonic()
        key = step_key(name, inputs)
        record = self._steps.get(name)
        wanted = tuple(record.outputs) if outputs is None else outputs
        if record.key == key and all(self.exists(path) for path in wanted):
            self.journal.emit("step_finished", step=name, reused=True, seconds=0.0, detail="")
            return {path: self.read(path) for path in wanted}
        self.journal.emit("step_started", step=name)
        try:
            made = {path: as_bytes(content) for path, content in make().items()}
            _check_made(name, made, outputs)
            self._put_outputs(name, key, record, made)
        except BaseException as error:
            self.journal.emit("step_failed", step=name, reason=str(error) or type(error).__name__)
            raise
        self.journal.emit(
            "step_finished", step=name, reused=False, seconds=round(time.monotonic() - started, 3), detail=""
        )
        return {path: _as_text(content) for path, content in made.items()}

    def close(self) -> None:
        """Let go of the folder."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _put_outputs(self, name: str, key: str, record: StepRecord, made: Mapping[str, bytes]) -> None:
        """Write the outputs. The digests are recorded before, so that a killed write is not taken for an edit."""
        digests = {path: digest(content) for path, content in made.items()}
        for path in {**record.outputs, **record.pending, **made}:
            self._keep_edited(name, path, record, digests.get(path))
        self._steps.put(name, StepRecord(outputs=record.outputs, pending={**record.pending, **digests}))
        for path, content in made.items():
            self.write(path, content)
        for path in (record.outputs.keys() | record.pending.keys()) - made.keys():
            with plain_errors("remove", self.path / path):
                (self.path / path).unlink(missing_ok=True)
        self._steps.put(name, StepRecord(key=key, outputs=digests))

    def _keep_edited(self, step: str, path: str, record: StepRecord, new: str | None) -> None:
        """Keep a file that the user edited aside as `NAME.yours` before it is written anew."""
        target = self._target(path)
        if not target.is_file():
            return
        present = target.read_bytes()
        if digest(present) == new or record.wrote(path, digest(present)):
            return
        aside, number = f"{path}.yours", 1
        while self.exists(aside) and (self.path / aside).read_bytes() != present:
            number += 1
            aside = f"{path}.yours.{number}"
        self.write(aside, present)
        self.journal.emit(
            "note", message=f"{path} was edited and step {step} has new inputs: your version is kept as {aside}"
        )

    def _target(self, name: str) -> Path:
        check_path(name)
        if name.partition("/")[0] in OUR_NAMES:
            raise ValueError(f"{name!r} is one of the run folder's own files")
        return self.path / name

    def _put_meta(self, changes: Mapping[str, object]) -> None:
        meta = self._meta.model_copy(update=changes)
        write_atomically(self.path / META, meta.to_json().encode("utf-8"), self._scratch)
        self._meta = meta


def _first_foreign_name(path: Path) -> str | None:
    """A name that shows that the folder is of something else; a run folder killed at its birth has only our names."""
    if not path.is_dir() or (path / META).is_file():
        return None
    return next((name for name in sorted(entry.name for entry in path.iterdir()) if name not in OUR_NAMES), None)


def _check_made(step: str, made: Contents, outputs: tuple[str, ...] | None) -> None:
    if outputs is not None and set(made) != set(outputs):
        raise ValueError(f"step {step} made {sorted(made)} and not {sorted(outputs)}")


def _sweep(scratch: Path) -> None:
    if scratch.is_dir():
        for leftover in scratch.iterdir():
            leftover.unlink(missing_ok=True)


def _as_text(content: bytes) -> str:
    return content.decode("utf-8-sig", "replace")
