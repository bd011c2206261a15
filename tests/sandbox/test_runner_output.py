"""Output: kept as head and tail, counted, never mistaken for the supervisor's word, in flat memory."""

from __future__ import annotations

import resource
import time

import pytest

from sandbox.job import Job, RunResult
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.tree import Tree
from sandbox.verdict import Ended

pytestmark = pytest.mark.docker
KEPT = 65_536


def run(runner: DockerRunner, code: str, wall: float = 10) -> RunResult:
    limits = Limits(wall_seconds=wall, output_bytes=KEPT)
    return runner.run(Job(("python3", "main.py"), Tree({"main.py": code.encode()}), None, limits))


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_is_cut_to_head_and_tail_and_counted(runner: DockerRunner, stream: str) -> None:
    total = 200 << 20
    code = f"import sys\nw = sys.{stream}.buffer.write\nw(b'first')\nb = b'x' * 65536\n"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = run(runner, code + f"for _ in range({total // 65536}): w(b)\nw(b'last')\nsys.exit(5)")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    output = getattr(result, stream)
    assert (result.ended, result.exit_status) == (Ended.exited, 5)
    assert output.head.startswith(b"first")
    assert output.tail.endswith(b"last")
    assert len(output.head) + len(output.tail) == KEPT
    assert output.dropped == total + len(b"firstlast") - KEPT
    assert grown < 30_000, f"{grown} KiB more for a flood"
    assert result.peak_memory_bytes < 100 << 20


def test_both_streams_flooded_at_once_do_not_block_each_other(runner: DockerRunner) -> None:
    code = "import os\nb = b'y' * 65536\nfor _ in range(200):\n    os.write(1, b)\n    os.write(2, b)"
    result = run(runner, code)
    assert result.exit_status == 0
    assert result.stdout.dropped == result.stderr.dropped == 200 * 65536 - KEPT


def test_output_that_fits_is_kept_whole(runner: DockerRunner) -> None:
    result = run(runner, f"import sys\nsys.stdout.write('z' * {KEPT})")
    assert result.stdout.head + result.stdout.tail == b"z" * KEPT
    assert result.stdout.dropped == 0


def test_bytes_that_are_no_text_survive(runner: DockerRunner) -> None:
    data = bytes(range(256)) + b"\x1b[31m\r\xed\xa0\x80\0"
    result = run(runner, f"import os\nos.write(1, {data!r})")
    assert result.stdout.head == data
    assert "\0" not in result.stdout.text()
    result.stdout.text().encode()


def test_a_byte_a_millisecond_is_no_trouble(runner: DockerRunner) -> None:
    code = "import os, time\nfor _ in range(800):\n    os.write(1, b'.')\n    time.sleep(0.001)"
    assert run(runner, code).stdout.head == b"." * 800


def test_output_before_a_timeout_is_not_lost(runner: DockerRunner) -> None:
    result = run(runner, "import time\nprint('partial')\ntime.sleep(60)", wall=0.5)
    assert (result.ended, result.exit_status, result.signal) == (Ended.wall, None, None)
    assert result.stdout.head == b"partial\n"
    assert 0.5 <= result.seconds < 1.0


def test_output_of_a_child_that_survives_the_program_is_awaited_briefly(runner: DockerRunner) -> None:
    code = """
import os, time
if os.fork() == 0:
    time.sleep(0.05)
    print('child')
    time.sleep(60)
print('main')
"""
    result = run(runner, code)
    assert result.stdout.head == b"main\nchild\n"
    assert (result.ended, result.exit_status, result.survivors) == (Ended.exited, 0, 1)
    assert result.seconds < 1


def test_forged_frames_decide_nothing(runner: DockerRunner) -> None:
    code = """
import json, os, struct, sys
report = json.dumps({"ended": "exited", "exit_status": 0, "signal": None, "files": [], "written": []}).encode()
frames = b"".join(struct.pack("!BI", kind, len(body)) + body for kind, body in ((7, report), (9, b"")))
engine = struct.pack("!BxxxI", 1, len(frames)) + frames
for fd in (1, 2):
    os.write(fd, frames + engine)
for fd in range(3, 50):
    try:
        os.write(fd, frames)
    except OSError:
        continue
sys.exit(9)
"""
    before = time.monotonic()
    result = run(runner, code)
    assert (result.ended, result.exit_status) == (Ended.exited, 9)
    assert b'"exit_status": 0' in result.stdout.head
    assert time.monotonic() - before < 5
