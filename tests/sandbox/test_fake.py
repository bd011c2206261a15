"""The in-process runner of unit tests gives results of the same shape as the real one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sandbox.fake import LocalRunner
from sandbox.job import Job, Runner
from sandbox.settings import Limits
from sandbox.tree import Tree
from sandbox.verdict import Ended


def test_a_job_runs_in_a_folder_of_its_own() -> None:
    fake = LocalRunner()
    runner: Runner = fake
    code = b"import sys, pathlib\npathlib.Path('out.txt').write_text('x')\nprint('o')\nsys.exit(3)\n"
    job = Job(("python3", "main.py"), Tree({"main.py": code}), None, collect=("*.txt",))
    result = runner.run(job)
    assert (result.ended, result.exit_status, result.stdout.head) == (Ended.exited, 3, b"o\n")
    assert result.files == {"out.txt": b"x"}
    assert result.written == ("out.txt",)
    assert fake.jobs == [job]
    runner.close()


def test_time_and_output_are_limited_and_signals_told() -> None:
    tree = Tree({"sleep.py": b"import time\nprint('a' * 30, flush=True)\ntime.sleep(9)\n"})
    late = LocalRunner().run(Job(("python", "sleep.py"), tree, None, Limits(wall_seconds=0.5, output_bytes=10)))
    assert (late.ended, late.exit_status, late.signal) == (Ended.wall, None, None)
    assert (late.stdout.head, late.stdout.tail, late.stdout.dropped) == (b"a" * 5, b"aaaa\n", 21)
    dead = LocalRunner().run(Job(("python", "-c", "import os; os.abort()"), tree, None))
    assert (dead.ended, dead.exit_status, dead.signal) == (Ended.signalled, None, 6)


def test_helpers_and_their_results_are_found_beside_the_tree() -> None:
    helper = b"import sys, pathlib\npathlib.Path(sys.argv[1]).write_text('done')\n"
    job = Job(
        ("python", "/job/help.py", "/job/out"), Tree({"a": b""}), None, extra={"help.py": helper}, collect=("/job/out",)
    )
    assert LocalRunner().run(job).files == {"/job/out": b"done"}


LEAVES = """
import os, subprocess, sys, time
code = "import os, time; os.setpgid(0, 0); open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", code])
while not (os.path.exists("pid") and open("pid").read()):
    time.sleep(0.01)
print("started", flush=True)
"""


@pytest.mark.parametrize("end", ["", "time.sleep(60)\n"], ids=["it ends", "it is late"])
def test_nothing_that_a_job_started_outlives_it(end: str) -> None:
    limits = Limits(wall_seconds=2)
    began = time.monotonic()
    result = LocalRunner().run(
        Job(("python", "main.py"), Tree({"main.py": f"{LEAVES}{end}".encode()}), None, limits, collect=("pid",))
    )
    assert (result.ended, result.stdout.text()) == (Ended.wall if end else Ended.exited, "started\n")
    assert time.monotonic() - began < 10
    state = Path("/proc", result.files["pid"].decode(), "stat")
    assert not state.exists() or " Z " in state.read_text()
