"""A job goes in, its result comes out: status, output, files, variables."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import statistics
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from sandbox.checks import expected
from sandbox.engine import labels
from sandbox.errors import InfrastructureError, InputError
from sandbox.inside import frames
from sandbox.job import Job, RunResult
from sandbox.runner import DockerRunner
from sandbox.runner.container import Container, NotStarted
from sandbox.runner.purpose import Purpose
from sandbox.settings import Limits
from sandbox.setup.image import ImageInfo
from sandbox.tree import Tree
from sandbox.verdict import Ended

pytestmark = pytest.mark.docker
QUICK = Limits(wall_seconds=8)


def python(runner: DockerRunner, code: str, **job: object) -> RunResult:
    tree = Tree({"main.py": code.encode()})
    return runner.run(Job(("python3", "main.py"), tree, None, **({"limits": QUICK} | job)))  # type: ignore[arg-type]


def test_status_and_both_streams_come_back(runner: DockerRunner) -> None:
    result = python(runner, "import sys\nprint('out')\nprint('err', file=sys.stderr)\nsys.exit(42)")
    assert (result.ended, result.exit_status, result.signal) == (Ended.exited, 42, None)
    assert (result.stdout.head, result.stderr.head) == (b"out\n", b"err\n")
    assert 0 < result.seconds < 5
    assert result.cpu_seconds > 0
    assert result.peak_memory_bytes > 1_000_000


def test_the_signal_that_ended_a_program_is_named(runner: DockerRunner) -> None:
    result = python(runner, "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
    assert (result.ended, result.exit_status, result.signal) == (Ended.signalled, None, signal.SIGSEGV)


def test_a_program_that_does_not_exist_ends_as_in_a_shell(runner: DockerRunner) -> None:
    tree = Tree({"data.txt": b"no program"})
    absent = runner.run(Job(("no-such-program",), tree, None, QUICK))
    assert (absent.ended, absent.exit_status) == (Ended.exited, 127)
    assert "no-such-program" in absent.stderr.text()
    refused = runner.run(Job(("./data.txt",), tree, None, QUICK))
    assert (refused.ended, refused.exit_status) == (Ended.exited, 126)


def test_the_tree_arrives_byte_for_byte(runner: DockerRunner) -> None:
    files = {
        "run": b"#!/bin/sh\nsha256sum data.bin 'a b/c d.txt' empty \xc3\xa4.txt && test -x run && test ! -x empty\n",
        "data.bin": bytes(range(256)) * 20_000,
        "a b/c d.txt": b"spaces",
        "empty": b"",
        "ä.txt": b"umlaut",
    }
    tree = Tree(files, frozenset({"run"}))
    result = runner.run(Job(("./run",), tree, None, QUICK, collect=("**",)))
    assert result.exit_status == 0, result.stderr.text()
    assert result.files == files
    assert result.written == ()


def test_helpers_stand_beside_the_tree_and_their_results_come_back(runner: DockerRunner) -> None:
    code = b"import pathlib\npathlib.Path('/job/out.json').write_text('{}')\n"
    job = Job(
        ("python3", "/job/help.py"),
        Tree({"main.py": b""}),
        None,
        QUICK,
        extra={"help.py": code},
        collect=("/job/out.json", "/job/absent"),
    )
    result = runner.run(job)
    assert result.files == {"/job/out.json": b"{}"}
    assert result.uncollected == {}


def test_what_a_run_wrote_is_named(runner: DockerRunner) -> None:
    code = "import os\nopen('main.py','a').write('#')\nos.mkdir('out')\nopen('out/a.csv','w')\nos.remove('gone')"
    tree = Tree({"main.py": code.encode(), "gone": b"1", "same": b"2"})
    result = runner.run(Job(("python3", "main.py"), tree, None, QUICK))
    assert result.written == ("main.py", "out/a.csv")


def test_variables_are_fixed_and_the_jobs_own_win(runner: DockerRunner) -> None:
    show = "import os, json, sys\nprint(json.dumps(dict(os.environ) | {'hash': hash('x'), 'cwd': os.getcwd()}))"
    first = json.loads(python(runner, show, env={"TZ": "CET", "MINE": "1"}).stdout.text())
    second = json.loads(python(runner, show).stdout.text())
    assert first["hash"] == second["hash"]
    assert (first["TZ"], first["MINE"], second["TZ"]) == ("CET", "1", "UTC")
    assert second["cwd"] == "/workspace"
    assert second["MPLBACKEND"] == "Agg"
    assert int(second["OMP_NUM_THREADS"]) >= 1


def test_standard_input_is_empty(runner: DockerRunner) -> None:
    result = python(runner, "input()")
    assert result.exit_status == 1
    assert "EOFError" in result.stderr.text()


def test_an_environment_that_is_not_in_the_store_is_our_failure(runner: DockerRunner) -> None:
    with pytest.raises(InfrastructureError, match="store"):
        runner.run(Job(("python3", "-V"), Tree({"a": b""}), "no-such-key", QUICK))


def test_a_tree_larger_than_the_workspace_is_refused_as_input(runner: DockerRunner) -> None:
    small = Limits(wall_seconds=5, workspace_bytes=1 << 20)
    with pytest.raises(InputError, match="workspace"):
        runner.run(Job(("true",), Tree({"big": bytes(2 << 20)}), None, small))


@pytest.mark.parametrize("path", ["../out", "/etc/x", "a/../../b"])
def test_a_tree_with_paths_that_lead_out_is_refused(runner: DockerRunner, path: str) -> None:
    with pytest.raises(InputError, match="tree"):
        runner.run(Job(("true",), Tree({path: b""}), None, QUICK))


def test_compiled_code_may_be_loaded_from_the_tree(runner: DockerRunner) -> None:
    tree = Tree({"run.sh": b"#!/bin/sh\ncp /bin/true copy && ./copy\n"}, frozenset({"run.sh"}))
    assert runner.run(Job(("./run.sh",), tree, None, QUICK)).exit_status == 0


def test_jobs_run_at_the_same_time_without_mixing(runner: DockerRunner) -> None:
    results: dict[int, str] = {}

    def one(number: int) -> None:
        result = python(runner, f"import time\ntime.sleep(0.2)\nprint({number})")
        results[number] = result.stdout.text()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: f"{n}\n" for n in range(6)}


def test_every_run_finds_the_sandbox_untouched(runner: DockerRunner) -> None:
    code = "import pathlib\nmark = pathlib.Path('/tmp/mark')\nprint(mark.exists())\nmark.touch()"
    assert [python(runner, code).stdout.text() for _ in range(3)] == ["False\n"] * 3


def test_a_warm_container_adds_little_to_the_programs_own_time(runner: DockerRunner) -> None:
    files = {f"package/module_{n}.py": b"x = 1\n" * 50 for n in range(12)} | {"main.py": b"print('hello')\n"}
    overheads = []
    for _ in range(10):
        time.sleep(0.5)
        before = time.perf_counter()
        result = runner.run(Job(("python3", "main.py"), Tree(files), None, QUICK))
        overheads.append(time.perf_counter() - before - result.seconds)
    median = statistics.median(overheads)
    sys.stderr.write(f"overhead of a warm run: {median * 1000:.1f} ms (median of {len(overheads)})\n")
    assert median < 0.060, "measured 5 ms on a quiet machine; 60 leaves room for a busy one"


def test_the_image_holds_the_supervisor_of_this_tree(runner: DockerRunner) -> None:
    code = """
