"""What the installed libraries say about the names that a failure concerns; each name is looked up once.

Answers are kept by environment and question, in memory and on disk: a prompt of an interrupted repair is then the same
when it is made again, and nothing is paid for twice.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from p2c.repair.concerned import questions
from p2c.run.atomic import write_atomically
from p2c.run.folder import SCRATCH
from p2c.run.journal import Journal
from sandbox.controller import Sandbox
from sandbox.errors import InfrastructureError
from sandbox.job import Job
from sandbox.lookup import Answer, Question, look_up
from sandbox.settings import Settings
from sandbox.tree import Tree
from sandbox.verdict import Environment, Verdict
from sandbox.words import counted

LookUp = Callable[[Environment, Sequence[Question]], tuple[Answer, ...]]
"""Asks an environment; raises InfrastructureError where that cannot be done."""


_ANSWERS = TypeAdapter(tuple[Answer, ...])


def look_up_in(sandbox: Sandbox, settings: Settings, place: str) -> LookUp:
    """A function that asks environments of `sandbox`, beside the verdicts on the repository that `place` names.

    It takes the shape and the modules imported ahead of the last smoke run there, so that a container which waits for
    the next such run serves the look-up as well.
    """

    def ask(environment: Environment, asked: Sequence[Question]) -> tuple[Answer, ...]:
        plans = [job for (where, _), job in sandbox.plans.items() if where == place]
        fitting = [job for job in reversed(plans) if job.environment == environment.key]
        bare = Job((), Tree({}), environment.key, settings.limits)
        return look_up(sandbox.runner, max(fitting, key=lambda job: len(job.preload), default=bare), asked)

    return ask


class Library:
    """The installed libraries, as far as failures ask about them.

    Args:
        look_up: asks an environment; None: only what is kept is known.
        folder: where answers are kept; None: only in memory.
    """

    def __init__(self, look_up: LookUp | None, journal: Journal, folder: Path | None = None) -> None:
        self._look_up = look_up
        self._journal = journal
        self._folder = folder
        self._known: dict[str, tuple[Answer, ...]] = {}

    def about(self, tree: Tree, verdict: Verdict) -> tuple[Answer, ...]:
        """What is installed under the names that the failure of `tree` concerns; empty where it concerns none.

        A look-up that fails costs the repair nothing but this knowledge; the journal says so.
        """
        asked, environment = questions(tree, verdict), verdict.environment
        if environment is None or not asked:
            return ()
        key = hashlib.sha256(f"{environment.key} {asked}".encode()).hexdigest()[:24]
        known = self._known.get(key)
        if known is None:
            known = self._read(key)
        if known is None and self._look_up is not None:
            known = self._asked(self._look_up, environment, asked)
            if known is not None:
                self._keep(key, known)
        self._known[key] = known or ()
        return self._known[key]

    def _asked(self, look_up: LookUp, environment: Environment, asked: Sequence[Question]) -> tuple[Answer, ...] | None:
        began = time.monotonic()
        try:
            answers = look_up(environment, asked)
        except InfrastructureError as error:
            self._journal.emit("note", message=f"what is installed could not be looked up, so it is not shown: {error}")
            return None
        seconds = time.monotonic() - began
        names = ", ".join(answer.name for answer in answers) or "nothing was answered"
        self._journal.emit(
            "note", message=f"looked up {counted(len(asked), 'name')} in the environment in {seconds:.2f} s: {names}"
        )
        return answers

    def _path(self, key: str) -> Path | None:
        return self._folder / f"library-{key}.json" if self._folder else None

    def _read(self, key: str) -> tuple[Answer, ...] | None:
        path = self._path(key)
        if path is None or not path.is_file():
            return None
        try:
            return _ANSWERS.validate_json(path.read_bytes())
        except ValidationError:
            return None

    def _keep(self, key: str, answers: tuple[Answer, ...]) -> None:
        path = self._path(key)
        if path is not None:
            write_atomically(path, _ANSWERS.dump_json(answers, indent=1), path.parents[1] / SCRATCH)
