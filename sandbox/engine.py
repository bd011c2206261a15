"""The Docker engine: connect to it, map its exceptions to ours, own what we make, remove what the dead left.

An owner is a process: its id, its start time, the boot, the PID namespace and the machine that it lives in.
Process ids are reused, so the id alone would make us remove a stranger's containers, or keep a dead one's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

import docker
import requests
import urllib3
from docker import errors as docker_errors

from sandbox.errors import EngineUnavailable, ImageUnavailable, InfrastructureError, RunnerLost

LABEL = "p2c.owner"
"""Every container of ours, and every temporary volume, carries it."""
TEMPORARY = "p2c.temporary"
"""A volume that carries it as well is removed when its owner is dead; the store never carries it."""
STORE_VOLUME = "p2c-store"
"""The one volume that stays: uv's cache and the environments."""
PING_SECONDS = 10
CALL_SECONDS = 60

Result = TypeVar("Result")


def connect() -> docker.DockerClient:
    """A client of the engine that DOCKER_HOST names (else the local one), which has just answered.

    Raises:
        EngineUnavailable: nothing answers within `PING_SECONDS`, or it refuses us; says what to do.
    """
    try:
        with guard("connecting to the Docker engine"):
            client = docker.from_env(timeout=PING_SECONDS, max_pool_size=32)
            client.ping()
    except EngineUnavailable:
        raise
    except InfrastructureError as error:
        raise EngineUnavailable(str(error)) from error
    client.api.timeout = CALL_SECONDS
    return client


def is_local(client: docker.DockerClient) -> bool:
    """Whether the engine sees this host's files, so that they can be mounted."""
    return bool(client.api.base_url == "http+docker://localhost")


@contextmanager
def guard(doing: str = "talking to the Docker engine") -> Iterator[None]:
    """Map what docker, requests and urllib3 raise to `sandbox.errors`; also a decorator.

    Raises:
        EngineUnavailable, ImageUnavailable, RunnerLost, InfrastructureError: the original is its cause.
    """
    try:
        yield
    except InfrastructureError:
        raise
    except (
        docker_errors.DockerException,
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        ConnectionError,
        TimeoutError,
    ) as error:
        raise _mapped(error, doing) from error


