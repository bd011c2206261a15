"""A runner for unit tests. NOT A SANDBOX: it runs the job as a plain subprocess of this one, with its rights.

It is interchangeable with `DockerRunner` where a test cares about results, not about confinement: same tree,
same variables where they matter, same shape of result. Never give it code that was not written for a test.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sandbox.inside.files import choose, contents
from sandbox.job import Job, Output, RunResult
from sandbox.verdict import Ended


class LocalRunner:
    """Runs a job in a temporary folder with this process's Python; the only limit that it knows is the wall clock.

    `/work` and `/job` in the command and in the job's variables are replaced by the temporary folders.

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
        return text.replace("/work", str(work)).replace("/job", str(extra))

    before = {p: _mark(work / p) for p in job.tree.files}
    argv = [sys.executable if a in ("python", "python3") else moved(a) for a in job.argv]
    fixed = {"PATH": os.defpath, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "TZ": "UTC"}
    env = fixed | {name: moved(value) for name, value in job.env.items()}
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    try:
        done = subprocess.run(
            argv, cwd=work, env=env, capture_output=True, timeout=job.limits.wall_seconds, check=False
        )
        status, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        status, out, err = None, late.stdout or b"", late.stderr or b""
    seconds = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    signalled = status is not None and status < 0
    ended = Ended.wall if status is None else Ended.signalled if signalled else Ended.exited
    choice = choose(str(work), before, [p for p in job.collect if not p.startswith("/")], job.limits.collect_bytes)
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


def _mark(path: Path) -> tuple[int, int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns, state.st_ino


def _output(data: bytes, keep: int) -> Output:
    if len(data) <= keep:
        return Output(data)
    return Output(data[: keep // 2], data[len(data) - (keep - keep // 2) :], len(data) - keep)
