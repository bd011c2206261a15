"""A case of the suite: one way to break out or break down, and where it is tried."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker

from sandbox.escape.control import CONTROLS, Control
from sandbox.escape.need import Need
from sandbox.job import Job, Runner, RunResult
from sandbox.ladder.patience import is_starved
from sandbox.settings import Limits
from sandbox.setup.image import ImageInfo
from sandbox.tree import Tree
from sandbox.verdict import Ended


class Breach(AssertionError):
    """A control did not hold; the message says what was seen."""


class Late(Breach):
    """Something ended as it should, but too late. On a busy host that may be the host: it is tried again, alone."""


def must(holds: object, seen: str) -> None:
    """Raise Breach with what was seen, unless it holds."""
    if not holds:
        raise Breach(seen)


@dataclass(frozen=True)
class Place:
    """Where cases are tried.

    Attributes:
        client: the engine.
        image: the sandbox image.
        runtime: an OCI runtime of the engine, or None for its default.
        runner: runs the jobs of cases that do not need one of their own; without a store.
        volume: a volume for stores of packages, removed afterwards.
        scratch: a folder of the suite's own, removed afterwards; `folder` makes one in it for a case.
        canary: a secret that stands in this process' environment variables; no container may see it.
        brief: whether long cases take their short form.
    """

    client: docker.DockerClient
    image: ImageInfo
    runtime: str | None
    runner: Runner
    volume: str
    scratch: Path
    canary: str = ""
    brief: bool = False

    def folder(self) -> Path:
        """A new folder, which containers may read."""
        path = self.scratch / secrets.token_hex(6)
        path.mkdir(mode=0o755)
        return path

    def times(self, usual: int, brief: int) -> int:
        """How often, or how much: `usual`, or `brief` in the short form."""
        return brief if self.brief else usual

    def python(
        self, code: str, limits: Limits | None = None, files: Mapping[str, bytes] | None = None, **job: Any
    ) -> RunResult:
        """What came of a Python program in a fresh container; `job` are further arguments of `Job`."""
        tree = Tree({"main.py": code.encode()} | dict(files or {}))
        return self.runner.run(Job(("python3", "main.py"), tree, None, limits or Limits(wall_seconds=20), **job))


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        name: as `--only` takes it.
        control: what a person cares about; a control holds when all its cases do.
        sentence: what must hold.
        act: tries it. Returns when it held; raises Breach when it did not.
        needs: what the engine and the kernel must be able to do; without it the case is not tried.
        alone: whether it is tried while no other case runs, because it measures this process or fills the host.
        long: whether it has a short form, which the tests use.
    """

    name: str
    control: Control
    sentence: str
    act: Act = field(repr=False)
    needs: tuple[Need, ...] = ()
    alone: bool = False
    long: bool = False


Act = Callable[[Place], None]
"""Tries a case; see `Case.act`."""


def cases_of(control: str) -> tuple[list[Case], Callable[..., Callable[[Act], Act]]]:
    """An empty list of cases of a control, and a decorator that adds functions to it.

    The decorator takes needs, and `control` (where it is another one), `alone` and `long`; the function's name
    becomes the case's, its docstring the sentence.
    """
    cases: list[Case] = []
    usual = control

    def case(*needs: Need, control: str = usual, alone: bool = False, long: bool = False) -> Callable[[Act], Act]:
        def add(act: Act) -> Act:
            sentence = " ".join((act.__doc__ or "").split())
            cases.append(Case(act.__name__, CONTROLS[control], sentence, act, needs, alone, long))
            return act

        return add

    return cases, case


def ended(result: RunResult, *allowed: Ended, status: int | None = None, within: float | None = None) -> None:
    """See that a run ended as it should.

    Args:
        status: the exit status, where it exited.
        within: seconds.

    Raises:
        Breach: it ended otherwise.
        Late: it ended so, but too late, or its time was up while others had the processors.
    """
    said = (result.stdout.text()[-500:] + result.stderr.text()[-1500:]).strip()
    how = f"{result.ended}, exit status {result.exit_status}, signal {result.signal}, {result.seconds:.2f} s"
    wanted = " or ".join(allowed)
    if result.ended not in allowed and is_starved(result):
        raise Late(f"the host was too busy to tell: {how}, {result.starved_seconds:.1f} s of them without a processor")
    must(result.ended in allowed, f"it was to end by {wanted}, but: {how}. It said: {said}")
    must(status is None or result.exit_status == status, f"it was to exit with {status}, but: {how}. It said: {said}")
    if within is not None and result.seconds >= within:
        raise Late(f"it ended after {result.seconds:.2f} s, more than {within} s")
