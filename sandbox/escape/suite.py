"""Tries every case, side by side where they do not disturb each other, and says what came of each control."""

from __future__ import annotations

import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import docker

from sandbox.engine import connect, guard, labels, reap_dead
from sandbox.errors import InfrastructureError, InputError
from sandbox.escape.case import Breach, Case, Late, Place
from sandbox.escape.control import CONTROLS, GROUPS
from sandbox.escape.need import Need, lacking
from sandbox.escape.result import CaseResult, CheckReport, ControlResult, State
from sandbox.escape.traces import CACHE, Traces, settled
from sandbox.job import Job
from sandbox.runner import DockerRunner
from sandbox.setup.image import ensure_image
from sandbox.setup.scratch import LARGE, delete, scratch, sweep_scratch
from sandbox.tree import Tree
from sandbox.verdict import Ended

CANARY = "P2C_CHECK_CANARY"
WORKERS = 3
LEFT = CONTROLS["left"]

Told = Callable[[ControlResult], None]


def choose(cases: Sequence[Case], only: Iterable[str]) -> tuple[Case, ...]:
    """The cases that are meant by names of cases, of controls, or names or numbers of groups; all for none.

    Raises:
        InputError: a name means nothing; says which.
    """
    wanted = list(only)
    if not wanted:
        return tuple(cases)
    known = {name for case in cases for name in _names(case)}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise InputError(f"no case, control or group is called {unknown[0]!r}; `p2c sandbox check --list` shows them")
    return tuple(case for case in cases if not set(wanted).isdisjoint(_names(case)))


def _names(case: Case) -> tuple[str, ...]:
    group = case.control.group
    return case.name, case.control.key, str(group), GROUPS[group]


def check(
    cases: Sequence[Case],
    *,
    runtime: str | None = None,
    brief: bool = False,
    workers: int = WORKERS,
    told: Told | None = None,
) -> CheckReport:
    """Try `cases`, then look whether anything is left.

    Args:
        runtime: an OCI runtime of the engine, or None for its default.
        brief: whether long cases take their short form.
        workers: how many cases are tried side by side.
        told: gets each control as soon as its last case is done.

    Raises:
        InfrastructureError: there is no engine or image, or the engine failed, and not by a case's doing.
    """
    began = time.monotonic()
    client = connect()
    try:
        reap_dead(client)
        sweep_scratch()
        image = ensure_image(client, lambda _line: None)
        lacks = lacking(client, image.tag, runtime)
        with guard("asking the engine what it is"):
            info = client.api.info()
        with scratch(LARGE) as own:
            before = Traces.of(client, own)
            with _environment(own) as canary, _folder(own / "cases") as folders, _volume(client) as volume:
                runner = DockerRunner(client, image.tag, None, runtime, 0)
                try:
                    place = Place(client, image, runtime, runner, volume, folders, canary, brief)
                    suite = _Suite(place, lacks, tuple(cases), told or _silent)
                    suite.run(workers)
                finally:
                    runner.close()
            left = _left(client, own, before)
        controls = (*suite.controls(), left)
        (told or _silent)(left)
    finally:
        client.close()
    name = runtime or str(info.get("DefaultRuntime", ""))
    engine, kernel = str(info.get("ServerVersion", "")), str(info.get("KernelVersion", ""))
    return CheckReport(engine, name, kernel, controls, time.monotonic() - began)


def _silent(_control: ControlResult) -> None:
    """Say nothing."""


