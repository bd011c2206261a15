"""Stores of the bench's own: empty volumes, removed afterwards, so that the user's store stays as it is."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator

import docker
from docker.errors import APIError, NotFound

from benchmarks.images import RUN, owner
from sandbox.engine import is_dead

REMOVE_SECONDS = 30.0


@contextlib.contextmanager
def own_volume(client: docker.DockerClient) -> Iterator[str]:
    """An empty volume; its name."""
    remove_dead_volumes(client)
    name = f"p2c-bench-{secrets.token_hex(6)}"
    client.api.create_volume(name, labels={RUN: owner()})
    try:
        yield name
    finally:
        remove(client, name)


def remove(client: docker.DockerClient, name: str) -> None:
    """Remove a volume as soon as no container holds it.

    Raises:
        docker.errors.APIError: one still does after half a minute.
    """
    until = time.monotonic() + REMOVE_SECONDS
    while True:
        try:
            client.api.remove_volume(name, force=True)
        except NotFound:
            return
        except APIError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def remove_dead_volumes(client: docker.DockerClient) -> None:
    """Remove the volumes of benches that were killed."""
    for volume in client.api.volumes(filters={"label": RUN})["Volumes"] or []:
        if is_dead((volume["Labels"] or {}).get(RUN, "")):
            with contextlib.suppress(APIError):
                client.api.remove_volume(volume["Name"], force=True)
