"""Fixtures that all tests share: the Docker engine, the sandbox image, a runner."""

from __future__ import annotations

import os
from collections.abc import Iterator

import docker
import pytest
from hypothesis import settings

from sandbox.engine import connect, reap_dead
from sandbox.errors import EngineUnavailable
from sandbox.runner import DockerRunner
from sandbox.setup.image import ImageInfo, ensure_image

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")


@pytest.fixture(scope="session")
def docker_client() -> Iterator[docker.DockerClient]:
    """A client of the engine. Without one the test is skipped, unless P2C_REQUIRE_DOCKER is set."""
    try:
        client = connect()
    except EngineUnavailable as error:
        if os.environ.get("P2C_REQUIRE_DOCKER"):
            raise
        pytest.skip(f"no Docker engine: {error}")
    reap_dead(client)
    yield client
    client.close()


@pytest.fixture(scope="session")
def image(docker_client: docker.DockerClient) -> ImageInfo:
    """The sandbox image, built if need be; P2C_TEST_IMAGE names another one to test."""
    tag = os.environ.get("P2C_TEST_IMAGE")
    if not tag:
        return ensure_image(docker_client)
    identity = docker_client.images.get(tag).id or tag
    return ImageInfo(tag, identity, "3.11", identity)


@pytest.fixture(scope="session")
def runner(docker_client: docker.DockerClient, image: ImageInfo) -> Iterator[DockerRunner]:
    """A runner without a store, shared by all tests."""
    with DockerRunner(docker_client, image.tag, None, spare=2) as shared:
        yield shared