import hashlib, pathlib
for path in sorted(pathlib.Path('/opt/p2c/inside').glob('*.py')):
    print(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
"""
    said = dict(line.split() for line in python(runner, code).stdout.text().splitlines())
    for path in Path(frames.__file__).parent.glob("*.py"):
        assert said[path.name] == hashlib.sha256(path.read_bytes()).hexdigest(), path.name


def test_a_program_that_the_clock_ends_says_where_it_was_and_its_output_stays_its_own(runner: DockerRunner) -> None:
    code = b"import sys, time\n\n\ndef wait():\n    time.sleep(60)\n\n\nprint('mine', file=sys.stderr)\nwait()\n"
    tree = Tree({"main.py": code})
    result = runner.run(Job(("bash", "-c", "python3 main.py; true"), tree, None, Limits(wall_seconds=2.0)))
    assert result.ended is Ended.wall
    assert result.seconds < 2.5
    assert result.stderr.text() == "mine\n"
    assert 'File "/workspace/main.py", line 5 in wait' in result.stacks


def test_a_program_that_ends_by_itself_has_no_stacks(runner: DockerRunner) -> None:
    result = runner.run(Job(("python3", "-c", "print(1)"), Tree({"a": b""}), None))
    assert result.stacks == ""


def test_a_job_may_name_another_image_of_ours(docker_client: docker.DockerClient, image: ImageInfo) -> None:
    other = f"p2c-test-layer:{os.getpid()}"
    recipe = f"FROM {image.tag}\nUSER root\nRUN echo layered > /etc/layer\nUSER sandbox\n"
    docker_client.images.build(fileobj=io.BytesIO(recipe.encode()), tag=other, rm=True)
    show = Job(("cat", "/etc/layer"), Tree({"a": b""}), None, QUICK)
    try:
        with DockerRunner(docker_client, image.tag, None, limits=QUICK) as runner:
            runner.warm(Job((), Tree({}), None, QUICK, image=other))
            assert runner.run(replace(show, image=other)).stdout.text() == "layered\n"
            assert runner.run(show).exit_status == 1
    finally:
        docker_client.images.remove(other, force=True)


def _ahead(container_runner: DockerRunner) -> RunResult:
    """ruff's and the parser's report on a tree, of a container that waited for it."""
    job, _ = expected(QUICK)
    container_runner.warm(job)
    return container_runner.run(replace(job, tree=Tree({"a.py": b"print(b)\n", "c.py": b"def f(:\n"})))


def test_a_tool_that_was_started_before_its_job_came_finds_the_job_s_tree(runner: DockerRunner) -> None:
    result = _ahead(runner)
    assert (result.ended, result.exit_status, result.survivors) == (Ended.exited, 0, 0)
    assert [line.get("file") for line in map(json.loads, result.stdout.text().splitlines())] == ["c.py", None]
    assert b"F821" in result.files["/job/ruff.json"]


def test_a_tool_that_was_not_started_ahead_says_the_same(runner: DockerRunner) -> None:
    job, _ = expected(QUICK)
    tree = Tree({"a.py": b"print(b)\n", "c.py": b"def f(:\n"})
    plain = runner.run(replace(job, tree=tree, ahead=False))
    ahead = _ahead(runner)
    assert (plain.stdout, plain.stderr, plain.files, plain.exit_status) == (
        (ahead.stdout, ahead.stderr, ahead.files, ahead.exit_status)
    )
    assert plain.files


def test_a_tool_that_ended_before_its_job_came_leaves_the_job_to_another_container(
    docker_client: docker.DockerClient, image: ImageInfo
) -> None:
    job = replace(expected(QUICK)[0], argv=("python", "-c", "print('early', flush=True)"))
    container = Container(docker_client, Purpose.of(job, 2, image.tag), None, None, owner=labels())
    try:
        time.sleep(2.0)
        with pytest.raises(NotStarted, match="ended before its job"):
            container.run(job)
    finally:
        container.discard()
