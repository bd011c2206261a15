"""What the suite, or anything else of this project, may have left behind: seen before and after, and compared.

Other processes use the same engine at the same time, so what is new there counts only when it is ours: by its
label, by the image that it was made from, or by its name. What is on the host counts when it hangs on this process
(whoever inherited the suite's variables does), or on a container that is no more.
"""

from __future__ import annotations

import gc
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

from sandbox.engine import LABEL, MAKER, guard, is_there, labels
from sandbox.setup.image import NAMES
from sandbox.setup.scratch import PREFIX, owner_of, scratch_folders

PROC = Path("/proc")
CACHE = "cache"
"""The folder below the suite's own in which the cache lies meanwhile."""
_IN_CACHE = (f"{PREFIX}*", "claims/*.claim", "**/*.partial")
"""Of the cache: what only a process that is at work has there."""
SETTLE_SECONDS = 15.0
"""The engine removes containers in the background; what is gone within this time was not left."""
_IDENTITY = re.compile(rb"\b[0-9a-f]{64}\b")


@dataclass(frozen=True)
class Traces:
    """What there was at one moment, kind -> names."""

    found: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, client: docker.DockerClient, scratch: Path) -> Traces:
        """What there is now.

        Args:
            scratch: the folder in which temporary files are made meanwhile.
        """
        return cls({kind: frozenset(look(client, scratch)) for kind, look in LOOKS.items()})

    def more(self, before: Traces) -> dict[str, frozenset[str]]:
        """What was not there before, by kind; empty sets where nothing is new."""
        return {kind: names - before.found[kind] for kind, names in self.found.items()}


def settled(client: docker.DockerClient, scratch: Path, before: Traces) -> dict[str, frozenset[str]]:
    """What is left of all that was not there before, once everything has had `SETTLE_SECONDS` to go."""
    until = time.monotonic() + SETTLE_SECONDS
    left = Traces.of(client, scratch).more(before)
    while any(left.values()) and time.monotonic() < until:
        gc.collect()  # what a case has let go of may hold on to itself
        time.sleep(0.2)
        now = Traces.of(client, scratch).more(before)
        left = {kind: names & now[kind] for kind, names in left.items()}
    return left


def _containers(client: docker.DockerClient, _scratch: Path) -> Iterable[str]:
    with guard("looking for containers"):
        listed = client.api.containers(all=True)
    for container in listed:
        owner = container["Labels"].get(LABEL)
        ours = _is_ours(owner) if owner else str(container["Image"]).startswith(NAMES)
        if ours and is_there(container):
            yield f"{container['Id'][:12]} ({container['Image']}, {container['State']})"


def _volumes(client: docker.DockerClient, _scratch: Path) -> Iterable[str]:
    with guard("looking for volumes"):
        listed = client.api.volumes()["Volumes"] or []
    for volume in listed:
        owner = (volume["Labels"] or {}).get(LABEL)
        if _is_ours(owner) if owner else str(volume["Name"]).startswith("p2c-check-"):
            yield str(volume["Name"])


def _images(client: docker.DockerClient, _scratch: Path) -> Iterable[str]:
    with guard("looking for images"):
        listed = client.api.images(all=True)
    for image in listed:
        if (image["Labels"] or {}).get(MAKER) == labels()[LABEL]:
            yield f"{image['Id'][:19]} {' '.join(image['RepoTags'] or ())}".rstrip()


def _processes(client: docker.DockerClient, scratch: Path) -> Iterable[str]:
    """Those that this process started, or that came of them, and processes of containers that are no more."""
    with guard("looking for containers"):
        known = {container["Id"] for container in client.api.containers(all=True)}
    for process in PROC.iterdir() if PROC.is_dir() else ():
        if not process.name.isdecimal() or int(process.name) == os.getpid():
            continue
        try:
            stat = (process / "stat").read_bytes().rpartition(b")")[2].split()
            mentions = (process / "cgroup").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:  # it ended meanwhile
            continue
        name = mentions.rpartition(b"\n")[2].replace(b"\0", b" ").decode("utf-8", "replace")[:80]
        orphaned = {found.decode() for found in _IDENTITY.findall(mentions)} - known
        if orphaned or int(stat[1]) == os.getpid() or bytes(scratch) in _variables(process):
            yield f"{process.name} {name}"


def _variables(process: Path) -> bytes:
    """With which it was started; nothing where that is not for us to read."""
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def _threads(_client: docker.DockerClient, _scratch: Path) -> Iterable[str]:
    """Those of this process, also those of which Python knows nothing."""
    names = {thread.native_id: thread.name for thread in threading.enumerate()}
    tasks = PROC / "self" / "task"
    found = {int(task.name) for task in tasks.iterdir()} if tasks.is_dir() else set(names)
    return (f"{task} {names.get(task, 'not of Python')}" for task in found)


def _folders(_client: docker.DockerClient, scratch: Path) -> Iterable[str]:
    """Temporary files and folders: while the suite runs they are made in its own folder, the cache is there as well."""
    yield from (path.name for path in scratch.iterdir() if path.name != CACHE)
    for pattern in (*_IN_CACHE, f"**/*.{os.getpid()}"):
        yield from (path.relative_to(scratch).as_posix() for path in (scratch / CACHE / "p2c").glob(pattern))
    for folder in scratch_folders():
        if folder != scratch.parent and owner_of(folder) == labels()[LABEL]:
            yield folder.name


def _is_ours(owner: str) -> bool:
    """Whether a label's owner is this process; what others leave is theirs, and removed by the next start."""
    return owner.startswith(labels()[LABEL])


LOOKS: Mapping[str, Callable[[Any, Path], Iterable[str]]] = {
    "containers": _containers,
    "volumes": _volumes,
    "images": _images,
    "processes": _processes,
    "threads": _threads,
    "folders": _folders,
}
"""Kind -> what looks for it."""
