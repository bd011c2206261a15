"""The engine in trouble: what passes is ridden out, what stays is ours and says what to do; never the code's fault."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import NotFound

from sandbox import Outcome, Rung, Sandbox, Settings, Step, Tree, engine, verify
from sandbox.engine import faults, transport
from sandbox.errors import EngineUnavailable, InfrastructureError
from sandbox.job import Job
from sandbox.settings import Limits
from sandbox.setup.image import ImageInfo

pytestmark = pytest.mark.docker
TREE = Tree({"main.py": b"def main():\n    print('hello')\n\n\nmain()\n"})
SLEEPS = Tree({"main.py": b"import time\nprint('awake', flush=True)\ntime.sleep(2.5)\n"})


@pytest.fixture
def opened(door: Any, image: ImageInfo) -> Iterator[Sandbox]:
    """A sandbox behind the door."""
    with Sandbox.open(Settings(limits=Limits(wall_seconds=20))) as sandbox:
        yield sandbox


def run(sandbox: Sandbox, tree: Tree = TREE) -> bytes:
    return sandbox.runner.run(Job(("python3", "main.py"), tree, None, Limits(wall_seconds=20))).stdout.head


@pytest.mark.parametrize("kind", ["status", "close"])
def test_an_engine_that_fails_once_is_asked_again(door: Any, kind: str) -> None:
    door.add("GET /version", kind)
    with closing(engine.connect()) as client:
        door.add("/info$", kind, times=2)
        assert client.info()["ServerVersion"]


@pytest.mark.parametrize(
    "fault",
    [
        ("POST .*/containers/create", "status", 500),
        ("POST .*/containers/create", "status", 409),
        ("POST .*/containers/create", "close", 0),
        ("POST .*/containers/create", "after", 0),
        ("POST .*/start$", "status", 500),
        ("POST .*/start$", "after", 0),
        ("POST .*/attach", "status", 503),
        ("POST .*/attach", "close", 0),
        ("DELETE .*/containers/", "status", 500),
    ],
    ids=lambda fault: " ".join(map(str, fault)),
)
def test_a_container_is_had_in_spite_of_two_bad_answers(
    opened: Sandbox, door: Any, leftovers: Callable[[], set[str]], fault: tuple[str, str, int]
) -> None:
    pattern, kind, status = fault
    added = door.add(pattern, kind, status=status, times=2)
    assert run(opened) == b"hello\n"
    assert run(opened) == b"hello\n"
    opened.close()
    assert added.seen > 1
    assert not leftovers()


def test_trying_again_is_bounded_and_the_end_says_what_the_engine_said(
    door: Any, image: ImageInfo, leftovers: Callable[[], set[str]]
) -> None:
    with Sandbox.open() as sandbox:
        door.add("POST .*/containers/create", "status", times=10_000)
        began = time.monotonic()
        verdict = verify(TREE, name="x", settings=Settings(), sandbox=sandbox)
    assert verdict.outcome is Outcome.infrastructure
    assert verdict.failure is None
    assert "500: said the door" in verdict.summary + "".join(step.detail for step in verdict.steps)
    assert time.monotonic() - began < 30
    assert not leftovers()


def test_an_engine_that_hangs_is_given_up_once_and_not_once_for_each_call(
    door: Any, image: ImageInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "CALL_SECONDS", 2)
    monkeypatch.setattr(transport, "HUNG_SECONDS", 0.3)
    with Sandbox.open() as sandbox:
        door.add(".", "hang", times=10_000)
        began = time.monotonic()
        verdict = verify(TREE, name="x", settings=Settings(), sandbox=sandbox)
    assert verdict.outcome is Outcome.infrastructure
    assert time.monotonic() - began < 15
    assert any("hangs or is overloaded" in step.detail for step in verdict.steps)


def test_what_the_engine_cannot_remove_now_is_left_to_the_next_start_and_hinders_nobody(
    door: Any, image: ImageInfo, docker_client: docker.DockerClient
) -> None:
    pid, start, *rest = engine.labels()[engine.LABEL].split(":")
    dead = {engine.LABEL: ":".join((pid, f"{start}0", *rest))}
    made = docker_client.api.create_container(image.tag, ["true"], labels=dead)["Id"]
    docker_client.api.create_volume(f"p2c-test-busy-{pid}", labels=dead | {engine.TEMPORARY: "1"})
    with closing(engine.connect()) as client:
        door.add("DELETE .*/(containers|volumes)/", "status", times=10_000)
        assert engine.reap_dead(client) == engine.Reaped(0, 0)
        door.faults.clear()
        engine.reap_dead(client)
    with pytest.raises(NotFound):
        docker_client.api.inspect_container(made)
    with pytest.raises(NotFound):
        docker_client.api.inspect_volume(f"p2c-test-busy-{pid}")


def test_what_an_engine_lists_but_does_not_have_is_no_container() -> None:
    assert engine.is_there({"State": "dead", "Names": ["/p2c-1"]}), "its removal failed; it is tried again"
    assert engine.is_there({"State": "created", "Names": ["/p2c-1"]})
    assert not engine.is_there({"State": "dead", "Names": []})
    assert not engine.is_there({"State": "dead", "Names": None})


def test_half_an_answer_is_no_answer(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "CALL_SECONDS", 1)
    with closing(engine.connect()) as client:
        door.add("/info$", "half")
        with pytest.raises(EngineUnavailable, match="hangs or is overloaded"), engine.guard("asking"):
            client.info()
        assert client.info()["ServerVersion"], "it is asked again when it answers again"


def test_a_run_during_which_the_engine_is_restarted_is_run_again(opened: Sandbox, door: Any) -> None:
    main = "import time\n\n\ndef main():\n    time.sleep(2)\n    print('done')\n\n\nmain()\n"
    restarts: list[threading.Timer] = []

    def restart(step: Step) -> None:
        if step.name == "import":  # the smoke run is next
            restarts.append(threading.Timer(0.7, door.restart, (1.0,)))
            restarts[0].start()

    settings = Settings(replay=False)
    verdict = verify(Tree({"main.py": main.encode()}), name="x", settings=settings, sandbox=opened, on_step=restart)
    assert (verdict.outcome, verdict.rung) == (Outcome.passed, Rung.runs), verdict.summary
    assert not restarts[0].is_alive(), "the run was over before the engine was restarted"


def test_an_engine_that_does_not_come_back_is_waited_for_once(
    opened: Sandbox, door: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "AWAY_SECONDS", 1.0)
    door.shut()
    began = time.monotonic()
    verdict = verify(TREE, name="x", settings=Settings(), sandbox=opened)
    opened.close()
    assert verdict.outcome is Outcome.infrastructure
    assert any("p2c doctor --fix" in step.detail for step in verdict.steps)
    assert time.monotonic() - began < 12


def test_what_was_done_before_the_answer_was_lost_is_not_done_twice(
    door: Any, image: ImageInfo, docker_client: docker.DockerClient
) -> None:
    with closing(engine.connect()) as client:
        door.add("POST .*/containers/create", "after", times=2)
        made = client.api.create_container(image.tag, ["true"], labels={"p2c.test": "lost-answer"})["Id"]
        found = docker_client.api.containers(all=True, filters={"label": "p2c.test=lost-answer"})
        assert [one["Id"] for one in found] == [made]
        assert found[0]["Names"][0].startswith("/p2c-")
        client.api.remove_container(made)


def test_the_installer_s_broken_connection_is_no_failed_requirement(
    door: Any, image: ImageInfo, opened: Sandbox
) -> None:
    tree = Tree({"main.py": b"import six\n\n\ndef main():\n    print(six.PY3)\n\n\nmain()\n"})
    door.add("POST .*/attach.*stdin", "close", times=2)
    verdict = verify(tree, name="x", settings=Settings(replay=False), sandbox=opened)
    assert verdict.outcome is Outcome.passed, verdict.summary


def test_the_command_line_ends_with_three(door: Any, image: ImageInfo, tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "main.py").write_text("print(1)\n")
    door.add("POST .*/containers/create", "status", status=503, times=10_000)
    command = [sys.executable, "-c", "from p2c.cli import main; main()", "verify", "repo", "-o", "v.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "503: said the door" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_errors_of_a_client_that_was_cut_off_are_ours(
    opened: Sandbox, door: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "AWAY_SECONDS", 0.5)
    threading.Timer(1.2, door.shut).start()
    with pytest.raises(InfrastructureError):
        run(opened, SLEEPS)
