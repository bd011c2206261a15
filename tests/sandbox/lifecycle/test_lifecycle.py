"""A killed controller leaves nothing that the next start does not remove, and the next start touches nobody else's."""

from __future__ import annotations

import docker
import pytest

from sandbox.escape.lifecycle import BRIEF, sweep
from sandbox.setup.image import ImageInfo


@pytest.mark.docker
def test_the_next_start_removes_all_that_a_killed_controller_had_and_nothing_of_a_live_one(
    docker_client: docker.DockerClient, image: ImageInfo
) -> None:
    found = list(sweep(docker_client, BRIEF))
    assert [str(one) for one in found if not one.held] == []
    assert len(found) == len(BRIEF)
