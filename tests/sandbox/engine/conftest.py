"""Fixtures of the engine's tests: a door before the real one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from sandbox.escape.door import Door


@pytest.fixture
def door(docker_client: docker.DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """A door before the engine, under DOCKER_HOST."""
    named = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not named.startswith("unix://"):
        pytest.skip("the engine is not on a Unix socket")
    made = Door(tmp_path / "docker.sock", named.removeprefix("unix://"))
    made.open()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{made.path}")
    yield made
    made.end()


@pytest.fixture
def leftovers(docker_client: docker.DockerClient) -> Callable[[], set[str]]:
    """The containers of ours that were not there when the test began."""

    def listed() -> set[str]:
        found = docker_client.api.containers(all=True, filters={"label": f"p2c.owner={_owner()}"})
        return {container["Id"] for container in found}

    before = listed()
    return lambda: listed() - before


def _owner() -> str:
    from sandbox.engine import LABEL, labels

    return labels()[LABEL]
