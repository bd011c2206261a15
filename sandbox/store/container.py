"""The containers that have a network: installers, which write to the store, and throwaway builders."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator, Sequence
from typing import Any

import docker
from docker.errors import APIError
from docker.types import LogConfig, Mount, Ulimit

from sandbox.engine import guard, labels
from sandbox.errors import InfrastructureError, RunnerLost
from sandbox.setup.host import HostIndex
from sandbox.setup.image import ImageInfo

MIB = 1024 * 1024
MEMORY_BYTES = 4096 * MIB
PIDS = 256
HEAD = 8
"""Length of the engine's frame header: stream, three zero bytes, size."""


class InstallingContainer:
    """A hardened container with the package index's network; its first process speaks over standard streams.

    Args:
        module: of `sandbox/inside`, run as the first process.
        store: name of the volume mounted writable at /store, or None.
        scratch: size of /tmp in bytes.

    Raises:
        InfrastructureError: it could not be made or started.
    """

    def __init__(
        self,
        client: docker.DockerClient,
        image: ImageInfo,
        host: HostIndex,
        *,
        module: str,
        store: str | None,
        scratch: int,
    ) -> None:
        self._api = client.api
        self._stream: Any = None
        self._raw = bytearray()
        self.noise = b""
        mounts = host.mounts() + ([Mount("/store", store, type="volume")] if store else [])
        with guard("making an installing container"):
            self.id: str = self._api.create_container(
                image.tag,
                entrypoint=["python3", "-S", "-s", "-E", "-B", "-m", f"inside.{module}"],
                command=[],
                user="1000:1000",
                hostname="sandbox",
                working_dir="/opt/p2c",
                stdin_open=True,
                environment=host.environment(),
                labels=labels(),
                use_config_proxy=False,  # the host's proxies come with `host`
                host_config=self._api.create_host_config(
                    network_mode="bridge",
                    cap_drop=["ALL"],
                    security_opt=["no-new-privileges"],
                    read_only=True,
                    init=True,
                    ipc_mode="private",
                    pids_limit=PIDS,
                    mem_limit=MEMORY_BYTES,
                    memswap_limit=MEMORY_BYTES,
                    tmpfs={"/tmp": f"rw,exec,nosuid,nodev,mode=1777,size={scratch}"},  # noqa: S108
                    mounts=mounts,
                    ulimits=[Ulimit(name="core", soft=0, hard=0)],
                    log_config=LogConfig(type="none"),
                    auto_remove=True,
                ),
            )["Id"]
        try:
            with guard("starting an installing container"):
                options = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1, "logs": 0}
                self._stream = self._api.attach_socket(self.id, params=options)
                self._socket: socket.socket = getattr(self._stream, "_sock", self._stream)
                self._api.start(self.id)
        except BaseException:
            self.discard()
            raise

    def send(self, data: bytes) -> None:
        """Write `data` to its standard input. Raises RunnerLost."""
        try:
            self._socket.settimeout(120)
            self._socket.sendall(data)
        except OSError as error:
            raise RunnerLost(f"an installing container took no job: {error}; try again") from error

    def received(self, seconds: float) -> Iterator[bytes]:
        """What it writes to standard output, as it comes, until it ends; standard error goes to `noise`.

        Raises:
            InfrastructureError: it was still at it after `seconds`, or the connection broke.
        """
        until = time.monotonic() + seconds
        while True:
            while (frame := self._frame()) is not None:
                if frame:
                    yield frame
            left = until - time.monotonic()
            if left <= 0:
                raise InfrastructureError(f"an installing container was not done after {seconds:.0f} s; try again")
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(1 << 18)
            except TimeoutError:
                continue
            except OSError as error:
                raise RunnerLost(f"the connection to an installing container broke: {error}; try again") from error
            if not data:
                return
            self._raw += data

    def _frame(self) -> bytes | None:
        """The next complete frame's bytes for us, empty for one of standard error, None when there is none."""
        if len(self._raw) < HEAD:
            return None
        size = int.from_bytes(self._raw[4:HEAD], "big")
        if len(self._raw) < HEAD + size:
            return None
        stream, payload = self._raw[0], bytes(self._raw[HEAD : HEAD + size])
        del self._raw[: HEAD + size]
        if stream == 1:
            return payload
        self.noise = (self.noise + payload)[-16_384:]
        return b""

    def lines(self, seconds: float) -> Iterator[bytes]:
        """Like `received`, by lines."""
        rest = b""
        for piece in self.received(seconds):
            rest += piece
            *whole, rest = rest.split(b"\n")
            yield from whole

    def discard(self) -> None:
        """Hang up and remove it with everything in it. What is gone already is no error."""
        if self._stream is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            response = getattr(self._stream, "_response", None)
            if response is not None:
                response.close()
            self._stream.close()
            self._stream = None
        with guard("removing an installing container"):
            try:
                self._api.remove_container(self.id, force=True, v=True)
            except APIError as error:
                if error.status_code not in {404, 409}:
                    raise


def split_line(pieces: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The first line and all that follows it."""
    line, _, rest = b"".join(pieces).partition(b"\n")
    return line, rest
