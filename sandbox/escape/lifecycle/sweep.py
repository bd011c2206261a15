"""Kill a controller at one moment after another, start anew, and look at what is left of it, and of a live one."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import docker
from docker.types import Mount

from sandbox.engine import LABEL, guard, labels
from sandbox.escape.lifecycle.moments import MOMENTS, Moment
from sandbox.escape.lifecycle.packages import write_packages
from sandbox.session import Sandbox
from sandbox.setup import image
from sandbox.setup.places import INSIDE, cache_folder
from sandbox.setup.scratch import LARGE, is_abandoned, scratch, scratch_folders
from sandbox.store.claims import SUFFIX
from sandbox.store.store import FRESH

REACH_SECONDS = 180.0
"""A child comes to its moment within this time, or the machine is overloaded."""
SETTLE_SECONDS = 30.0
"""The engine removes in the background what ends by itself; what was forgotten stays for ever."""
STEADY_SECONDS = 2.0
"""A live controller removes what it has used in the background as well: what it keeps is what is there for so long."""


@dataclass(frozen=True)
class Swept:
    """What one kill came to.

    Attributes:
        reached: whether the child came to the moment at all.
        left: of the dead one after a new start, kind -> names; empty when it held.
        touched: of the live one that is not there any more.
    """

    moment: Moment
    reached: bool
    left: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    touched: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """Whether all of the dead one is gone, and nothing of the live one."""
        return self.reached and not any(self.left.values()) and not self.touched

    def __str__(self) -> str:
        left = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in self.left.items() if names)
        touched = f"the live one lost {', '.join(self.touched)}" if self.touched else ""
        said = "; ".join(filter(None, (left, touched))) or ("held" if self.reached else "never came there")
        return f"{self.moment}: {said}"


def sweep(client: docker.DockerClient, moments: tuple[Moment, ...] = MOMENTS) -> Iterator[Swept]:
    """Kill a controller at each of `moments`, with another one alive beside it all the time.

    Raises:
        InfrastructureError: the engine failed.
    """
    with _place(client) as place, _Child(place, None) as live:
        if not live.comes_to("verified"):
            raise AssertionError(f"a controller that nobody killed did not end its work: {live.said}")
        for moment in moments:
            yield _swept(client, place, live, moment)
        live.end()


@dataclass(frozen=True)
class _Place:
    """Where the children work: a store of their own, an index of their own, this user's cache folder."""

    volume: str
    folder: Path

    def environment(self) -> dict[str, str]:
        """Variables of a child; its only index is a folder of packages that no child had before."""
        packages = self.folder / secrets.token_hex(6)
        write_packages(packages, f"1.{time.monotonic_ns()}")
        return os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(packages)}

    def inside(self) -> Path:
        """A copy of what goes into the image that differs from every other."""
        copy = self.folder / f"inside-{time.monotonic_ns()}"
        shutil.copytree(INSIDE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        (copy / "marker.py").write_text(f"COPY = {copy.name!r}\n")
        return copy


@contextmanager
def _place(client: docker.DockerClient) -> Iterator[_Place]:
    with scratch(LARGE) as folder, guard("making a store for killed controllers"):
        volume = client.api.create_volume(f"p2c-check-{os.getpid()}", labels=labels(temporary=True))["Name"]
        try:
            yield _Place(volume, folder)
        finally:
            client.api.remove_volume(volume, force=True)


class _Child:
    """A controller that says where it is."""

    def __init__(self, place: _Place, inside: Path | None) -> None:
        command = [sys.executable, "-m", "sandbox.escape.lifecycle.child", place.volume]
        self.process = subprocess.Popen(
            command + ([str(inside)] if inside else []),
            cwd=Path(__file__).parents[3], env=place.environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.said: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            with self._news:
                self.said.append(line.strip())
                self._news.notify_all()
        with self._news:
            self.said.append("")
            self._news.notify_all()

    def comes_to(self, word: str) -> bool:
        """Wait until it says `word`; False when it ended before."""
        with self._news:
            self._news.wait_for(lambda: word in self.said or "" in self.said, REACH_SECONDS)
            return word in self.said

    def told(self, word: str) -> str:
        """What it said after `word`; empty when it said no such thing."""
        return next((line.removeprefix(word).strip() for line in self.said if line.startswith(f"{word} ")), "")

    def kill(self) -> None:
        """SIGKILL, and wait for its end."""
        self.process.send_signal(signal.SIGKILL)
        self._close()

    def end(self) -> None:
        """Let it end in order."""
        if self.process.stdin:
            self.process.stdin.close()
        self._close()

    def _close(self) -> None:
        self.process.wait(60)
        self._reader.join(10)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()

    def __enter__(self) -> _Child:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()


def _swept(client: docker.DockerClient, place: _Place, live: _Child, moment: Moment) -> Swept:
    inside = place.inside() if moment.builds else None
    before = _nameless(client)
    owner = live.told("owner")
    theirs = _kept_by(client, owner)
    child = _Child(place, inside)
    reached = child.comes_to(moment.after)
    time.sleep(moment.seconds)
    child.kill()
    dead = child.told("owner")
    with Sandbox.open(volume=place.volume) as sandbox:
        until = time.monotonic() + SETTLE_SECONDS
        while True:
            store = _store(client, sandbox.image.tag, place.volume)
            left = _left(client, child.process.pid, dead, store)
            if moment.builds:
                left["images"] = tuple(sorted(_nameless(client) - before))
            if not any(left.values()) or time.monotonic() > until:
                break
            time.sleep(0.5)
    key = live.told("verdict").partition(" ")[2].strip()
    touched = [*(theirs - _of_owner(client, owner)), *([] if key in store["whole"] else [key])]
    return Swept(moment, reached, left, tuple(touched))


def _kept_by(client: docker.DockerClient, owner: str) -> frozenset[str]:
    """The containers that a live controller keeps, once it has removed those that it had used."""
    since, found = time.monotonic(), _of_owner(client, owner)
    until = since + SETTLE_SECONDS
    while time.monotonic() < min(until, since + STEADY_SECONDS):
        time.sleep(0.2)
        now = _of_owner(client, owner)
        if now != found:
            since, found = time.monotonic(), now
    return found


def _of_owner(client: docker.DockerClient, owner: str) -> frozenset[str]:
    with guard("looking for containers"):
        found = client.api.containers(all=True, filters={"label": f"{LABEL}={owner}"})
    return frozenset(container["Id"][:12] for container in found)


def _nameless(client: docker.DockerClient) -> frozenset[str]:
    """What builds of ours leave without a name, but for whole stages, of which the next build keeps the newest."""
    with guard("looking for images"):
        found = client.api.images(filters={"label": image.KIND, "dangling": True})
    return frozenset(one["Id"][7:19] for one in found if one["Labels"].get(image.KIND) != image.STAGE)


_LOOK = """
import json, pathlib
store = pathlib.Path("/store")
envs = list((store / "envs").iterdir()) if (store / "envs").is_dir() else []
print(json.dumps({
    "whole": [e.name for e in envs if (e / ".complete").exists()],
    "half": [e.name for e in envs if not (e / ".complete").exists()],
    "partial": [str(p) for pattern in ("cache/.tmp*", "trash/*", "wheels/.*") for p in store.glob(pattern)],
}))
"""


def _store(client: docker.DockerClient, tag: str, volume: str) -> dict[str, list[str]]:
    """What lies in the store, seen by who changes nothing (an installer would clean up first)."""
    mount = Mount("/store", volume, type="volume", read_only=True)
    with guard("looking into the store"):
        said = client.containers.run(
            tag, ["python3", "-c", _LOOK], remove=True, mounts=[mount], network_mode="none", labels=labels()
        )
    seen: dict[str, list[str]] = json.loads(said)
    return seen


def _left(
    client: docker.DockerClient, pid: int, owner: str, store: Mapping[str, list[str]]
) -> dict[str, tuple[str, ...]]:
    with guard("looking for volumes"):
        volumes = client.api.volumes(filters={"label": f"{LABEL}={owner}"})["Volumes"] or []
    return {
        "containers": tuple(_of_owner(client, owner)),
        "volumes": tuple(volume["Name"] for volume in volumes),
        "replays' environments": tuple(name for name in store["whole"] if name.startswith(FRESH)),
        "half-made environments": tuple(store["half"]),
        "half-written files of the store": tuple(store["partial"]),
        "claims": tuple(path.name for path in (cache_folder() / "claims").glob(f"{pid}-*{SUFFIX}")),
        "folders of this host": tuple(path.name for path in scratch_folders() if is_abandoned(path)),
        "processes": tuple(_processes(pid)),
    }


def _processes(group: int) -> Iterator[str]:
    """Processes of the dead one's group."""
    for folder in Path("/proc").iterdir() if Path("/proc").is_dir() else ():
        if folder.name.isdecimal():
            with suppress(OSError, IndexError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z" and int(fields[2]) == group:
                    yield folder.name
