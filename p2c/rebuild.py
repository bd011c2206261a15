"""The repository of a run, made again from its run folder: no model is asked, nothing is run.

The steps are those of the pipeline. What a step has made is taken as it lies in the folder, edits included; what is
missing there is made from the replies in `exchanges.jsonl`; the repair goes its way again by the replies and the
verdicts that it left. All of that happens in a copy, and the run folder stays as it is.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from p2c.errors import BudgetExceeded, P2cError, RecordingExhausted, RunFolderError, UsageError
from p2c.model.opening import open_model
from p2c.model.settings import ModelSettings
from p2c.model.types import Answer, Message, Model, Reply
from p2c.paper.read import read_paper
from p2c.pipeline import PAPER, READ, STEPS, Generated, Run, mend
from p2c.repair.settings import RepairSettings
from p2c.run.atomic import plain_errors
from p2c.run.folder import META, RECORDS, SCRATCH, RunFolder
from p2c.run.history import History
from p2c.run.lock import HOLDER, LOCK, NO_LOCKS, hold
from p2c.run.reserve import RESERVE
from p2c.run.steps import StepRecords, digest
from p2c.stages import Context
from p2c.stages.deadline import Deadline
from p2c.types import Usage
from sandbox.settings import Settings
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Rung, Verdict

REPOSITORY = "repository"
VERDICT, VERDICTS = "verdict.json", "verdicts"
_NOT_COPIED = frozenset({REPOSITORY, f".{REPOSITORY}.making", LOCK, HOLDER, SCRATCH, RESERVE})
_NOT_LOCKABLE = NO_LOCKS | {errno.EROFS, errno.EACCES, errno.EPERM}
"""A folder that may not be written to cannot be locked either; it is read as it is."""


@dataclass(frozen=True)
class Rebuilt:
    """A repository that was made again.

    Attributes:
        tree: what it holds.
        folder: where it lies with its git history, for as long as the scratch folder is there.
        finished: whether the run came to its end; else this is how far it came.
        edited: outputs of the run that were edited by hand, and from which it was made as they are.
        unjudged: whether the run folder lacks what the sandbox said of it, so that it may lack repairs.
    """

    tree: Tree
    folder: Path
    finished: bool
    edited: tuple[str, ...] = ()
    unjudged: bool = False


@contextmanager
def held(run: Path) -> Iterator[None]:
    """Keep others from the run folder meanwhile, where it can be locked.

    Raises:
        RunFolderError: it is no run folder, or another process holds it.
    """
    if not (run / META).is_file():
        raise RunFolderError(f"{run} is no run folder (it has no {META}); name the folder given to p2c generate -o")
    lock = None
    try:
        with plain_errors("lock", run):
            lock = hold(run)
    except RunFolderError as error:
        if getattr(error.__cause__, "errno", None) not in _NOT_LOCKABLE:
            raise
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def rebuild(run: Path, scratch: Path) -> Rebuilt:
    """The repository of the run in `run`, made again in the empty folder `scratch`.

    Raises:
        RunFolderError: something that it is made from is missing or damaged; the message names it.
        UsageError: the run is no `p2c generate`, or did not come to the code.
    """
    copy = scratch / "run"
    _copy_run(run, copy)
    made_before = _outputs(run)
    with _as_of(run, copy), RunFolder.open(copy, as_made=True) as folder:
        if not folder.exists(PAPER):
            raise UsageError(f"{run} holds no {PAPER}: p2c replay rebuilds what p2c generate has made")
        made = _generated(folder, run)
        _check_made_again(run, copy, made_before)
        finished = _has_ended(folder)
        unjudged: list[str] = []
        tree = _mended(folder, made, unjudged, finished=finished)
        edited = tuple(path for path, known in made_before.items() if _digest(run / path) not in (known, None))
        is_judged = not unjudged or (not edited and _ended_with(folder, tree))
    return Rebuilt(tree, copy / REPOSITORY, finished, edited, unjudged=not is_judged)


def _copy_run(run: Path, copy: Path) -> None:
    """Copy what a repository is made from. Raises RunFolderError, which names the file; DiskFull: there is no room."""

    def copy_file(source: str, target: str) -> None:
        try:
            with plain_errors("copy", Path(source)):
                shutil.copy2(source, target)
        except RunFolderError as error:
            raise _Uncopied(error) from error  # any OSError would be put off to the end, and lose its kind

    try:
        with plain_errors("copy", run):
            shutil.copytree(
                run,
                copy,
                ignore=lambda at, names: _NOT_COPIED & set(names) if Path(at) == run else (),
                symlinks=True,
                copy_function=copy_file,
            )
    except _Uncopied as uncopied:
        raise uncopied.error from None


class _Uncopied(Exception):
    def __init__(self, error: RunFolderError) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def _as_of(run: Path, copy: Path) -> Iterator[None]:
    """Errors about the copy name the run folder: that is where they are to be mended."""
    try:
        yield
    except P2cError as error:
        if str(copy) not in str(error):
            raise
        raise type(error)(str(error).replace(str(copy), str(run))) from error


def _generated(folder: RunFolder, run: Path) -> Generated:
    """What the stages between the paper and the repair make, of what they made before."""
    options = folder.meta.options
    smoke, allow = options.get("smoke"), options.get("allow")
    settings = Settings(
        smoke=smoke if isinstance(smoke, str) else None,
        allow=frozenset(map(str, allow)) if isinstance(allow, list | tuple) else frozenset(),
    )
    model = Deadline(_Replies(folder), None)
    stage = Run(
        folder=folder,
        paper=read_paper(folder.path / PAPER),
        figures={},
        model=model,
        model_name=folder.meta.model or "",
        sandbox=None,
        settings=settings,
    )
    text = folder.read(READ if folder.exists(READ) else PAPER)
    made: Any = Context(folder, model, text, smoke=settings.smoke)
    names = [name for name, _ in STEPS]
    for name, step in STEPS[names.index("paper") + 1 : names.index("repair")]:
        try:
            made = step(stage, made)
        except RecordingExhausted as error:
            raise UsageError(
                f"{run} cannot be rebuilt: {name} was not finished, or its replies are gone, or this p2c has "
                "other prompts than the one that made it. The command that made the run goes on from there"
            ) from error
    generated: Generated = made
    return generated


def _mended(folder: RunFolder, made: Generated, unjudged: list[str], *, finished: bool) -> Tree:
    """The tree after the repair that the run made, committed edit by edit; the last commit of an unfinished one.

    Args:
        unjudged: gets the digests of the trees whose verdict is not there.
    """
    told = folder.meta.repair
    known = {one.name for one in fields(RepairSettings)}
    given = told.get("settings")
    settings = RepairSettings(**{k: v for k, v in given.items() if k in known}) if isinstance(given, Mapping) else None
    message = str(told.get("message") or "Code as generated")
    if settings is None:
        History.create(folder.path / REPOSITORY).commit(made.tree, message)
        return made.tree
    verdict = partial(_unknown, unjudged, finished=finished)
    spent, key = _Spent(made.context.model), str(told.get("key"))
    try:
        mended = mend(made, spent, verify=(verdict, verdict), settings=settings, key=key, message=message)
    except _Unfinished:
        history = History.create(folder.path / REPOSITORY)
        return history.tree(history.log()[-1].sha)
    return mended.result.tree


class _Unfinished(Exception):
    """The run was ended before it had this verdict."""


def _unknown(unjudged: list[str], tree: Tree, *_how_far: object, finished: bool) -> Verdict:
    """In place of a run: verdicts are taken from the folder, and what is not there was the sandbox's own failure."""
    if not finished:
        raise _Unfinished
    unjudged.append(tree.digest())
    said = "this verdict is not in the run folder"
    return Verdict(
        repository=REPOSITORY, tree=tree.digest(), rung=Rung.none, outcome=Outcome.infrastructure, summary=said
    )


