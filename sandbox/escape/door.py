"""A door before the real engine that slams as it is told: a Unix socket that passes calls on, or does not."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["status", "close", "after", "half", "hang"]


@dataclass
class Fault:
    """What happens to the calls that match `pattern` ("METHOD /path"), `times` times after `skip` calls went well.

    close: the connection ends before the engine has seen the call. after: the engine does it, its answer is lost.
    half: the answer stops in the middle and never goes on. hang: no answer at all.
    """

    pattern: str
    kind: Kind
    status: int = 500
    times: int = 1
    skip: int = 0
    seen: int = 0

    def hits(self, call: str) -> bool:
        """Whether this call is one of them."""
        if not re.search(self.pattern, call):
            return False
        self.seen += 1
        return self.skip < self.seen <= self.skip + self.times


@dataclass
class Door:
    """The proxy; `faults` may be changed at any time."""

    path: Path
    engine: str
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    _open: set[socket.socket] = field(default_factory=set)
    _listener: socket.socket | None = None
    _ending: threading.Event = field(default_factory=threading.Event)

    def add(self, pattern: str, kind: Kind, **options: int) -> Fault:
        """Add a fault."""
        self.faults.append(Fault(pattern, kind, **options))
        return self.faults[-1]

    def open(self) -> None:
        """Listen."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def shut(self) -> None:
        """Stop listening and cut every connection, as a restart of the engine does."""
        listener, self._listener = self._listener, None
        if listener is not None:
            self.path.unlink()
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def restart(self, seconds: float) -> None:
        """Be away for so long."""
        self.shut()
        time.sleep(seconds)
        self.open()

    def end(self) -> None:
        """For good; what hangs is let go."""
        self._ending.set()
        self.shut()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            self._open.add(client)
            try:
                self._answer(client)
            finally:
                self._open.discard(client)

    def _answer(self, client: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = client.recv(65536)
            if not piece:
                return
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        call = f"{method} {target}"
        self.calls.append(call)
        fault = next((one for one in self.faults if one.hits(call)), None)
        if fault and fault.kind == "close":
            return
        if fault and fault.kind == "hang":
            self._ending.wait(60)
            return
        if fault and fault.kind == "status":
            said = b'{"message":"said the door"}'
            client.sendall(
                f"HTTP/1.1 {fault.status} Trouble\r\nContent-Type: application/json\r\nConnection: close\r\n"
                f"Content-Length: {len(said)}\r\n\r\n".encode()
                + said
            )
            return
        self._relay(client, _closing(head) + b"\r\n\r\n" + body, fault)

    def _relay(self, client: socket.socket, data: bytes, fault: Fault | None) -> None:
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(self.engine)
            engine.sendall(data)
            up = threading.Thread(target=_pump, args=(client, engine), daemon=True)
            up.start()
            self._open.add(engine)
            try:
                if fault is None:
                    _pump(engine, client)
                else:
                    answer = engine.recv(65536)
                    if fault.kind == "half":
                        client.sendall(answer[: answer.index(b"\r\n\r\n") + 6])
                        self._ending.wait(60)
            finally:
                self._open.discard(engine)
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            up.join(5)


def _closing(head: bytes) -> bytes:
    """One call a connection, but for those that become a stream."""
    lines = head.split(b"\r\n")
    if any(line.lower().startswith(b"upgrade:") for line in lines):
        return head
    return b"\r\n".join(
        [*(line for line in lines if not line.lower().startswith(b"connection:")), b"Connection: close"]
    )


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Bytes from one to the other until the end, which is passed on."""
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
