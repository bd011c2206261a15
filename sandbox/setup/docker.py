"""A Docker engine that answers: the one that is there, else, on Debian and Ubuntu as root, one installed now."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import docker

from sandbox import engine
from sandbox.errors import EngineUnavailable
from sandbox.setup import apt
from sandbox.setup.places import Progress, once

PACKAGES = ("docker.io", "iptables", "debootstrap")
LOG = Path("/var/log/p2c-dockerd.log")
SYSTEMD = Path("/run/systemd/system")
CGROUPS = Path("/sys/fs/cgroup")
START_SECONDS = 60
_HANDED_ON = (
    "PATH", "HOME", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip


def ensure_engine(progress: Progress = print) -> docker.DockerClient:
    """A client of an engine that answers; installs and starts one where it may.

    Raises:
        EngineUnavailable: none answers and none can be had without asking; says what to do.
        InfrastructureError: apt failed.
    """
    try:
        return engine.connect()
    except EngineUnavailable as error:
        if not may_start(error):
            raise EngineUnavailable(f"{error}\n{advice()}") from error
    with once("engine", progress):
        try:
            return engine.connect()  # another process was quicker
        except EngineUnavailable:
            if not shutil.which("dockerd"):
                apt.install(PACKAGES, progress)
        return start_engine(progress)


def may_start(error: EngineUnavailable) -> bool:
    """Whether an engine can be installed, or started, here: it is absent, not elsewhere, and we are root."""
    absent = any(isinstance(c, FileNotFoundError | ConnectionRefusedError) for c in engine.causes(error))
    able = sys.platform == "linux" and os.geteuid() == 0 and bool(shutil.which("dockerd") or apt.can_install())
    return absent and able and not os.environ.get("DOCKER_HOST")


def start_engine(
    progress: Progress,
    log: Path = LOG,
    connect: Callable[[], docker.DockerClient] = engine.connect,
    seconds: float = START_SECONDS,
) -> docker.DockerClient:
    """Start the installed engine, by systemd where that runs, else by hand, and wait until it answers.

    Raises:
        EngineUnavailable: it ended, or did not answer in time; the message has the end of its log.
    """
    if SYSTEMD.is_dir():
        progress("starting the Docker engine (systemd)")
        subprocess.run(["systemctl", "start", "docker"], capture_output=True, check=False)
        return _wait(connect, seconds, lambda: None, None)
    if not any(CGROUPS.iterdir()):  # no init has mounted them; the engine needs them
        apt.install(["cgroupfs-mount"], progress)
        subprocess.run(["cgroupfs-mount"], capture_output=True, check=False)
    progress(f"starting the Docker engine by hand (log: {log})")
    with log.open("ab") as stream:
        # a session of its own: it must outlive this process and its terminal
        process = subprocess.Popen(
            ["dockerd"],
            stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True,
            env={name: os.environ[name] for name in _HANDED_ON if name in os.environ},  # no keys of the user's
        )  # fmt: skip
    try:
        client = _wait(connect, seconds, process.poll, log)
    except BaseException:
        _end_process(process)  # what does not answer must not stay
        raise
    process.returncode = 0  # it goes on without us; Popen must not warn that it still runs
    return client


def _end_process(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(
    connect: Callable[[], docker.DockerClient], seconds: float, ended: Callable[[], int | None], log: Path | None
) -> docker.DockerClient:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return connect()
        except EngineUnavailable as error:
            status = ended()
            if status is not None or time.monotonic() > deadline:
                how = f"ended with {status}" if status is not None else f"did not answer within {seconds:.0f} s"
                where = f"{log}\n{_end(log)}" if log else "`journalctl -u docker`"
                raise EngineUnavailable(f"the Docker engine was started but {how}; see {where}") from error
        time.sleep(0.3)


def _end(log: Path) -> str:
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
    except OSError:
        return ""


def advice() -> str:
    """What a person can do on this platform to have an engine."""
    if os.environ.get("DOCKER_HOST"):
        return "DOCKER_HOST is set: start the engine that it names, or unset it to use the one of this host."
    if sys.platform == "darwin":
        return "Install Docker Desktop (or colima), start it, and run the same command again."
    if sys.platform == "linux" and shutil.which("apt-get"):
        return (
            "Run the same command as root, which installs and starts an engine; or: sudo apt-get install docker.io && "
            "sudo usermod -aG docker $USER, then log in again."
        )
    return "Install Docker Engine 20.10 or later (see the manual of your system), start it, and try again."
