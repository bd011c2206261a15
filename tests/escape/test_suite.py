"""How the suite judges: what is late is tried again, what cannot be enforced is not tried, what is left is named."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import docker
import pytest

from sandbox.engine import LABEL, MAKER, labels
from sandbox.errors import InfrastructureError, InputError
from sandbox.escape import CASES, CONTROLS, GROUPS, Case, Place, State, check, choose
from sandbox.escape.attack import CONTAINED, FOLDER, Attack
from sandbox.escape.case import Breach, Late
from sandbox.escape.need import Need, lacking
from sandbox.setup.image import ImageInfo
from sandbox.setup.places import cache_folder

Act = Callable[[Place], None]


def _case(name: str, act: Act, *needs: Need) -> Case:
    return Case(name, CONTROLS["host"], "it must hold", act, needs)


def test_there_are_cases_for_every_control_and_group() -> None:
    assert {case.control.key for case in CASES} == CONTROLS.keys() - {"left"}
    assert {case.control.group for case in CASES} == GROUPS.keys()
    assert len({case.name for case in CASES}) == len(CASES) >= 60
    assert all(case.sentence.endswith(".") for case in CASES)


def test_every_attack_is_read_and_stops_outside_of_a_container() -> None:
    paths = sorted(FOLDER.glob("*.py"))
    assert {Attack.read(path).name for path in paths} <= {case.name for case in CASES}
    told = re.compile(r"^(import contained|from contained import )", re.MULTILINE)
    assert [path.name for path in paths if not told.search(path.read_text())] == []
    done = subprocess.run([sys.executable, FOLDER / "capabilities.py"], capture_output=True, check=False)
    assert b"No module named 'contained'" in done.stderr
    done = subprocess.run([sys.executable, CONTAINED], capture_output=True, check=False)
    assert b"nowhere else" in done.stderr


def test_cases_are_chosen_by_group_control_and_name() -> None:
    assert {case.control.group for case in choose(CASES, ["5"])} == {5}
    assert choose(CASES, ["network"]) == tuple(case for case in CASES if case.control.key == "network")
    assert [case.name for case in choose(CASES, ["fork_bomb"])] == ["fork_bomb"]
    assert choose(CASES, []) == CASES
    with pytest.raises(InputError, match="nothing_such"):
        choose(CASES, ["nothing_such"])


@pytest.mark.docker
def test_what_comes_of_a_case_depends_on_how_it_ends(
    docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "forty processes could be started"
    monkeypatch.setattr("sandbox.escape.suite.lacking", lambda *_: {Need.pids: why})
    tries: list[str] = []

    def raising(error: Exception, name: str, times: int = 9) -> Act:
        def act(_place: Place) -> None:
            tries.append(name)
            if tries.count(name) <= times:
                raise error

        return act

    report = check(
        [
            _case("breach", raising(Breach("it could be read"), "breach")),
            _case("late once", raising(Late("after 9 s"), "late once", times=1)),
            _case("late twice", raising(Late("after 9 s"), "late twice")),
            _case("lost", raising(InfrastructureError("it ended before it reported"), "lost")),
            _case("crash", raising(RecursionError("too deep"), "crash")),
            _case("unenforceable", raising(Breach("it was tried"), "unenforceable"), Need.pids),
            _case("held", raising(Breach("never"), "held", times=0)),
        ]
    )
    states = {case.name: (case.state, case.why) for case in report.cases if not case.name.startswith("left_")}
    assert states == {
        "breach": (State.failed, "it could be read"),
        "late once": (State.held, ""),
        "late twice": (State.failed, "after 9 s"),
        "lost": (State.failed, "InfrastructureError: it ended before it reported"),
        "crash": (State.failed, "RecursionError: too deep"),
        "unenforceable": (State.unenforceable, why),
        "held": (State.held, ""),
    }
    assert report.failed
    assert [tries.count(name) for name in ("breach", "late once", "late twice", "lost", "unenforceable")] == [
        1,
        2,
        2,
        2,
        0,
    ]
    assert report.as_json()["counts"] == {"held": 8, "not enforceable here": 1, "FAILED": 4}


@pytest.mark.docker
def test_an_engine_that_does_not_answer_is_no_failure_of_a_control(
    docker_client: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(place: Place) -> None:
        place.runner.close()  # now nothing can be run, as without an engine
        raise InfrastructureError("it ended before it reported")

    with pytest.raises(InfrastructureError, match="the engine failed"):
        check([_case("lost", act)])


@pytest.mark.docker
def test_what_a_case_leaves_behind_is_named(
    docker_client: docker.DockerClient, image: ImageInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.escape.traces.SETTLE_SECONDS", 1.0)
    ended = threading.Event()
    made: list[str] = []
    pids: list[int] = []

    def act(place: Place) -> None:
        made.append(docker_client.api.create_container(image.tag, ["true"], labels=labels())["Id"])
        docker_client.api.create_volume("p2c-left-by-a-test", labels=labels(temporary=True))
        mark = f"LABEL {MAKER}={labels()[LABEL]}"
        docker_client.api.import_image_from_data(_empty_tar(), "left-by-a-test", tag="1", changes=[mark])
        started = "import subprocess\nprint(subprocess.Popen(['sleep', '60'], start_new_session=True, stdout=2).pid)"
        pids.append(int(subprocess.check_output([sys.executable, "-c", started])))  # no child of ours any more
        threading.Thread(target=ended.wait, name="left-by-a-test").start()
        Path(place.scratch.parent, "left-by-a-test").touch()

    try:
        report = check([_case("leaves", act)])
    finally:
        ended.set()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        docker_client.api.remove_container(made[0])
        docker_client.api.remove_volume("p2c-left-by-a-test")
        docker_client.api.remove_image("left-by-a-test:1")
    left = {case.name.removeprefix("left_"): case.why for case in report.cases if case.state is State.failed}
    assert left.keys() == {"containers", "volumes", "images", "processes", "threads", "folders"}
    assert made[0][:12] in left["containers"]
    assert f"{pids[0]} sleep 60" in left["processes"]
    assert all("left-by-a-test" in left[kind] for kind in ("volumes", "images", "threads", "folders"))


@pytest.mark.docker
@pytest.mark.parametrize("name", ["p2c-scratch-left/x", "claims/7-left.claim", "verdicts/x.json.partial"])
def test_a_file_that_only_one_at_work_has_in_the_cache_is_left_behind_too(
    docker_client: docker.DockerClient, image: ImageInfo, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("sandbox.escape.traces.SETTLE_SECONDS", 0.1)

    def act(_place: Place) -> None:
        path = cache_folder() / name
        path.parent.mkdir(parents=True)
        path.touch()
        (path.parent / "kept.json").touch()

    report = check([_case("leaves", act)])
    left = {case.name: case.why for case in report.cases if case.state is State.failed}
    assert "left_folders" in left  # other tests' containers may end just then
    assert "kept" not in left["left_folders"]


def _empty_tar() -> bytes:
    return bytes(10240)


@pytest.mark.docker
def test_the_default_runtime_of_this_engine_is_asked_by_a_plain_container(
    docker_client: docker.DockerClient, image: ImageInfo
) -> None:
    why = lacking(docker_client, image.tag, None)
    assert why.keys() <= set(Need)
    assert all(why.values())
