"""The sandbox image holds what runs need, is built once, and its predecessors do not pile up."""

import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker import errors as docker_errors

from sandbox.errors import ImageUnavailable
from sandbox.setup import base, places, tools
from sandbox.setup import image as setup
from sandbox.setup.image import ImageInfo, ensure_image

FACTS = r"""
import json, os, pathlib, subprocess, sys
def said(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()
sys.path.append("/opt/p2c/coverage")
import coverage, tkinter, ssl, sqlite3, ctypes
for name in ("libGL.so.1", "libgomp.so.1", "libglib-2.0.so.0", "libsndfile.so.1"):
    ctypes.CDLL(name)
print(json.dumps({
    "version": list(sys.version_info[:2]),
    "python": said("python", "-c", "import sys; print(sys.version_info[:2] == (3, 11))"),
    "ids": [os.getuid(), os.getgid()],
    "home": os.path.expanduser("~"),
    "setuid": said("find", "/", "-xdev", "-type", "f", "-perm", "/6000"),
    "store": [os.stat("/store").st_uid, os.access("/store", os.W_OK)],
    "writable": [p for p in ("/opt/p2c", "/opt/p2c/inside", "/opt/p2c/tools", "/usr", "/etc") if os.access(p, os.W_OK)],
    "tools": [said(f"/opt/p2c/tools/bin/{tool}", "--version") for tool in ("uv", "ruff", "mypy", "coverage")],
    "compiler": said("gcc", "-dumpversion") + said("python3-config", "--includes"),
    "inside": {p.name: p.read_text() for p in pathlib.Path("/opt/p2c/inside").glob("*.py")},
}))
"""


@pytest.mark.docker
def test_the_image_holds_what_runs_need_and_nothing_that_gives_privileges(
    docker_client: docker.DockerClient, image: ImageInfo
) -> None:
    container = docker_client.containers.create(
        image.tag, ["python3", "-c", FACTS], network_mode="none", read_only=True,
        volumes=["/store"],  # a fresh volume, which takes over the folder's owner
    )  # fmt: skip
    try:
        container.start()
        container.wait(timeout=60)
        told = container.logs(stderr=False)
    finally:
        container.remove(force=True, v=True)
    facts = json.loads(told)
    assert facts["version"] == [3, 11]
    assert facts["python"] == "True"
    assert facts["ids"] == [1000, 1000]
    assert facts["home"] == "/home/sandbox"
    assert facts["setuid"] == ""
    assert facts["store"] == [1000, True]
    assert facts["writable"] == []
    assert [line.split()[0].rstrip(",").lower() for line in facts["tools"]] == ["uv", "ruff", "mypy", "coverage.py"]
    assert "python3.11" in facts["compiler"]
    assert facts["inside"] == {path.name: path.read_text() for path in places.INSIDE.glob("*.py")}


@pytest.mark.docker
def test_an_image_that_is_there_is_found_at_once_and_silently(
    docker_client: docker.DockerClient, image: ImageInfo
) -> None:
    lines: list[str] = []
    started = time.monotonic()
    assert ensure_image(docker_client, lines.append) == image
    assert time.monotonic() - started < 10  # making it takes minutes
    assert lines == []


