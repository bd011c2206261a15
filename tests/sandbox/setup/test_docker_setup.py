"""An engine is installed and started where that may be done without asking; else the message says what to do."""

import os
import signal
import time
from pathlib import Path

import docker
import pytest

from sandbox.errors import EngineUnavailable
from sandbox.setup import docker as setup


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of fake programs, first on PATH, on a host without systemd."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(setup, "SYSTEMD", tmp_path / "no-systemd")
    return folder


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def refuse() -> docker.DockerClient:
    raise EngineUnavailable("not yet")


def test_an_engine_started_by_hand_outlives_us_and_has_no_key_of_the_users(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "s3cret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org")
    program(path, "dockerd", f"echo starting; env > {tmp_path}/env; echo $$ > {tmp_path}/pid; exec sleep 60")
    answer = object()

    def connect() -> docker.DockerClient:
        if not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
            raise EngineUnavailable("not yet")
        return answer  # type: ignore[return-value]

    assert setup.start_engine(lambda _: None, tmp_path / "log", connect) is answer
    pid = int((tmp_path / "pid").read_text())
    try:
        assert os.getsid(pid) == pid, "a session of its own"
        environment = (tmp_path / "env").read_text()
        assert "s3cret" not in environment
        assert "proxy.example.org" in environment
        assert (tmp_path / "log").read_text() == "starting\n"
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_an_engine_that_ends_at_once_is_reported_with_the_end_of_its_log(path: Path, tmp_path: Path) -> None:
    program(path, "dockerd", "echo 'failed to mount overlay' >&2; exit 7")
    with pytest.raises(EngineUnavailable, match=r"ended with 7; see .*\nfailed to mount overlay"):
        setup.start_engine(lambda _: None, tmp_path / "log", refuse)


def test_an_engine_that_never_answers_is_given_up(path: Path, tmp_path: Path) -> None:
    program(path, "dockerd", f"echo $$ > {tmp_path}/pid; exec sleep 60")
    started = time.monotonic()
    with pytest.raises(EngineUnavailable, match="did not answer within 1 s"):
        setup.start_engine(lambda _: None, tmp_path / "log", refuse, seconds=1)
    assert time.monotonic() - started < 5
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_an_engine_elsewhere_is_never_installed_here(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(path, "apt-get", f"touch {tmp_path}/installed")
    program(path, "dockerd", f"touch {tmp_path}/started")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(EngineUnavailable, match="DOCKER_HOST is set"):
        setup.ensure_engine(lambda _: None)
    assert not list(tmp_path.glob("installed")) + list(tmp_path.glob("started"))


def absent() -> EngineUnavailable:
    error = EngineUnavailable("nothing there")
    error.__cause__ = FileNotFoundError("/var/run/docker.sock")
    return error


def test_only_an_absent_engine_is_installed_and_only_by_root(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    program(path, "apt-get", "true")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert setup.may_start(absent())
    assert not setup.may_start(EngineUnavailable("it hangs, or refuses us"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not setup.may_start(absent())


def test_without_docker_the_engine_is_installed_and_then_started(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(path))  # the real dockerd must not be found
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    program(path, "apt-get", f"echo $* >> {tmp_path}/apt")
    monkeypatch.setattr(setup, "may_start", lambda _: True)
    monkeypatch.setattr("sandbox.engine.connect", refuse)
    monkeypatch.setattr(setup, "start_engine", lambda _: "started")
    assert setup.ensure_engine(lambda _: None) == "started"
    assert "install -q -y --no-install-recommends docker.io iptables debootstrap" in (tmp_path / "apt").read_text()


@pytest.mark.parametrize(("platform", "words"), [("darwin", "Docker Desktop"), ("linux", "apt-get|Docker Engine")])
def test_the_advice_fits_the_platform(platform: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr("sys.platform", platform)
    assert any(word in setup.advice() for word in words.split("|"))
