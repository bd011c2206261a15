"""Nothing stays behind: no container, no thread, no descriptor; and a lost container is not the code's fault."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import docker
import pytest

from sandbox import engine
from sandbox.errors import InfrastructureError, RunnerLost
from sandbox.job import Job
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.setup.image import ImageInfo
from sandbox.tree import Tree
from sandbox.verdict import Ended

pytestmark = pytest.mark.docker
TREE = Tree({"main.py": b"print('hello')\n"})
SLEEP = Tree({"main.py": b"import time\nprint('awake', flush=True)\ntime.sleep(60)\n"})
QUICK = Limits(wall_seconds=5)


def job(tree: Tree = TREE, limits: Limits = QUICK) -> Job:
    return Job(("python3", "main.py"), tree, None, limits)


def ours(client: docker.DockerClient, owner: str) -> list[str]:
    found = client.api.containers(all=True, filters={"label": f"{engine.LABEL}={owner}"})
    return [container["Id"] for container in found]


def running(client: docker.DockerClient, owner: str) -> int:
    return len(client.api.containers(filters={"label": f"{engine.LABEL}={owner}"}))


def eventually(condition: Callable[[], bool], seconds: float = 30) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)
    return condition()


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> str:
    """A label of this test's own, so that containers which the shared runner is warming are not counted."""
    mine = engine.labels()[engine.LABEL]
    name = f"{mine}:{threading.get_ident()}-{time.monotonic_ns()}"
    monkeypatch.setattr("sandbox.runner.docker_runner.labels", lambda: {engine.LABEL: name})
    return name


def test_a_container_waits_before_the_job_comes_and_is_gone_after_close(
    docker_client: docker.DockerClient, image: ImageInfo, owner: str
) -> None:
    runner = DockerRunner(docker_client, image.tag, None, limits=QUICK)
    assert eventually(lambda: len(ours(docker_client, owner)) == 1)
    assert runner.run(job()).stdout.head == b"hello\n"
    runner.close()
    assert ours(docker_client, owner) == []
    with pytest.raises(InfrastructureError, match="closed"):
        runner.run(job())


def test_waiting_containers_that_died_are_replaced_without_a_word(
    docker_client: docker.DockerClient, image: ImageInfo, owner: str
) -> None:
    with DockerRunner(docker_client, image.tag, None, spare=2, limits=QUICK) as runner:
        assert eventually(lambda: running(docker_client, owner) == 2)
        time.sleep(0.3)
        for identity in ours(docker_client, owner):
            docker_client.api.remove_container(identity, force=True)
        assert runner.run(job()).exit_status == 0


def test_a_container_removed_during_the_run_is_infrastructure(
    docker_client: docker.DockerClient, image: ImageInfo, owner: str
) -> None:
    with DockerRunner(docker_client, image.tag, None, spare=0) as runner:

        def remove() -> None:
            eventually(lambda: bool(ours(docker_client, owner)))
            time.sleep(1.0)
            for identity in ours(docker_client, owner):
                docker_client.api.remove_container(identity, force=True)

        thread = threading.Thread(target=remove)
        thread.start()
        with pytest.raises(RunnerLost, match="try again"):
            runner.run(job(SLEEP, Limits(wall_seconds=20)))
        thread.join()


def test_a_container_that_hangs_is_given_up_with_what_it_had_said(
    docker_client: docker.DockerClient, image: ImageInfo, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.runner.container.MARGIN_SECONDS", 0.5)
    with DockerRunner(docker_client, image.tag, None, spare=0) as runner:

        def freeze() -> None:
            eventually(lambda: running(docker_client, owner) == 1)
            time.sleep(1.5)
            docker_client.api.pause(ours(docker_client, owner)[0])

        thread = threading.Thread(target=freeze)
        thread.start()
        result = runner.run(job(SLEEP, Limits(wall_seconds=3)))
        thread.join()
    assert (result.ended, result.exit_status, result.stdout.head) == (Ended.wall, None, b"awake\n")
    assert ours(docker_client, owner) == []


def test_a_supervisor_that_the_kernel_killed_for_memory_is_the_programs_doing(
    docker_client: docker.DockerClient, image: ImageInfo, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = ("/workspace", "/job", "/tmp", "/home/sandbox", "/dev/shm")
    unbounded = dict.fromkeys(mounts, "rw,exec,nosuid,nodev,uid=1000,gid=1000,size=1g,mode=755")
    monkeypatch.setattr("sandbox.runner.shape.Shape.tmpfs", lambda _: unbounded)
    code = (
        b"print('filling', flush=True)\nn = 0\nwhile True:\n    open('long' * 50 + str(n), 'w').close()\n    n += 1\n"
    )
    with DockerRunner(docker_client, image.tag, None, spare=0) as runner:
        small = Limits(wall_seconds=90, memory_bytes=128 << 20)
        result = runner.run(job(Tree({"main.py": code}), small))
    assert (result.ended, result.exit_status, result.stdout.head) == (Ended.memory, None, b"filling\n")
    assert result.signal is None, "the supervisor lived and reported: this test does not test what it says"


def test_closing_while_a_job_runs_ends_it(docker_client: docker.DockerClient, image: ImageInfo, owner: str) -> None:
    runner = DockerRunner(docker_client, image.tag, None, spare=0)
    threading.Timer(1.5, runner.close).start()
    before = time.monotonic()
    with pytest.raises(InfrastructureError):
        runner.run(job(SLEEP, Limits(wall_seconds=20)))
    assert time.monotonic() - before < 8
    assert eventually(lambda: ours(docker_client, owner) == [])


@pytest.mark.parametrize("busy", [False, True], ids=["waiting", "running"])
def test_the_containers_of_a_killed_controller_end_by_themselves(
    docker_client: docker.DockerClient, image: ImageInfo, busy: bool
) -> None:
    script = f"""
import time
from sandbox.engine import connect, labels, LABEL
from sandbox.job import Job
from sandbox.runner import DockerRunner
from sandbox.settings import Limits
from sandbox.tree import Tree
runner = DockerRunner(connect(), {image.tag!r}, None)
tree = Tree({{"main.py": b"import time; time.sleep(60)"}})
print(labels()[LABEL], flush=True)
if {busy}:
    runner.run(Job(("python3", "main.py"), tree, None, Limits(wall_seconds=50)))
time.sleep(60)
"""
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", script], cwd=root, stdout=subprocess.PIPE, text=True) as controller:
        assert controller.stdout is not None
        owner = controller.stdout.readline().strip()
        wanted = 2 if busy else 1
        assert eventually(lambda: running(docker_client, owner) >= wanted)
        time.sleep(0.5)
        controller.kill()
    assert eventually(lambda: ours(docker_client, owner) == []), "they should not need to be reaped"


def test_an_image_that_is_no_sandbox_is_an_error_not_a_hang(docker_client: docker.DockerClient) -> None:
    with (
        DockerRunner(docker_client, "p2c-no-such-image:0", None, spare=0) as runner,
        pytest.raises(InfrastructureError, match="image"),
    ):
        runner.run(job())
