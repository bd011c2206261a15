"""A runner for unit tests. NOT A SANDBOX: it runs the job as a plain subprocess of this one, with its rights.

It is interchangeable with `DockerRunner` where a test cares about results, not about confinement: same tree,
same variables where they matter, same shape of result. Never give it code that was not written for a test.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sandbox.inside.files import Wanted, choose, contents
from sandbox.job import Job, Output, RunResult
from sandbox.verdict import Ended

KILL_SECONDS = 5.0
"""A process that the kernel holds for longer is left to it."""


class LocalRunner:
    """Runs a job in a temporary folder with this process's Python; the only limit that it knows is the wall clock.

    Whatever the job started is killed when it ends (Linux: the session is read from /proc).

    `/workspace` and `/job` in the command and in the job's variables are replaced by the temporary folders.

    Attributes:
        jobs: what it was given, in that order.
    """

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def run(self, job: Job) -> RunResult:
        """Run `job` to its end. Raises OSError where its program cannot be started."""
        self.jobs.append(job)
        with tempfile.TemporaryDirectory(prefix="not-a-sandbox-") as name:
            work, extra = Path(name, "work"), Path(name, "job")
            work.mkdir()
            job.tree.write(work)
            for path, content in job.extra.items():
                (extra / path).parent.mkdir(parents=True, exist_ok=True)
                (extra / path).write_bytes(content)
            return _run(job, work, extra)

    def close(self) -> None:
        """Nothing waits, so there is nothing to remove."""


def _run(job: Job, work: Path, extra: Path) -> RunResult:
    def moved(text: str) -> str:
        return text.replace("/workspace", str(work)).replace("/job", str(extra))

    before = {p: _mark(work / p) for p in job.tree.files}
    argv = [sys.executable if a in ("python", "python3") else moved(a) for a in job.argv]
    fixed = {"PATH": os.defpath, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "TZ": "UTC"}
    env = fixed | {name: moved(value) for name, value in job.env.items()}
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    # files, not pipes: a process that the job leaves behind would keep a pipe open
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(argv, cwd=work, env=env, stdout=stdout, stderr=stderr, start_new_session=True)
        try:
            status: int | None = process.wait(job.limits.wall_seconds)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            _kill_session(process.pid)
            process.wait()
        out, err = (_content(stream) for stream in (stdout, stderr))
    seconds = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    signalled = status is not None and status < 0
    ended = Ended.wall if status is None else Ended.signalled if signalled else Ended.exited
    inside = [path for path in job.collect if not path.startswith("/")]
    choice = choose(str(work), before, Wanted(inside, list(job.collect_written), job.limits.collect_bytes))
    files = {name: b"".join(contents(str(work), name, size)) for name, size in choice.files}
    for path in job.collect:
        aside = extra / path.removeprefix("/job/")
        if path.startswith("/job/") and aside.is_file():
            files[path] = aside.read_bytes()
    return RunResult(
        ended=ended,
        exit_status=None if signalled else status,
        signal=-status if signalled and status is not None else None,
        seconds=seconds,
        cpu_seconds=after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime,
        peak_memory_bytes=after.ru_maxrss * 1024,
        stdout=_output(out, job.limits.output_bytes),
        stderr=_output(err, job.limits.output_bytes),
        files=files,
        written=tuple(choice.written),
        uncollected=choice.refused,
    )


def _kill_session(leader: int) -> None:
    """Kill every process of the session that `leader` began, groups of their own included."""
    until = time.monotonic() + KILL_SECONDS
    while time.monotonic() < until and (left := [pid for pid in _processes() if _session(pid) == leader]):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def _processes() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal())


def _session(process: int) -> int | None:
    """The session of a process; None when it has ended, even if nobody has collected it."""
    try:
        state, *others = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state in "ZX" else int(others[2])


def _content(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    return stream.read()


def _mark(path: Path) -> tuple[int, int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns, state.st_ino


def _output(data: bytes, keep: int) -> Output:
    if len(data) <= keep:
        return Output(data)
    return Output(data[: keep // 2], data[len(data) - (keep - keep // 2) :], len(data) - keep)
