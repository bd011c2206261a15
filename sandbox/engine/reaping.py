"""Remove what the dead left in the engine; touch nothing of the living."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import docker
from docker import errors as docker_errors

from sandbox.engine.faults import guard
from sandbox.engine.owners import LABEL, TEMPORARY, is_dead


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


def _remove(remove: Callable[[], object]) -> bool:
    """Whether we removed it; False when somebody else did, or uses it."""
    try:
        remove()
    except docker_errors.APIError as error:
        if error.status_code in {404, 409}:
            return False
        raise
    return True
