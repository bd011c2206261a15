"""The doctor looks at each part and changes nothing; `fix` has what is missing made, quickly when nothing is."""

import os
import subprocess
import sys
import time
from pathlib import Path

import docker
import pytest

from sandbox.setup import doctor, indexcheck
from sandbox.setup.check import Check
from sandbox.setup.host import HostIndex
from sandbox.setup.image import ImageInfo


@pytest.mark.docker
def test_after_fix_nothing_is_missing(docker_client: docker.DockerClient) -> None:
    doctor.fix(lambda _: None)
    found = {check.name: check for check in doctor.checks()}
    missing = [check for check in found.values() if check.state == "missing"]
    assert missing == []
    assert {
        "Python",
        "git",
        "disk",
        "engine",
        "cgroups",
        "limit: memory",
        "seccomp",
        "runtimes",
        "image",
        "store",
    } <= set(found)
    assert found["index"].detail.endswith("reached from a container")


@pytest.mark.docker
def test_the_set_up_is_quick_when_all_is_there(docker_client: docker.DockerClient, image: ImageInfo) -> None:
    doctor.fix(lambda _: None)
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "sandbox.setup"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - started < 5


def test_without_an_engine_every_part_that_needs_one_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    found = {check.name: check for check in doctor.checks()}
    assert {name for name, check in found.items() if check.state == "missing"} == {"engine", "image", "store", "index"}
    assert all(check.mend for check in found.values() if check.state == "missing")
    assert "DOCKER_HOST" in found["engine"].mend


def test_the_set_up_ends_with_3_and_one_message_where_no_engine_can_be_had(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.setup"], capture_output=True, text=True, check=False,
        env=os.environ | {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"},
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr


def test_warnings_do_not_make_a_host_unhealthy_and_what_is_missing_does() -> None:
    assert doctor.healthy([Check("a", "ok", ""), Check("b", "warning", "", "mend")])
    assert not doctor.healthy([Check("a", "missing", "", "mend")])


@pytest.mark.docker
def test_an_index_that_no_container_reaches_is_missing_and_shows_no_password(
    docker_client: docker.DockerClient, image: ImageInfo
) -> None:
    # port 9 of the container's own loopback: refused at once, on every machine
    host = HostIndex(default_index="http://me:s3cret@127.0.0.1:9/simple")
    found = indexcheck.check(docker_client, image, host)
    assert found.state == "missing"
    assert "s3cret" not in found.detail + found.mend
    assert found.detail


@pytest.mark.docker
def test_a_host_without_an_index_is_not_asked_for_one(docker_client: docker.DockerClient, image: ImageInfo) -> None:
    found = indexcheck.check(docker_client, image, HostIndex(no_index=True, find_links=("/host/links/0",)))
    assert (found.state, found.detail) == ("ok", "not asked: no index, find-links /host/links/0")


def test_a_disk_that_is_nearly_full_is_a_warning_and_a_full_one_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for free, state in ((50, "ok"), (3, "warning"), (0, "missing")):
        monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: type("Usage", (), {"free": free * doctor.GIB}))
        assert doctor._disk("disk", tmp_path).state == state
