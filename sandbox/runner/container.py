"""One container from its birth to its removal: made and started early, given one job, gone afterwards."""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import docker
from docker.errors import APIError

from sandbox.engine import guard
from sandbox.errors import InfrastructureError, RunnerLost
from sandbox.inside.frames import Kind
from sandbox.job import Job, RunResult
from sandbox.runner.purpose import Purpose
from sandbox.runner.shape import USER, host_config
from sandbox.runner.transcript import Transcript
from sandbox.runner.wire import Frames, encode
from sandbox.verdict import Ended

COMMAND = ["python3", "-S", "-s", "-E", "-B", "-m", "inside.supervisor"]
FOLDER = "/opt/p2c"
READY_SECONDS = 60.0
SEND_SECONDS = 120.0
MARGIN_SECONDS = 10.0
"""How much longer than the wall clock we wait for the supervisor; it ends by itself after 8."""
REMOVE_SECONDS = 10.0
CHUNK = 1 << 18


class NotStarted(RunnerLost):
    """The container was lost before it had started its job, so the job can be given to another one."""


class Container:
    """A container that waits for a job. Not safe to share between threads.

    Args:
        client: the engine.
        purpose: its image and its limits.
        store_volume: mounted read-only at /store; None for none.
        runtime: an OCI runtime of the engine, or None for its default.
        owner: the labels that say whose it is.

    Raises:
        InfrastructureError: it could not be made or started.
    """

    def __init__(
        self,
        client: docker.DockerClient,
        purpose: Purpose,
        store_volume: str | None,
        runtime: str | None,
        *,
        owner: Mapping[str, str],
    ) -> None:
        self.purpose = purpose
        self._api = client.api
        self._frames = Frames()
        self._stream: Any = None
        self._socket: socket.socket | None = None
        self._reading = threading.Lock()
        with guard("making a sandbox container"):
            self.id: str = self._api.create_container(
                purpose.image,
                entrypoint=COMMAND,
                command=purpose.command(),
                working_dir=FOLDER,
                user=USER,
                hostname="sandbox",
                stdin_open=True,
                labels=dict(owner),
                use_config_proxy=False,  # a proxy's address may hold a password
                host_config=host_config(self._api, purpose.shape, store_volume, runtime),
            )["Id"]
        try:
            self._start()
        except BaseException:
            self.discard()
            raise

    def _start(self) -> None:
        with guard("starting a sandbox container"):
            options = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1, "logs": 0}
            self._stream = self._api.attach_socket(self.id, params=options)
            self._socket = getattr(self._stream, "_sock", self._stream)  # the file object over it buffers
            self._api.start(self.id)
        with self._reading:
            if any(kind is Kind.ready for kind, _ in self._received(time.monotonic() + READY_SECONDS)):
                return
        raise RunnerLost(
            f"a sandbox container was not ready after {READY_SECONDS:.0f} seconds; is the host overloaded?"
        )

    def run(self, job: Job) -> RunResult:
        """Give it the job, and wait for the result. To be called once.

        Raises:
            NotStarted: it was lost before the job started.
            RunnerLost: it was lost later, and not by the program's doing.
            InputError: the tree cannot be unpacked.
            InfrastructureError: the run could not be made.
        """
        with self._reading:
            return self._run(job)

    def _run(self, job: Job) -> RunResult:
        transcript = Transcript(job.limits)
        began = time.time()
        try:
            key = secrets.token_bytes(16)
            self._frames.seal(key)
            self._send(encode(job, self.purpose.shape.threads, key))
            started = time.monotonic()
            for kind, payload in self._received(started + job.limits.wall_seconds + MARGIN_SECONDS):
                transcript.take(kind, payload)
                if transcript.complete:
                    return transcript.result()
            return transcript.cut_short(Ended.wall, time.monotonic() - started, preloaded=self._preloads)
        except RunnerLost as error:
            if not transcript.started:
                raise NotStarted(str(error)) from error
            if self._socket is not None and self._out_of_memory(began):  # None: we hung up ourselves
                return transcript.cut_short(Ended.memory, time.time() - began, preloaded=self._preloads)
            raise

    @property
    def _preloads(self) -> bool:
        return self.purpose.preload is not None

    def _send(self, data: bytes) -> None:
        try:
            self._connection.settimeout(SEND_SECONDS)
            self._connection.sendall(data)
        except OSError as error:
            raise NotStarted(f"a sandbox container took no job: {error}; try again") from error

    def _received(self, until: float) -> Iterator[tuple[Kind, bytes]]:
        """Frames as they come, until the monotonic time `until`.

        Raises:
            RunnerLost: the container, or the connection to it, ended.
        """
        while (left := until - time.monotonic()) > 0:
            self._connection.settimeout(left)
            try:
                data = self._connection.recv(CHUNK)
            except TimeoutError:
                return
            except OSError as error:
                raise RunnerLost(f"the connection to a sandbox container broke: {error}; try again") from error
            if not data:
                noise = self._frames.noise.decode("utf-8", "replace").strip()
                raise RunnerLost(f"a sandbox container ended before it reported; try again. {noise}".rstrip())
            yield from self._frames.feed(data)

    @property
    def _connection(self) -> socket.socket:
        if self._socket is None:
            raise RunnerLost("this sandbox container was removed; try again")
        return self._socket

    def _out_of_memory(self, since: float) -> bool:
        """Whether the engine saw the container run out of memory since that time (it may be removed by now).

        It answers when the window is over: the event may come after the end of the stream.
        """
        window = {"since": datetime.fromtimestamp(since - 1, UTC), "until": datetime.now(UTC) + timedelta(seconds=2)}
        try:
            with guard("asking why a sandbox container ended"):
                events = self._api.events(decode=True, filters={"container": self.id, "event": "oom"}, **window)
                return any(True for _ in events)
        except InfrastructureError:
            return False

    def hang_up(self) -> None:
        """Close the connection; the supervisor then ends, with everything in the container.

        A thread that reads from it is woken, and waited for: closed under its hands, the number of the
        descriptor could be another connection's before it reads on.
        """
        stream, connection = self._stream, self._socket
        self._stream = self._socket = None
        if stream is None or connection is None:
            return
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        with self._reading:
            response = getattr(stream, "_response", None)
            if response is not None:
                response.close()
            stream.close()
            connection.close()

    def discard(self) -> None:
        """Hang up and remove the container; returns when it is gone, or after `REMOVE_SECONDS`.

        Raises:
            InfrastructureError: the engine failed.
        """
        self.hang_up()
        until = time.monotonic() + REMOVE_SECONDS
        with guard("removing a sandbox container"):
            while time.monotonic() < until:
                try:
                    self._api.remove_container(self.id, force=True, v=True)
                except APIError as error:
                    if error.status_code == 404:
                        return
                    if error.status_code != 409:  # the engine is at it already
                        raise
                    time.sleep(0.02)