def _has_ended(folder: RunFolder) -> bool:
    ended = False
    for event in folder.journal.events():
        if event.get("event") in ("started", "ended"):
            ended = event["event"] == "ended"
    return ended


class _Replies:
    """Implements `Model` with the run's own exchanges, opened when the first is needed."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._model: Model | None = None

    def ask(self, step: str, messages: Sequence[Message]) -> Reply:
        """As `Model.ask`. Raises RecordingExhausted where the run had no answer."""
        return self._opened().ask(step, messages)

    def ask_for(self, step: str, messages: Sequence[Message], answer: type[Answer]) -> Answer:
        """As `Model.ask_for`. Raises RecordingExhausted where the run had no answer."""
        return self._opened().ask_for(step, messages, answer)

    def usage(self) -> dict[str, Usage]:
        """Nothing is paid."""
        return {}

    def _opened(self) -> Model:
        if self._model is None:
            exchanges = self._folder.exchanges
            try:
                self._model = open_model(ModelSettings(recorded=exchanges), self._folder.journal, exchanges)
            except (UsageError, RunFolderError) as error:
                raise RecordingExhausted(f"{exchanges.name} holds no reply") from error
        return self._model


class _Spent(_Replies):
    """The same for the repair, which ended where there are no more answers."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def ask(self, step: str, messages: Sequence[Message]) -> Reply:
        """As `Model.ask`. Raises BudgetExceeded where the run had no answer."""
        try:
            return super().ask(step, messages)
        except P2cError as error:
            raise BudgetExceeded(str(error)) from error


def _outputs(run: Path) -> dict[str, str]:
    """Path -> digest of all that the run's steps wrote."""
    records = StepRecords(run / RECORDS, run / SCRATCH)  # they are only read
    return {path: known for record in records.all() for path, known in record.outputs.items()}


def _check_made_again(run: Path, copy: Path, made_before: Mapping[str, str]) -> None:
    for path, known in made_before.items():
        if not (run / path).exists() and _digest(copy / path) != known:
            raise RunFolderError(
                f"{run} cannot be rebuilt byte for byte: {path} is missing, and this p2c makes another one in its "
                "place; put the one back that was there, or use the p2c that made the run"
            )


def _ended_with(folder: RunFolder, tree: Tree) -> bool:
    """Whether the run's last verdict is about `tree`: what was not judged, as of a reduction cut short, is not needed.

    Raises:
        RunFolderError: it is about another one.
    """
    try:
        ended_with = Verdict.model_validate_json(folder.read(VERDICT)).tree
    except (RunFolderError, ValidationError):
        return False
    if ended_with not in ("", tree.digest()):
        raise RunFolderError(
            f"{folder.path} cannot be rebuilt byte for byte: what the sandbox said of the code is missing in "
            f"{folder.path / VERDICTS}, or was said of other code; put it back, or run the command that made the run, "
            "which asks the sandbox again"
        )
    return ended_with == tree.digest()


def _digest(path: Path) -> str | None:
    return digest(path.read_bytes()) if path.is_file() else None
