"""The run folder: where a run lives on disk, held by one process at a time, resumable after any end."""

from __future__ import annotations

import copy
import shutil
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
from p2c.run.reserve import RESERVE, Reserve
from p2c.run.secrets import hidden_bytes
from p2c.run.steps import StepRecord, StepRecords, as_bytes, digest, step_key
from sandbox.tree import check_path

META, RECORDS, JOURNAL, EXCHANGES = "run.json", "steps.json", "journal.jsonl", "exchanges.jsonl"
SCRATCH = ".scratch"
OUR_NAMES = frozenset({META, RECORDS, JOURNAL, EXCHANGES, LOCK, HOLDER, SCRATCH, RESERVE})

Contents = Mapping[str, str | bytes]


class NotKept(Exception):
    """Of a folder that only gives what it has: a step would have to be made."""


class RunFolder:
    """A run's files, journal and finished steps. Open it with `RunFolder.open`; use it as a context manager.

    Safe for several threads: independent steps may run at the same time.

    Attributes:
        path: the folder.
        journal: the run's journal, `journal.jsonl`.
        exchanges: the file for the model's exchanges, `exchanges.jsonl`.
    """

    def __init__(self, path: Path, lock: FileLock, listeners: tuple[Listener, ...], *, as_made: bool) -> None:
        self.path = path
        self.exchanges = path / EXCHANGES
        self._lock = lock
        self._as_made = as_made
        self._makes = True
        self._scratch = path / SCRATCH
        with plain_errors("empty", self._scratch):
            if self._scratch.is_dir():
                shutil.rmtree(self._scratch)
            self._scratch.mkdir()
        self._meta = read_meta(path / META)
        self.update_meta()
        self._reserve = Reserve(path)
        mend_end(path / JOURNAL)
        self.journal = Journal(path / JOURNAL, listeners, self._reserve)
        self._steps = StepRecords(path / RECORDS, self._scratch)

    @classmethod
    def open(cls, path: Path, listeners: tuple[Listener, ...] = (), *, as_made: bool = False) -> Self:
        """Open a run folder, or make it; held until it is closed.

        Args:
            path: the folder.
            listeners: told every event of the journal.
            as_made: what a step has made once is taken as it is, whatever the step would read today.

        Raises:
            RunFolderError: another process holds it (it is named), it is a folder of something else, it was
                written by a newer version, or it cannot be written to. DiskFull: there is no room for a run.
        """
        path = path.absolute()
        with plain_errors("use the run folder", path):
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
            return cls(path, lock, tuple(listeners), as_made=as_made)
        except BaseException:
            lock.release()
            raise

    @property
    def meta(self) -> RunMeta:
        """What this run is about: layout, paper, model, options."""
        return self._meta

    def update_meta(
        self,
        *,
        model: str | None = None,
        options: Mapping[str, object] | None = None,
        repair: Mapping[str, object] | None = None,
    ) -> None:
        """Record the model's name, the command's options, what the repair works with; what is None stays."""
        given = {"model": model, "options": options, "repair": repair}
        changes = {name: value for name, value in given.items() if value is not None}
        if any(getattr(self._meta, name) != value for name, value in changes.items()) or not self._is_written():
            self._put_meta({"layout": LAYOUT, **changes})

    def claim_paper(self, paper_digest: str, title: str = "", *, has_copy: bool = True) -> None:
        """Bind the folder to a paper. Raises RunFolderError when it is bound to another one.

        Args:
            has_copy: the run reads its own `paper/paper.md`, which may be edited.
        """
        if self._meta.paper not in (None, paper_digest):
            of = f'"{self._meta.title}"' if self._meta.title else "another paper"
            edit = "; or, to change what this run reads, edit its paper/paper.md and give the paper as it was"
            raise RunFolderError(
                f"{self.path} holds the run of {of}, and this is another paper or it has changed since (SHA-256 "
                f"{str(self._meta.paper)[:12]}... then, {paper_digest[:12]}... now). Nothing was touched. Name another "
                f"folder{edit if has_copy else ' with -o'}"
            )
        if self._meta.paper is None:
            self._put_meta({"paper": paper_digest, "title": title or None})

    def claim_model(self, model: str, prompts: str) -> None:
        """Record who is asked, and with which prompts (their digest); that it was otherwise before is said."""
        before = self._meta
        if before.model not in (None, model):
            self.journal.emit(
                "note",
                message=f"until now this run asked {before.model}, now it asks {model}: what is finished stays and is "
                "not asked for again; for a run with one model alone, name another folder",
            )
        if before.prompts not in (None, prompts):
            self.journal.emit(
                "note",
                message="this p2c has other prompts than the one that this run began with: steps whose prompt differs "
                "are made anew; the replies so far stay in exchanges.jsonl, and what you edited is kept aside as "
                "NAME.yours. To keep everything as it is, go on with the p2c that made it, or use p2c replay",
            )
        if (before.model, before.prompts) != (model, prompts):
            self._put_meta({"model": model, "prompts": prompts})

    def write(self, name: str, content: str | bytes) -> None:
        """Write one file, atomically and flushed.

        Args:
            name: relative POSIX path below the folder.
            content: text is written as UTF-8.

        Raises:
            ValueError: `name` leads out of the folder, or is one of its own files.
            RunFolderError: it cannot be written (disk full, read-only, no permission).
        """
        self._reserve.check()
        write_atomically(self._target(name), as_bytes(content), self._scratch)

    def read(self, name: str) -> str:
        """A file's text. Raises RunFolderError when it is missing or cannot be read."""
        with plain_errors("read", self.path / name):
            return _as_text((self.path / name).read_bytes())

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.path / name).is_file()

    def without_making(self) -> Self:
        """The same folder, whose steps raise NotKept, with nothing written or said, where something is to be made.

        Nor does it ask a step whether its outputs `fits` what it would be shown today: that may be said to the user.
        """
        view = copy.copy(self)
        view._makes = False
        return view

    def step(
        self,
        name: str,
        inputs: Contents,
        outputs: tuple[str, ...] | None,
        make: Callable[[], Contents],
        *,
        seen: str = "",
        fits: Callable[[str, Mapping[str, str]], bool] = lambda _before, _outputs: False,
    ) -> Mapping[str, str]:
        """The outputs of a step: the present ones (perhaps edited) if its inputs are as they were, else made anew.

        Args:
            name: the step's name, for example `planning/overview`.
            inputs: everything the step reads, prompt template included; a change makes it run again.
            outputs: relative paths that the step writes; None: whatever `make` returns.
            make: makes path -> content. When it raises, nothing is recorded and the error passes through.
            seen: what the step is shown besides its inputs.
            fits: asked where `seen` has changed, with what it was and the outputs: whether they hold as they are.

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
        is_known = record.key is not None if self._as_made else record.key == key
        if is_known and all(self.exists(path) for path in wanted):
            present = {path: self.read(path) for path in wanted}
            if self._as_made or record.seen == seen or (self._makes and fits(record.seen, present)):
                self.journal.emit("step_finished", step=name, reused=True, seconds=0.0, detail="")
                return present
        if not self._makes:
            raise NotKept(name)
        self.journal.emit("step_started", step=name)
        try:
            made = {path: hidden_bytes(as_bytes(content)) for path, content in make().items()}
            _check_made(name, made, outputs)
            self._put_outputs(name, key, record, made, seen)
        except BaseException as error:
            reason = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__
            self.journal.emit("step_failed", step=name, reason=reason)
            raise
        self.journal.emit(
            "step_finished", step=name, reused=False, seconds=round(time.monotonic() - started, 3), detail=""
        )
        return {path: _as_text(content) for path, content in made.items()}

    def close(self) -> None:
        """Let go of the folder."""
        self._reserve.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _put_outputs(self, name: str, key: str, record: StepRecord, made: Mapping[str, bytes], seen: str) -> None:
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
        self._steps.put(name, StepRecord(key=key, outputs=digests, seen=seen))

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

    def _is_written(self) -> bool:
        return (self.path / META).exists()

    def _put_meta(self, changes: Mapping[str, object]) -> None:
        meta = self._meta.model_copy(update=changes)
        write_atomically(self.path / META, meta.to_json().encode("utf-8"), self._scratch)
        self._meta = meta


def _first_foreign_name(path: Path) -> str | None:
    """A name that shows that the folder is of something else; a run folder killed at its birth has only our names.

    One whose `run.json` was deleted is ours all the same: it has the records of its steps, and its journal.
    """
    if not path.is_dir() or (path / META).is_file() or all((path / name).is_file() for name in (RECORDS, JOURNAL)):
        return None
    return next((name for name in sorted(entry.name for entry in path.iterdir()) if name not in OUR_NAMES), None)


def _check_made(step: str, made: Contents, outputs: tuple[str, ...] | None) -> None:
    if outputs is not None and set(made) != set(outputs):
        raise ValueError(f"step {step} made {sorted(made)} and not {sorted(outputs)}")


def _as_text(content: bytes) -> str:
    return content.decode("utf-8-sig", "replace")