def retrying(call: Callable[[], Result], doing: str, *, attempts: int = 3, pause: float = 0.2) -> Result:
    """`call()`, tried again after transient errors of the engine (409, 5xx, a broken connection).

    Args:
        doing: what is being done, for the message.
        attempts: at most so many calls.
        pause: seconds before the second call; doubled after each.

    Raises:
        InfrastructureError: the last error, mapped as by `guard`.
    """
    for number in range(1, attempts + 1):
        try:
            with guard(doing):
                return call()
        except InfrastructureError as error:
            if number == attempts or not is_transient(error):
                raise
            time.sleep(pause * 2 ** (number - 1))
    raise AssertionError("attempts must be at least 1")


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed a moment later."""
    for cause in causes(error):
        if isinstance(cause, docker_errors.APIError):
            return cause.status_code == 409 or (cause.status_code or 0) >= 500
        if isinstance(cause, ConnectionResetError | BrokenPipeError | urllib3.exceptions.ProtocolError):
            return not any(isinstance(c, FileNotFoundError | ConnectionRefusedError) for c in causes(error))
    return False


def labels(*, temporary: bool = False) -> dict[str, str]:
    """The labels that say that this process owns a container (or, `temporary`, a volume)."""
    owned = {LABEL: _owner(os.getpid())}
    return owned | {TEMPORARY: "1"} if temporary else owned


@dataclass(frozen=True)
class Reaped:
    """How much of dead owners was removed."""

    containers: int
    volumes: int


def reap_dead(client: docker.DockerClient) -> Reaped:
    """Remove containers and temporary volumes whose owner is dead; nothing of live owners or other machines.

    Raises:
        InfrastructureError: the engine failed. Something that another process removes at the same time is no error.
    """
    with guard("looking for containers of dead processes"):
        containers = client.api.containers(all=True, filters={"label": LABEL})
        dead = [c["Id"] for c in containers if is_dead(c["Labels"].get(LABEL, ""))]
        removed = sum(_remove(partial(client.api.remove_container, i, force=True, v=True)) for i in dead)
        volumes = client.api.volumes(filters={"label": [LABEL, TEMPORARY]})["Volumes"] or []
        old = [v["Name"] for v in volumes if is_dead((v["Labels"] or {}).get(LABEL, ""))]
        return Reaped(removed, sum(_remove(partial(client.api.remove_volume, n)) for n in old))


def is_dead(owner: str) -> bool:
    """Whether the process that `owner` (a label's value) names is surely dead; False when in doubt."""
    parts = owner.split(":")
    if len(parts) != 5 or not parts[0].isdecimal():
        return False
    pid, start, boot, namespace, machine = parts
    here = _place()
    if (boot, namespace, machine) == here:
        return _start_of(int(pid)) != start
    return bool(machine) and machine == here[2] and boot != here[0]  # an earlier boot of this machine


def _remove(remove: Callable[[], object]) -> bool:
    """Whether we removed it; False when somebody else did, or uses it."""
    try:
        remove()
    except docker_errors.APIError as error:
        if error.status_code in {404, 409}:
            return False
        raise
    return True


def _owner(pid: int) -> str:
    return ":".join((str(pid), _start_of(pid) or "", *_place()))


@cache
def _place() -> tuple[str, str, str]:
    """Boot, PID namespace and machine of this process; none of them holds a colon."""
    if sys.platform != "linux":
        return "", "", f"{uuid.getnode():x}"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    namespace = str(Path("/proc/self/ns/pid").stat().st_ino)
    try:
        machine = Path("/etc/machine-id").read_text().strip()
    except OSError:
        machine = ""
    return boot, namespace, machine


def _start_of(pid: int) -> str | None:
    """A text that differs for two processes that had the same id; None when there is no such process."""
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, *fields = stat.rpartition(")")[2].split()  # the name in parentheses may hold spaces
        return None if state in {"Z", "X"} else fields[18]  # field 22 of proc(5): clock ticks since boot
    listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip().replace(":", ".") or None


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from or wraps, outermost first; each once."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        waiting += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]


_CAUSES: Mapping[type[BaseException], str] = {
    PermissionError: "permission denied on its socket. Add yourself to the group `docker` "
    "(`sudo usermod -aG docker $USER`, then log in again), or set DOCKER_HOST to an engine of your own",
    FileNotFoundError: "no Docker engine is running here. `p2c doctor --fix` installs and starts one; "
    "or set DOCKER_HOST to one that runs elsewhere",
    ConnectionRefusedError: "nothing answers at its address. `p2c doctor --fix` starts the engine; "
    "check DOCKER_HOST if you set it",
    requests.exceptions.Timeout: f"it did not answer within {PING_SECONDS} to {CALL_SECONDS} seconds. "
    "The engine hangs or is overloaded: look at its log, or restart it",
    TimeoutError: "it did not answer in time. The engine hangs or is overloaded: look at its log, or restart it",
    urllib3.exceptions.ProtocolError: "the connection broke. Was the engine restarted? Try again",
    ConnectionError: "the connection broke. Was the engine restarted? Try again",
}
"""Most specific first: what is found in the chain of an error says more than its outermost type."""


def _mapped(error: BaseException, doing: str) -> InfrastructureError:
    for cause in causes(error):
        if isinstance(cause, docker_errors.APIError):
            return _mapped_answer(cause, doing)
    if isinstance(error, docker_errors.BuildError):
        return ImageUnavailable(f"{doing} failed: {error}")
    chain = list(causes(error))
    for kind, advice in _CAUSES.items():
        if any(isinstance(cause, kind) for cause in chain):
            return EngineUnavailable(f"{doing} failed: {advice}")
    return EngineUnavailable(f"{doing} failed: {error}. `p2c doctor` looks at each part of the set-up")


def _mapped_answer(error: docker_errors.APIError, doing: str) -> InfrastructureError:
    """An answer of the engine with an error status."""
    status, said = error.status_code, error.explanation or str(error)
    told = f"{doing} failed: the engine answered {status}: {said}"
    lower = str(said).lower()
    if isinstance(error, docker_errors.ImageNotFound) or "no such image" in lower:
        return ImageUnavailable(f"{told}. `p2c doctor --fix` builds the image")
    if "no space left" in lower:
        return InfrastructureError(f"{told}. The engine's disk is full: make room, see `docker system df`")
    if status in {401, 403}:
        return EngineUnavailable(f"{told}. It refuses us: ask who runs it, or set DOCKER_HOST to another")
    if status == 404 and "container" in lower:
        return RunnerLost(f"{told}. Somebody removed the container; try again")
    return InfrastructureError(f"{told}. Try again; if it stays, look at the engine's log")
