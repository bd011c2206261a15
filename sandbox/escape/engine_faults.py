"""The engine in trouble: absent, forbidden, answering 409 or 500, restarted. Ours, never the code's failure."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.engine import connect
from sandbox.errors import EngineUnavailable, InfrastructureError
from sandbox.escape.case import Place, cases_of, must
from sandbox.escape.door import Door
from sandbox.escape.need import Need
from sandbox.job import Job
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.tree import Tree

FAULTS, case = cases_of("faults")
TREE = Tree({"main.py": b"print('hello')\n"})
USUAL = "unix:///var/run/docker.sock"


@contextmanager
def _host(address: str) -> Iterator[None]:
    before = os.environ.get("DOCKER_HOST")
    os.environ["DOCKER_HOST"] = address
    try:
        yield
    finally:
        os.environ.pop("DOCKER_HOST")
        if before is not None:
            os.environ["DOCKER_HOST"] = before


@contextmanager
def _door(place: Place) -> Iterator[Door]:
    """A door before the engine, under DOCKER_HOST."""
    engine = os.environ.get("DOCKER_HOST", USUAL).removeprefix("unix://")
    door = Door(place.folder() / "s", engine)
    door.open()
    try:
        with _host(f"unix://{door.path}"):
            yield door
    finally:
        door.end()


@contextmanager
def _runner(place: Place) -> Iterator[DockerRunner]:
    """A runner of its own, whose engine is the one that DOCKER_HOST names now."""
    client = connect()
    try:
        with DockerRunner(client, place.image.tag, None, place.runtime, 0) as runner:
            yield runner
    finally:
        client.close()


def _ran(runner: DockerRunner) -> None:
    result = runner.run(Job(("python3", "main.py"), TREE, None, Limits(wall_seconds=20)))
    must(result.stdout.head == b"hello\n", f"the run ended by {result.ended}: {result.stderr.text()[-300:]}")


@case(alone=True)
def engine_absent(place: Place) -> None:
    """No engine: said at once, with what to do."""
    with _host(f"unix://{place.folder()}/none"):
        began = time.monotonic()
        try:
            connect()
        except EngineUnavailable as error:
            must("p2c doctor" in str(error), f"it is not said what to do: {error}")
            must(time.monotonic() - began < 5, "it took long to say so")
            return
    must(False, "something answered")


@case(Need.local, alone=True)
def engine_forbidden(place: Place) -> None:
    """An engine that refuses us is unavailable, in its own words."""
    with _door(place) as door:
        door.add(".", "status", status=403, times=10_000)
        try:
            connect()
        except EngineUnavailable as error:
            must("said the door" in str(error), f"its words are lost: {error}")
            return
    must(False, "it was taken for an engine")


@case(Need.local, alone=True)
def engine_answers_409_and_500(place: Place) -> None:
    """A few answers 409, 500 and 503 to any call of a run are ridden out."""
    calls = ("POST .*/containers/create", "POST .*/start$", "POST .*/attach", "DELETE .*/containers/")
    with _door(place) as door, _runner(place) as runner:
        for call in calls:
            for status in (409, 500, 503):
                if status == 409 and "create" not in call:  # elsewhere it means something
                    continue
                door.add(call, "status", status=status, times=1)
        _ran(runner)
        _ran(runner)


@case(Need.local, alone=True)
def engine_answers_500_for_good(place: Place) -> None:
    """An engine that goes on answering 500 is our trouble, said within half a minute."""
    with _door(place) as door, _runner(place) as runner:
        door.add("POST .*/containers/create", "status", times=10_000)
        began = time.monotonic()
        try:
            _ran(runner)
        except InfrastructureError as error:
            must("said the door" in str(error), f"its words are lost: {error}")
            must(time.monotonic() - began < 30, f"it took {time.monotonic() - began:.0f} s")
            return
    must(False, "a run came of it")


@case(Need.local, alone=True)
def engine_breaks_off(place: Place) -> None:
    """Connections that break before and after the engine has done its work cost nothing but time, and leave nothing."""
    with _door(place) as door, _runner(place) as runner:
        for kind in ("close", "after"):
            door.add("POST .*/containers/create", kind, times=1)
            door.add("POST .*/start$", kind, times=1)
        _ran(runner)


@case(Need.local, alone=True)
def engine_restarted(place: Place) -> None:
    """An engine that is away for a second between two runs is waited for."""
    with _door(place) as door, _runner(place) as runner:
        _ran(runner)
        door.restart(1.0)
        _ran(runner)
