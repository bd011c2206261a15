"""The engine's troubles are ours, each with what to do; what we make has an owner, and only the dead are reaped."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import docker
import pytest
import requests
from docker import errors as docker_errors

from sandbox import engine
from sandbox.engine import faults, owners, reaping
from sandbox.errors import EngineUnavailable, ImageUnavailable, InfrastructureError, RunnerLost
from sandbox.setup.image import ImageInfo


class Answers(BaseHTTPRequestHandler):
    """Answers what the test put into `script`: a status for each call, the last one for ever."""

    script: list[int] = []  # noqa: RUF012 - set anew by the fixture
    calls = 0
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """One answer."""
        kind = type(self)
        status = kind.script[min(kind.calls, len(kind.script) - 1)]
        kind.calls += 1
        if status == 0:  # hang until the client gives up
            time.sleep(3)
            return
        if status == -1:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        body = b'{"message":"said the stub","ApiVersion":"1.41","Version":"20.10"}'
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Answers]]:
    """An engine that answers as it is told, under DOCKER_HOST."""
    Answers.calls, Answers.script = 0, [200]
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        yield Answers
        server.shutdown()


def test_a_missing_socket_says_how_to_get_an_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(EngineUnavailable, match="p2c doctor --fix"):
        engine.connect()


def test_an_address_where_nothing_listens_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(EngineUnavailable, match="nothing answers"):
            engine.connect()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_socket_without_permission_names_the_docker_group() -> None:
    script = (
        "import os, tempfile, socket\n"
        "from sandbox import engine\n"
        "from sandbox.errors import EngineUnavailable\n"
        "path = os.path.join(tempfile.mkdtemp(), 'docker.sock')\n"
        "listener = socket.socket(socket.AF_UNIX)\n"
        "listener.bind(path); listener.listen(); os.chmod(path, 0o600); os.chmod(os.path.dirname(path), 0o755)\n"
        "os.environ['DOCKER_HOST'] = 'unix://' + path\n"
        "os.setuid(65534)\n"
        "try: engine.connect()\n"
        "except EngineUnavailable as error: print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "permission denied" in told.stdout
    assert "group `docker`" in told.stdout


@pytest.mark.parametrize("status", [403, 409, 500])
def test_an_engine_that_refuses_is_unavailable_with_its_own_words(stub: type[Answers], status: int) -> None:
    stub.script = [status]
    with pytest.raises(EngineUnavailable, match=f"{status}.*said the stub"):
        engine.connect()


def test_an_engine_that_hangs_is_given_up_in_time(stub: type[Answers], monkeypatch: pytest.MonkeyPatch) -> None:
    stub.script = [0]
    monkeypatch.setattr(faults, "PING_SECONDS", 0.5)
    started = time.monotonic()
    with pytest.raises(EngineUnavailable, match="did not answer"):
        engine.connect()
    assert time.monotonic() - started < 2.5


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (404, "No such container: abc", RunnerLost),
        (404, "No such image: p2c:1", ImageUnavailable),
        (500, "write /x: no space left on device", InfrastructureError),
        (401, "unauthorized", EngineUnavailable),
        (418, "I am a teapot", InfrastructureError),
    ],
)
def test_each_answer_becomes_the_error_that_fits(status: int, said: str, kind: type[InfrastructureError]) -> None:
    response = requests.Response()
    response.status_code = status
    with pytest.raises(InfrastructureError, match=said.split(":", maxsplit=1)[0]) as caught, engine.guard("trying"):
        raise docker_errors.APIError(said, response=response, explanation=said)
    assert type(caught.value) is kind


def test_guard_lets_what_is_not_the_engines_pass() -> None:
    with pytest.raises(KeyError), engine.guard():
        raise KeyError("mine")
    with pytest.raises(RunnerLost, match="as it was"), engine.guard():
        raise RunnerLost("as it was")


def test_an_owner_is_dead_when_its_process_is_gone_or_its_id_has_a_new_one() -> None:
    mine = engine.labels()[engine.LABEL]
    pid, start, boot, namespace, machine = mine.split(":")
    assert not engine.is_dead(mine)
    assert engine.is_dead(":".join((pid, str(int(start) + 1), boot, namespace, machine)))
    assert engine.is_dead(":".join(("4194304", start, boot, namespace, machine)))


def test_an_owner_elsewhere_is_not_ours_to_judge() -> None:
    pid, start, boot, namespace, machine = engine.labels()[engine.LABEL].split(":")
    gone = "4194304"
    assert not engine.is_dead(":".join((gone, start, boot, "1", machine))), "another PID namespace"
    assert not engine.is_dead(":".join((gone, start, "another-boot", namespace, "another-machine")))
    assert not engine.is_dead(":".join((gone, start, "another-boot", namespace, "")))
    assert not engine.is_dead("nonsense")
    if machine:
        earlier = ":".join((pid, start, "another-boot", namespace, machine))
        assert engine.is_dead(earlier), "an earlier boot of ours"
        assert not engine.is_dead(earlier, is_shared=True), "or a machine that was cloned from one image with ours"
    assert engine.is_dead(":".join((gone, start, boot, namespace, machine)), is_shared=True), "one boot is one machine"


@pytest.mark.docker
@pytest.mark.parametrize("is_remote", [False, True])
def test_what_an_earlier_boot_left_is_removed_unless_it_may_be_another_machine_s(
    docker_client: docker.DockerClient, image: ImageInfo, monkeypatch: pytest.MonkeyPatch, is_remote: bool
) -> None:
    pid, start, _, namespace, _ = engine.labels()[engine.LABEL].split(":")
    boot, _, machine = owners._place()
    monkeypatch.setattr(owners, "_place", lambda: (boot, namespace, machine or "a-machine"))
    monkeypatch.setattr(reaping, "is_local", lambda _: not is_remote)
    label = {engine.LABEL: ":".join((pid, start, "another-boot", namespace, machine or "a-machine"))}
    made = docker_client.api.create_container(image.tag, ["true"], labels=label)["Id"]
    try:
        engine.reap_dead(docker_client)
        there = {one["Id"] for one in docker_client.api.containers(all=True)}
        assert (made in there) == is_remote
    finally:
        with suppress(docker_errors.NotFound):
            docker_client.api.remove_container(made)


@pytest.mark.docker
def test_what_a_killed_process_left_is_removed_and_what_a_live_one_has_stays(
    docker_client: docker.DockerClient, image: ImageInfo
) -> None:
    script = (
        "import sys, time\n"
        "from sandbox import engine\n"
        "client = engine.connect()\n"
        f"made = client.containers.run({image.tag!r}, ['sleep', '60'], detach=True, labels=engine.labels(), "
        "network_mode='none')\n"
        "volume = client.volumes.create(labels=engine.labels(temporary=True))\n"
        "stays = client.volumes.create(labels=engine.labels())\n"
        "print(made.id, volume.name, stays.name, flush=True)\n"
        "time.sleep(60)\n"
    )
    mine = docker_client.containers.create(image.tag, ["true"], labels=engine.labels())
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        try:
            theirs, temporary, stays = (process.stdout.readline() if process.stdout else "").split()
            engine.reap_dead(docker_client)
            assert docker_client.containers.get(theirs).status == "running", "its owner lives"
        finally:
            process.send_signal(signal.SIGKILL)
    try:
        reaped = engine.reap_dead(docker_client)
        assert reaped.containers >= 1
        assert reaped.volumes >= 1
        with pytest.raises(docker_errors.NotFound):
            docker_client.containers.get(theirs)
        with pytest.raises(docker_errors.NotFound):
            docker_client.volumes.get(temporary)
        assert docker_client.containers.get(mine.id or "")
        assert docker_client.volumes.get(stays)
    finally:
        docker_client.volumes.get(stays).remove()
        mine.remove()


@pytest.mark.docker
def test_what_the_engine_makes_for_the_dead_after_a_start_is_removed_too(
    docker_client: docker.DockerClient, image: ImageInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaping, "LATE_SECONDS", (0.5, 0.5, 20.0))
    owner = engine.labels()[engine.LABEL].split(":")
    owner[1] = "1"  # this process' number, but another start: the process that had it is dead
    reaper = engine.LateReaper(docker_client)
    try:
        made = docker_client.containers.create(image.tag, ["true"], labels={engine.LABEL: ":".join(owner)})
        until = time.monotonic() + 10
        while any(one.id == made.id for one in docker_client.containers.list(all=True, ignore_removed=True)):
            assert time.monotonic() < until, "it is still there"
            time.sleep(0.1)
    finally:
        began = time.monotonic()
        reaper.end()
        assert time.monotonic() - began < 5, "who ends does not wait for the next look"