class _Suite:
    """The cases on their way."""

    def __init__(self, place: Place, lacks: Mapping[Need, str], cases: tuple[Case, ...], told: Told) -> None:
        self._place = place
        self._lacks = lacks
        self._cases = cases
        self._told = told
        self._results: dict[str, CaseResult] = {}
        self._again: list[Case] = []
        self._lock = threading.Lock()

    def run(self, workers: int) -> None:
        """Those that may run side by side first, then the others and those whose time is to be taken again."""
        with ThreadPoolExecutor(workers, "escape") as pool:
            list(pool.map(self._try, [case for case in self._cases if not case.alone]))
        for case in [*self._again, *(case for case in self._cases if case.alone)]:
            self._try(case, last=True)

    def controls(self) -> tuple[ControlResult, ...]:
        """Every control that has a case, in the usual order."""
        return tuple(self._of(key) for key in CONTROLS if any(case.control.key == key for case in self._cases))

    def _of(self, key: str) -> ControlResult:
        names = [case.name for case in self._cases if case.control.key == key]
        return ControlResult(CONTROLS[key], tuple(self._results[name] for name in names if name in self._results))

    def _try(self, case: Case, *, last: bool = False) -> None:
        began = time.monotonic()
        result = CaseResult(case.name, case.control, case.sentence, State.held)
        lacked = [self._lacks[need] for need in case.needs if need in self._lacks]
        if lacked:
            result = replace(result, state=State.unenforceable, why="; ".join(dict.fromkeys(lacked)))
        else:
            try:
                case.act(self._place)
            except (Late, InfrastructureError) as error:
                if not isinstance(error, Late):
                    self._see_engine_lives(error)
                if not last:  # nothing else runs then
                    self._again.append(case)
                    return
                result = replace(result, state=State.failed, why=_told_of(error))
            except Exception as error:  # noqa: BLE001 - whatever hostile input makes our own code raise is its failure
                result = replace(result, state=State.failed, why=_told_of(error))
        self._note(replace(result, seconds=time.monotonic() - began))

    def _note(self, result: CaseResult) -> None:
        with self._lock:
            self._results[result.name] = result
            control = self._of(result.control.key)
            complete = len(control.cases) == sum(1 for case in self._cases if case.control is result.control)
        if complete:
            self._told(control)

    def _see_engine_lives(self, error: InfrastructureError) -> None:
        """A run that was lost may be a case's doing, or the engine's: a harmless run tells.

        Raises:
            InfrastructureError: it was the engine.
        """
        try:
            harmless = self._place.runner.run(Job(("true",), Tree({"a": b""}), None))
        except InfrastructureError as again:
            raise InfrastructureError(f"the engine failed: {again}") from error
        if harmless.ended is not Ended.exited or harmless.exit_status != 0:
            raise InfrastructureError(f"a program that does nothing ended by {harmless.ended}") from error


def _told_of(error: Exception) -> str:
    return str(error) if isinstance(error, Breach) else f"{type(error).__name__}: {error}"


def _left(client: docker.DockerClient, own: Path, before: Traces) -> ControlResult:
    began = time.monotonic()
    left = settled(client, own, before)
    seconds = time.monotonic() - began
    results = []
    for kind, names in left.items():
        state = State.failed if names else State.held
        why = f"{len(names)} left: {', '.join(sorted(names)[:5])}" if names else ""
        sentence = f"no {kind} are left that were not there before"
        results.append(CaseResult(f"left_{kind}", LEFT, sentence, state, seconds / len(left), why))
    return ControlResult(LEFT, tuple(results))


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """A new folder that containers may read, removed afterwards."""
    path.mkdir(mode=0o755)
    try:
        yield path
    finally:
        delete(path)


@contextmanager
def _environment(own: Path) -> Iterator[str]:
    """A secret among our variables, temporary files and records in a folder of the suite's own; gives the secret."""
    canary = secrets.token_hex(16)
    changed = {CANARY: canary, "OPENAI_API_KEY": f"sk-{canary}", "XDG_CACHE_HOME": str(own / CACHE), "TMPDIR": str(own)}
    before = {name: os.environ.get(name) for name in changed}
    usual, tempfile.tempdir = tempfile.tempdir, str(own)
    os.environ.update(changed)
    try:
        yield canary
    finally:
        tempfile.tempdir = usual
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _volume(client: docker.DockerClient) -> Iterator[str]:
    name = f"p2c-check-{secrets.token_hex(6)}"
    with guard("making a volume"):
        client.api.create_volume(name, labels=labels(temporary=True))
    try:
        yield name
    finally:
        with guard("removing a volume"):
            client.api.remove_volume(name, force=True)
