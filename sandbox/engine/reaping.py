"""Remove what the dead left in the engine; touch nothing of the living."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import docker
from docker import errors as docker_errors

from sandbox.engine.connection import is_local
from sandbox.engine.faults import guard
from sandbox.engine.owners import LABEL, TEMPORARY, is_dead
from sandbox.errors import InfrastructureError

LATE_SECONDS = (2.0, 8.0, 20.0)
"""After a start it is looked again, so many seconds after the last time."""


@dataclass(frozen=True)
class Reaped:
    """How much of dead owners was removed."""

    containers: int
    volumes: int


def reap_dead(client: docker.DockerClient) -> Reaped:
    """Remove containers and temporary volumes whose owner is dead; nothing of live owners or other machines.

    Raises:
        InfrastructureError: the engine failed. What another process removes at the same time, or what the engine
            cannot remove now (its files are in use, for example), is no error: it is left to the next start.
    """
    is_shared = not is_local(client)
    with guard("looking for containers of dead processes"):
        containers = client.api.containers(all=True, filters={"label": LABEL})
        there = [one for one in containers if is_there(one)]
        dead = [one["Id"] for one in there if is_dead(one["Labels"].get(LABEL, ""), is_shared=is_shared)]
        removed = sum(_remove(partial(client.api.remove_container, i, force=True, v=True)) for i in dead)
        volumes = client.api.volumes(filters={"label": [LABEL, TEMPORARY]})["Volumes"] or []
        old = [v["Name"] for v in volumes if is_dead((v["Labels"] or {}).get(LABEL, ""), is_shared=is_shared)]
        return Reaped(removed, sum(_remove(partial(client.api.remove_volume, n)) for n in old))


def is_there(container: Mapping[str, Any]) -> bool:
    """Whether an entry of the engine's list stands for a container.

    An engine that was killed and started again may list, until its next start, a container that it has removed
    meanwhile: dead, without a name, without files or processes, and unknown when it is asked for. (Seen with 20.10,
    which removes what was running twice, once because it ended and once because it is to be removed by itself.)
    """
    return container.get("State") != "dead" or bool(container.get("Names"))


def _remove(remove: Callable[[], object]) -> bool:
    """Whether we removed it; False when somebody else did, or uses it, or the engine cannot."""
    try:
        remove()
    except docker_errors.APIError as error:
        if error.status_code in {404, 409} or (error.status_code or 0) >= 500:
            return False
        raise
    return True


class LateReaper:
    """Reaps again, in the background, while its owner works.

    The engine may still have been making, at the owner's start, what a process had asked for that is dead by now: on a
    busy host that takes seconds.
    """

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="reaper", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        for seconds in LATE_SECONDS:
            if self._ending.wait(seconds):
                return
            with suppress(InfrastructureError):  # whoever works with the engine will say so
                reap_dead(self._client)

    def end(self) -> None:
        """Wait until nothing is being removed any more."""
        self._ending.set()
        self._thread.join()
