"""The suite runs once, in its short form, with the cases that were chosen; each test then looks at one result."""

from __future__ import annotations

from collections.abc import Mapping

import docker
import pytest

from sandbox.escape import CASES, CaseResult, check
from sandbox.setup.image import ImageInfo


@pytest.fixture(scope="session")
def results(
    request: pytest.FixtureRequest, docker_client: docker.DockerClient, image: ImageInfo
) -> Mapping[str, CaseResult]:
    """Name of a case -> what came of it."""
    chosen = (getattr(item, "callspec", None) for item in request.session.items)
    wanted = {spec.params.get("name") for spec in chosen if spec is not None}
    report = check([case for case in CASES if case.name in wanted], brief=True)
    return {case.name: case for case in report.cases}
