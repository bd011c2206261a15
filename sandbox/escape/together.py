"""Several at once, and many in a row: made once, alike, and nothing added."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from sandbox.engine import LABEL, connect, guard, labels
from sandbox.escape.case import Breach, Place, cases_of, ended, must
from sandbox.escape.verifying import sandbox_of, store_of
from sandbox.escape.wheelhouse import Wheelhouse
from sandbox.job import Job
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.store import Installed
from sandbox.tree import Tree
from sandbox.verdict import Ended

TOGETHER, case = cases_of("together")
Result = TypeVar("Result")
STORE = "p2c-check-"
"""How the names of the suite's own volumes begin."""
SLACK = 65_536
"""Bytes that a file system may need for its own books."""


def _at_once(threads: int, act: Callable[[int], Result], count: int | None = None) -> list[Result]:
    """What comes of `act` for each number below `count`, so many at once; by default all."""
    with ThreadPoolExecutor(threads, "at-once") as pool:
        return list(pool.map(act, range(threads if count is None else count)))


def _lock(place: Place, name: str, files: dict[str, str] | None = None) -> str:
    """The lock of a package of our own making, whose wheel the store has."""
    wheel = Wheelhouse(place.folder()).wheel(name, "1.0", files=files)
    with store_of(place).session() as session:
        session.keep_wheel(wheel.name, wheel.read_bytes())
        answer = session.resolve(f"{name}\n")
    must(answer.ok, f"{name} cannot be resolved: {answer.said}")
    return answer.lock


@case()
def one_environment_made_once(place: Place) -> None:
    """Three controllers that want one environment at the same time make it once and share it."""
    lock = _lock(
        place, "made-once", {f"made_once/m{n}.py": f"x = {n}\n" for n in range(300)} | {"made_once/__init__.py": ""}
    )
    made = _at_once(3, lambda _: store_of(place).install(lock))
    keys = {one.key for one in made if isinstance(one, Installed)}
    reused = sorted(one.reused for one in made if isinstance(one, Installed))
    must(len(keys) == 1 and reused == [False, True, True], f"it was made {reused.count(False)} times: {made}")


@case()
def runs_side_by_side(place: Place) -> None:
    """Six runs at once do not see each other, and each result is its own."""

    def one(number: int) -> str:
        code = f"import os, time\nopen('/tmp/mark', 'x')\ntime.sleep(0.2)\nprint({number}, len(os.listdir('/tmp')))"
        return place.python(code).stdout.text()

    said = _at_once(6, one)
    must(said == [f"{number} 1\n" for number in range(6)], f"they said {said}")


@case(control="iterations")
def nothing_stays_of_a_run(place: Place) -> None:
    """A run finds nothing of the one before, in any place that can be written to."""
    code = """
import os
for place in ("/workspace", "/tmp", "/job", "/home/sandbox", "/dev/shm"):
    assert not os.path.exists(place + "/mark"), place
    open(place + "/mark", "x").close()
"""
    for _ in range(3):
        ended(place.python(code), Ended.exited, status=0)


@case(control="iterations", long=True)
def hundred_iterations(place: Place) -> None:
    """A hundred runs add no image, no volume and nothing to the store."""
    with _own_store(place) as own:
        made = _installed(own, _lock(own, "iterated"))
        before, used = _objects(own), _used(own)
        with sandbox_of(own) as sandbox:

            def one(number: int) -> bytes:
                code = f"import iterated\nprint({number})\nopen('out', 'w').write('x' * 99999)\n"
                tree = Tree({"main.py": code.encode()})
                result = sandbox.runner.run(Job(("python", "main.py"), tree, made.key, Limits(wall_seconds=20)))
                return result.stdout.head

            count = place.times(100, 10)
            said = _at_once(2, one, count)
        must(said == [f"{number}\n".encode() for number in range(count)], f"they said {said}")
        after = _objects(own)
        must(after <= before, f"new: {sorted(after - before)}")
        must(_used(own) <= used + SLACK, f"the store grew from {used} to {_used(own)} bytes")