@pytest.fixture
def copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, docker_client: docker.DockerClient, image: ImageInfo
) -> Iterator[Path]:
    """A copy of what goes into the image, as if it were another installation; its images are removed."""
    folder = tmp_path / "inside"
    shutil.copytree(places.INSIDE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for module in (places, setup, base, tools):
        monkeypatch.setattr(module, "INSIDE", folder)
    (folder / "marker.py").write_text(f"FOLDER = {str(tmp_path)!r}\n")
    monkeypatch.setattr(setup, "GRACE_SECONDS", -60)
    yield folder
    for found in docker_client.api.images(name=setup.REPOSITORY, filters={"label": f"p2c.home={setup.home()}"}):
        docker_client.api.remove_image(found["RepoTags"][0])


@pytest.mark.docker
def test_a_changed_script_gives_another_image_and_the_old_one_goes(
    copy: Path, docker_client: docker.DockerClient, image: ImageInfo
) -> None:
    first = ensure_image(docker_client, lambda _: None)
    (copy / "marker.py").write_text("CHANGED = True\n")
    second = ensure_image(docker_client, lambda _: None)
    assert len({image.tag, first.tag, second.tag}) == 3
    assert second.system == first.system == image.system, "environments made in one run in the other"
    with pytest.raises(docker_errors.ImageNotFound):
        docker_client.images.get(first.tag)
    assert docker_client.images.get(image.tag).id == image.id, "another installation's image stays"


@pytest.mark.docker
def test_an_image_that_a_container_uses_is_not_removed(copy: Path, docker_client: docker.DockerClient) -> None:
    first = ensure_image(docker_client, lambda _: None)
    container = docker_client.containers.create(first.tag, ["true"])
    try:
        (copy / "marker.py").write_text("CHANGED = 2\n")
        ensure_image(docker_client, lambda _: None)
        assert docker_client.images.get(first.tag).id == first.id
    finally:
        container.remove()


@pytest.mark.docker
def test_two_at_once_build_it_once(copy: Path, docker_client: docker.DockerClient) -> None:
    lines: list[str] = []
    found: list[ImageInfo] = []
    threads = [
        threading.Thread(target=lambda: found.append(ensure_image(docker_client, lines.append))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1]
    assert len([line for line in lines if "is ready" in line]) == 1


@pytest.mark.docker
def test_a_build_that_fails_says_how_it_ended(
    copy: Path, docker_client: docker.DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "Dockerfile.sandbox"
    broken.write_text("ARG BASE\nFROM ${BASE}\nRUN echo out of luck; exit 3\n")
    monkeypatch.setattr(setup, "dockerfile", lambda: broken)
    with pytest.raises(ImageUnavailable, match=r"(?s)out of luck.*returned a non-zero code: 3"):
        ensure_image(docker_client, lambda _: None)


@pytest.mark.docker
def test_a_named_base_that_cannot_be_had_is_said_with_its_name(
    copy: Path, docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("P2C_BASE", "127.0.0.1:1/no/such:image")
    with pytest.raises(
        ImageUnavailable, match=r"P2C_BASE=127\.0\.0\.1:1/no/such:image can be neither found nor pulled"
    ):
        base.obtain_base(docker_client, lambda _: None)


@pytest.mark.docker
def test_a_host_that_can_neither_pull_nor_make_the_base_is_told_both_ways_out(
    docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(base, "local_base", lambda _: None)
    monkeypatch.setattr(base, "PULLED", "127.0.0.1:1/debian:none")
    monkeypatch.setattr(base.apt, "can_install", lambda: False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageUnavailable, match=r"no debootstrap.*P2C_BASE"):
        base.obtain_base(docker_client, lambda _: None)


def test_a_debootstrap_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "debootstrap").write_text("#!/bin/sh\necho 'I: Retrieving x'; echo 'E: no mirror'; exit 1\n")
    (tmp_path / "debootstrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    lines: list[str] = []
    with pytest.raises(ImageUnavailable, match=r"(?s)ended with 1.*E: no mirror"):
        base._debootstrap(tmp_path / "root", lines.append)
    assert lines == ["base image: retrieving packages (1)"]


def test_slimming_takes_setuid_bits_and_traces_of_the_host_away(tmp_path: Path) -> None:
    for name in (
        "usr/bin/su",
        "usr/share/doc/x/y",
        "etc/resolv.conf",
        "etc/hostname",
        "usr/lib/a/libLLVM.so",
        "usr/bin/ok",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o4755 if name.endswith("su") else 0o755)
    (tmp_path / "usr/bin/link").symlink_to("/usr/bin/su")
    base._slim(tmp_path)
    left = {
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file() or path.is_symlink()
    }
    assert left == {"usr/bin/su", "usr/bin/ok", "usr/bin/link"}
    assert (tmp_path / "usr/bin/su").stat().st_mode & 0o7777 == 0o755


def test_a_tool_that_pip_cannot_fetch_stops_the_build_with_pips_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tools.txt").write_text(f"uv==0.0.1 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(tools, "INSIDE", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(ImageUnavailable, match=r"(?s)pip could not fetch.*uv==0.0.1"):
        tools.tool_wheels("x86_64")
    assert not list((tmp_path / "cache/p2c").glob("tools-*"))
