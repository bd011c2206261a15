"""Fixtures of the sandbox's tests: an index of our own making, and stores of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from sandbox.engine import labels
from sandbox.escape.wheelhouse import Wheelhouse
from sandbox.setup.host import HostIndex
from sandbox.setup.image import ImageInfo
from sandbox.store import Store


@pytest.fixture
def wheelhouse(tmp_path: Path) -> Wheelhouse:
    """An empty folder for wheels, which containers may read."""
    return _wheelhouse_in(tmp_path)


@pytest.fixture(scope="session")
def wheelhouse_in() -> Callable[[Path], Wheelhouse]:
    """Makes an empty folder for wheels in a folder, for tests that share one."""
    return _wheelhouse_in


def _wheelhouse_in(base: Path) -> Wheelhouse:
    folder = base / "wheels"
    folder.mkdir()
    for parent in (folder, *list(folder.parents)[:3]):
        parent.chmod(0o755)
    return Wheelhouse(folder)


@pytest.fixture(scope="session")
def store_volume(docker_client: docker.DockerClient) -> Iterator[str]:
    """A volume for stores, removed at the end (or, after a crash, by the next start)."""
    name = f"p2c-test-store-{os.getpid()}"
    volume = docker_client.volumes.create(name, labels=labels(temporary=True))
    yield name
    volume.remove(force=True)


@pytest.fixture
def store_with(
    docker_client: docker.DockerClient, image: ImageInfo, store_volume: str
) -> Callable[[HostIndex | None], Store]:
    """Makes a store in that volume that reaches the packages of a host (None: this host's)."""
    return lambda host: Store(docker_client, image, host, store_volume)