@case(control="growth")
def environments_share_what_they_have_in_common(place: Place) -> None:
    """A second environment with the same package takes a fraction of its room: files are shared, not copied."""
    large = {"shared_large.py": "", "shared_large_data.py": "DATA = '" + "x" * 8_000_000 + "'\n"}
    wheels = Wheelhouse(place.folder())
    first, second = wheels.wheel("shared-large", "1.0", files=large), wheels.wheel("beside-it", "1.0")
    with _own_store(place) as own:
        store = store_of(own)
        with store.session() as session:
            for wheel in (first, second):
                session.keep_wheel(wheel.name, wheel.read_bytes())
            locks = [session.resolve(lines).lock for lines in ("shared-large\n", "shared-large\nbeside-it\n")]
            store.install(locks[0], session=session)
        used = _used(own)
        _installed(own, locks[1])
        grown = _used(own) - used
    must(grown < 4_000_000, f"the second environment took {grown} bytes more")


@case(control="growth")
def known_environment_adds_nothing(place: Place) -> None:
    """Asking again for a known environment adds nothing; a replay's fresh one is gone when it is discarded."""
    with _own_store(place) as own:
        lock = _lock(own, "known-one")
        _installed(own, lock)
        used = _used(own, "envs")
        for _ in range(2):
            must(_installed(own, lock).reused, "it was made again")
        store_of(own).discard(_installed(own, lock, fresh=True).key)
        must(_used(own, "envs") <= used + SLACK, f"the store grew from {used} to {_used(own, 'envs')} bytes")


def _installed(place: Place, lock: str, *, fresh: bool = False) -> Installed:
    made = store_of(place).install(lock, fresh=fresh)
    if not isinstance(made, Installed):
        raise Breach(f"it was not installed: {made.said}")
    return made


@contextmanager
def _own_store(place: Place) -> Iterator[Place]:
    """The same place with a store of its own, so that its size can be measured."""
    name = f"{STORE}{secrets.token_hex(6)}"
    with guard("making a volume"):
        place.client.api.create_volume(name, labels=labels(temporary=True))
    try:
        yield replace(place, volume=name)
    finally:
        with guard("removing a volume"):
            place.client.api.remove_volume(name, force=True)


def _used(place: Place, below: str = "") -> int:
    """Bytes on disk of the suite's store."""
    with DockerRunner(place.client, place.image.tag, place.volume, None, 0) as runner:
        result = runner.run(
            Job(("du", "-s", "-B1", f"/store/{below}"), Tree({"a": b""}), None, Limits(wall_seconds=60))
        )
    ended(result, Ended.exited)
    return int(result.stdout.text().split()[0])


def _objects(place: Place) -> set[str]:
    """Images and volumes that this process made, but for the stores of other cases."""
    api = place.client.api
    with guard("looking at the engine"):
        images = [image["Id"] for image in api.images() if _own(image["Labels"])]
        volumes = [volume["Name"] for volume in api.volumes()["Volumes"] or () if _own(volume["Labels"])]
    volumes = [name for name in volumes if not name.startswith(STORE)]
    return {*images, *volumes}


def _own(marks: dict[str, str] | None) -> bool:
    return labels()[LABEL] in (marks or {}).values()


def _containers(place: Place) -> list[str]:
    with guard("looking for containers"):
        mine = place.client.api.containers(all=True, filters={"label": f"{LABEL}={labels()[LABEL]}"})
    return [container["Id"] for container in mine]


def _settle(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.1)


@case(control="repeated", alone=True, long=True)
def fifty_timed_out_runs(place: Place) -> None:
    """Fifty runs that are ended when their time is up leave threads, descriptors and containers as they were."""
    sleep = Tree({"main.py": b"import os, time\nif os.fork() == 0:\n    os.setsid()\ntime.sleep(60)\n"})
    before = _descriptors(), threading.active_count(), len(_containers(place))
    client = connect()
    with DockerRunner(client, place.image.tag, None, place.runtime, 2) as runner:
        for _ in range(place.times(50, 10)):
            result = runner.run(Job(("python3", "main.py"), sleep, None, Limits(wall_seconds=0.1)))
            ended(result, Ended.wall)
    client.close()
    _settle(lambda: len(_containers(place)) <= before[2])
    after = _descriptors(), threading.active_count(), len(_containers(place))
    must(after[0] <= before[0] + 3, f"descriptors: {before[0]} before, {after[0]} after")
    must(after[1] <= before[1], f"threads: {before[1]} before, {after[1]} after")
    must(after[2] <= before[2], f"containers: {before[2]} before, {after[2]} after")


def _descriptors() -> int:
    """Open files of this process; 0 where nobody says."""
    folder = Path("/proc/self/fd")
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0
