"""A client of the engine that has just answered."""

from __future__ import annotations

import time

import docker

from sandbox.engine import faults
from sandbox.engine.faults import guard, is_transient
from sandbox.engine.transport import PAUSES, Persistent, Trouble
from sandbox.errors import EngineUnavailable, InfrastructureError


def connect() -> docker.DockerClient:
    """A client of the engine that DOCKER_HOST names (else the local one), which has just answered.

    An engine that answers with a passing error is asked again, at most `len(PAUSES)` times; later calls of the
    client are made again as `Persistent` says.

    Raises:
        EngineUnavailable: nothing answers within `faults.PING_SECONDS`, or it refuses us; says what to do.
    """
    for pause in (*PAUSES, None):
        try:
            return _connected()
        except InfrastructureError as error:
            if pause is None or not is_transient(error):
                raise EngineUnavailable(str(error)) from error
            time.sleep(pause)
    raise AssertionError("unreachable: the last attempt returns or raises")


def is_local(client: docker.DockerClient) -> bool:
    """Whether the engine sees this host's files, so that they can be mounted."""
    return bool(client.api.base_url == "http+docker://localhost")


def _connected() -> docker.DockerClient:
    with guard("connecting to the Docker engine"):
        client = docker.from_env(timeout=faults.PING_SECONDS, max_pool_size=32)
        try:
            client.ping()
        except BaseException:
            client.close()
            raise
    client.api.timeout = faults.CALL_SECONDS
    trouble = Trouble()
    for prefix, adapter in list(client.api.adapters.items()):
        client.api.mount(prefix, Persistent(adapter, trouble))
    return client
