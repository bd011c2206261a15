"""The supervisor's side of preloading: start a fork server, and be rid of it if it is not as it should be.

The modules are the environment's, so they are not trusted: they run confined as the program does, and what they
leave behind is looked for. A container in which preloading went wrong is emptied, and runs its job without.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

from .kernel import WRITABLE, born, living

CLIENT = "/opt/p2c/warm"
"""Holds `python.c`, compiled, under an interpreter's names."""
SETTLED = "\0p2c-settled"
"""Where the server can be asked, see `forked/server.py`."""
HOOK = "/opt/p2c/inside/forked/hook"
SECONDS = 45.0
"""For all imports together."""
KILL_SECONDS = 5.0
ENDING_SECONDS = 4.0


class Warm(NamedTuple):
    """A fork server that waits. The program may end it, and speak in its place: what it says decides nothing.

    Attributes:
        born: see `kernel.born`.
        env: all variables of the job to come.
    """

    pid: int
    born: int
    interpreter: str
    env: dict[str, str]

    def fits(self, job: dict[str, Any]) -> bool:
        """Whether the job's `python` may be a fork of it."""
        return bool(job["interpreter"] == self.interpreter and job["env"] == self.env)

    def lives(self) -> bool:
        """Whether its process is still there, and no other has its id."""
        return born(self.pid) == self.born

    def settle(self, seconds: float) -> None:
        """Wait until the server has ended all programs whose clients are gone; at most so long.

        A client that is killed takes its program with it, but not at the same moment.
        """
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(seconds)
            with contextlib.suppress(OSError):
                asking.connect(SETTLED)
                asking.recv(1)  # its end says it


def warm(wanted: dict[str, Any]) -> Warm | None:
    """A fork server with the modules imported, or None.

    Args:
        wanted: `modules` (top-level names), `interpreter` (path) and `env` (all variables of the job to come).
    """
    if not os.access(wanted["interpreter"], os.X_OK) or not os.access(f"{CLIENT}/python", os.X_OK):
        return None
    pid = _start(wanted)
    if pid and _is_alone(pid) and not any(any(Path(folder).iterdir()) for folder in ("/workspace", "/job")):
        return Warm(pid, born(pid), wanted["interpreter"], wanted["env"])
    _empty()
    return None


def _is_alone(pid: int) -> bool:
    """Whether there is no process but the server, as soon as those have ended whose place it took."""
    until = time.monotonic() + ENDING_SECONDS
    while living((1, pid)) and time.monotonic() < until:
        time.sleep(0.002)
    return living((1, pid)) == 0


def _start(wanted: dict[str, Any]) -> int:
    """The process id of the server, as it says itself; 0 when it did not come up."""
    report, into_report = os.pipe()
    output, into_output = os.pipe()
    errors, into_errors = os.pipe()
    env = dict(wanted["env"])
    env["P2C_PRELOAD"] = ",".join([str(into_report), str(output), str(errors), *wanted["modules"]])
    env["PYTHONPATH"] = ":".join(filter(None, [HOOK, env.get("PYTHONPATH")]))
    process = subprocess.Popen(
        ["python", "-c", ""],
        stdin=subprocess.DEVNULL,
        stdout=into_output,
        stderr=into_errors,
        pass_fds=(into_report, output, errors),
        env=env,
        cwd="/workspace",
        start_new_session=True,
    )
    process.returncode = 0  # a fork takes its place; all are reaped with the program's processes
    for fd in (into_report, output, into_output, errors, into_errors):
        os.close(fd)
    said = _said(report)
    os.close(report)
    return int(said) if said.isdigit() else 0


def _said(report: int) -> bytes:
    """What the server says when it is ready; empty when it ends before, or needs too long."""
    poll = select.poll()
    poll.register(report, select.POLLIN)
    poll.register(0, select.POLLIN)
    events = poll.poll(SECONDS * 1000)
    if any(fd == 0 for fd, _ in events):
        os._exit(0)  # the controller is gone: nothing comes before it is told that we are ready
    return os.read(report, 64).strip() if events else b""


def _empty() -> None:
    """Kill every process but this one, and remove all that they wrote."""
    until = time.monotonic() + KILL_SECONDS
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < until:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.002)
    for folder in WRITABLE:
        for path in Path(folder).iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
