"""Who kept a program from the CPU: others on the host, or the program itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from sandbox.job import Job, RunResult
from sandbox.ladder.patience import is_starved
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.tree import Tree
from sandbox.verdict import Ended

pytestmark = pytest.mark.docker
PINNED = "import os\nos.sched_setaffinity(0, {0})\n"
SPIN = "while True:\n    pass\n"
CROWD = "import os\nfor _ in range(6):\n    os.fork()\n" + SPIN
SLEEP = "import time\ntime.sleep(60)\n"


@pytest.fixture
def _busy_host() -> Iterator[None]:
    """Eight processes that use one CPU."""
    others = [subprocess.Popen([sys.executable, "-c", PINNED + SPIN]) for _ in range(8)]
    yield
    for other in others:
        other.kill()
        other.wait()


def _run(runner: DockerRunner, code: str) -> RunResult:
    result = runner.run(
        Job(("python3", "main.py"), Tree({"main.py": code.encode()}), None, Limits(wall_seconds=3, cpu_seconds=60))
    )
    assert result.ended is Ended.wall
    return result


@pytest.mark.usefixtures("_busy_host")
def test_a_program_that_others_keep_from_the_cpu_is_starved(runner: DockerRunner) -> None:
    result = _run(runner, PINNED + SPIN)
    assert is_starved(result)
    assert result.starved_seconds + result.cpu_seconds == pytest.approx(result.seconds, abs=0.8)


def test_what_a_crowd_of_its_own_processes_waits_for_each_other_does_not_count(runner: DockerRunner) -> None:
    result = _run(runner, CROWD)
    # whatever else the host does: only time in which not even one CPU was had is starving, on a quiet host none is
    assert result.starved_seconds <= max(0.0, result.seconds - result.cpu_seconds) + 0.5


def test_a_program_that_waits_for_nothing_to_do_with_the_cpu_is_not(runner: DockerRunner) -> None:
    assert _run(runner, SLEEP).starved_seconds < 0.5
