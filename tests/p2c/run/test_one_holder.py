"""Two processes and one run folder: the second is told who has it; whose end lets go of it."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from p2c.errors import RunFolderError
from p2c.run.folder import RunFolder

HOLD = (
    "import pathlib, sys; from p2c.run.folder import RunFolder\n"
    "with RunFolder.open(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
)


def test_the_second_is_told_the_process_the_host_and_since_when(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run"), pytest.raises(RunFolderError) as refused:
        RunFolder.open(tmp_path / "run")
    said = str(refused.value)
    assert f"is in use by process {os.getpid()} on {socket.gethostname()} since 20" in said
    assert re.search(r"since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00; wait until it has ended", said)
    assert refused.value.exit_status == 2


@pytest.mark.parametrize("content", ["", "12", "{", '{"pid": "x"}', "[1]"])
def test_a_holder_that_is_writing_its_name_is_in_the_way_all_the_same(tmp_path: Path, content: str) -> None:
    with RunFolder.open(tmp_path / "run"):
        (tmp_path / "run/.holder").write_text(content)
        with pytest.raises(RunFolderError, match="in use by a process that has only just begun"):
            RunFolder.open(tmp_path / "run")


def test_a_killed_holder_is_none(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "run")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(RunFolderError, match=f"process {holder.pid} on"):
        RunFolder.open(tmp_path / "run")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    RunFolder.open(tmp_path / "run").close()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_that_locks_nothing_is_said_and_can_still_be_replayed(
    tiny_paper: Path, endpoint, p2c_command, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    at = tiny_paper.parent
    words = ("generate", tiny_paper, "-o", at / "run", "--until", "coding")
    assert p2c_command(*words, endpoint=endpoint).status == 0

    def flock(descriptor: int, _operation: int) -> None:
        place = Path(f"/proc/self/fd/{descriptor}").readlink()
        if place.is_relative_to(at):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", flock)
    ran = p2c_command(*words, endpoint=endpoint)
    assert ran.status == 2
    assert "run cannot lock files" in ran.stderr
    assert "name a folder on another disk" in ran.stderr
    assert p2c_command("replay", at / "run", "--to", at / "again").status == 0


def test_where_flock_is_not_there_the_number_of_the_process_holds_it_and_a_killed_one_does_not(tmp_path: Path) -> None:
    without = (
        "import errno, fcntl\n"
        "def flock(*_): raise OSError(errno.ENOSYS, 'Function not implemented')\n"
        "fcntl.flock = flock\n"
    )
    run = [sys.executable, "-W", "error", "-c", without + HOLD, str(tmp_path / "run")]
    with subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        second = subprocess.run(run, input="", capture_output=True, text=True, check=False)
        assert f"is in use by process {holder.pid}" in second.stderr
        holder.kill()
        holder.wait()
        third = subprocess.run(run, input="", capture_output=True, text=True, check=False)
        assert (third.stdout, third.stderr) == ("held\n", "")
