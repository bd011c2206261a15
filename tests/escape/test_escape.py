"""Every case of the suite is tried on the real engine and holds; those marked long in their short form."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sandbox.escape import CASES, CaseResult, State

LEFT = ("containers", "volumes", "images", "processes", "threads", "folders")


@pytest.mark.docker
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", [*(case.name for case in CASES), *(f"left_{kind}" for kind in LEFT)])
def test_the_sandbox_holds(name: str, results: Mapping[str, CaseResult]) -> None:
    result = results[name]
    if result.state is State.unenforceable:
        pytest.skip(result.why)
    assert result.state is State.held, f"{result.sentence} {result.why}"
