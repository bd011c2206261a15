"""The suite can fail: against a weakened sandbox its cases say FAILED, and those beside it still hold."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import docker
import pytest

from sandbox import tree
from sandbox.escape import CASES, CheckReport, State, check, choose
from sandbox.runner import container, shape, wire
from sandbox.runner.variables import variables

pytestmark = pytest.mark.docker


def _tried(*names: str) -> Mapping[str, State]:
    report: CheckReport = check(choose(CASES, names), brief=True)
    return {case.name: case.state for case in report.cases}


def _weaken(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Change the engine's options of a runner's containers."""

    def weak(*arguments: Any) -> dict[str, Any]:
        return {**shape.host_config(*arguments), **changes}

    monkeypatch.setattr(container, "host_config", weak)


@pytest.mark.parametrize(
    ("changes", "fails"),
    [
        ({"NetworkMode": "bridge", "Dns": ["192.0.2.1"]}, {"network_gateway", "network_ipv4"}),
        ({"CapDrop": []}, {"capabilities"}),
        ({"ReadonlyRootfs": False}, {"read_only_root"}),
        ({"PidsLimit": 500}, {"thread_bomb"}),
        ({"Privileged": True, "CapDrop": []}, {"capabilities", "kernel_files", "engine_profile"}),
        ({"Binds": ["/etc:/mnt:ro"]}, {"mounts"}),
    ],
    ids=["network", "capabilities", "writable root", "processes", "privileged", "mounted"],
)
def test_a_container_with_an_option_too_many_is_found_out(
    docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], fails: set[str]
) -> None:
    _weaken(monkeypatch, **changes)
    states = _tried(*fails, "own_sigkill")
    assert {name for name, state in states.items() if state is State.failed} == fails


def test_file_systems_without_limits_are_found_out(
    docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = shape.Shape.tmpfs

    def unlimited(own: shape.Shape) -> dict[str, str]:
        return {place: options.replace("nr_inodes=", "nr_inodes=9") for place, options in usual(own).items()}

    monkeypatch.setattr(shape.Shape, "tmpfs", unlimited)
    assert _tried("inodes_filled")["inodes_filled"] is State.failed


def test_a_variable_of_the_host_is_found_out(
    docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaky(environment: str | None, threads: int, more: Mapping[str, str]) -> dict[str, str]:
        return variables(environment, threads, {**more, "COPY": os.environ["OPENAI_API_KEY"]})

    monkeypatch.setattr(wire, "variables", leaky)
    states = _tried("variables_of_the_host", "inherited")
    assert states["variables_of_the_host"] is states["inherited"] is State.failed


def test_a_link_that_is_followed_is_found_out(
    docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "_why_skipped", lambda *_: "")
    states = _tried("tree_link_to_the_host", "tree_hard_link")
    assert states["tree_link_to_the_host"] is State.failed
    assert states["tree_hard_link"] is State.held


def test_runs_that_differ_are_found_out(docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def random(environment: str | None, threads: int, more: Mapping[str, str]) -> dict[str, str]:
        return variables(environment, threads, {**more, "PYTHONHASHSEED": "random"})

    monkeypatch.setattr(wire, "variables", random)
    assert _tried("hash_seed")["hash_seed"] is State.failed
