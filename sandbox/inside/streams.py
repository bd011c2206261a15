"""Output of the program, kept as head and tail in flat memory; and the way out to the controller."""

from __future__ import annotations

import os
import select
import time

from .frames import Kind, frames
from .seal import Seal

CHUNK = 1 << 16


class Capture:
    """One stream of the program: its head goes out at once, its tail is kept, what lies between is counted.

    Args:
        fd: the reading end of the program's pipe; made non-blocking, closed at its end.
        keep: bytes kept, half as head and half as tail.
        head, tail: the kinds of frame that carry them.
    """

    def __init__(self, fd: int, keep: int, head: Kind, tail: Kind) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self.open = True
        self.seen = 0
        self._head_left = keep // 2
        self._keep_tail = keep - keep // 2
        self._tail = bytearray()
        self._kinds = head, tail
        self._dropped = 0

    def read(self) -> bytes:
        """Read what is there, at most `CHUNK`; returns the frames to send, if any. Closes at the end."""
        try:
            data = os.read(self.fd, CHUNK)
        except BlockingIOError:
            return b""
        if not data:
            self.close()
            return b""
        self.seen += len(data)
        first, rest = data[: self._head_left], data[self._head_left :]
        self._head_left -= len(first)
        self._tail += rest
        if len(self._tail) > 2 * self._keep_tail + CHUNK:
            self._trim()
        return frames(self._kinds[0], first) if first else b""

    def drain(self, limit: int = 1 << 20) -> bytes:
        """Read what is left when nobody writes any more, at most `limit` bytes; returns frames to send."""
        parts: list[bytes] = []
        until = self.seen + limit
        before = -1
        while self.open and before != self.seen < until:
            before = self.seen
            parts.append(self.read())
        return b"".join(parts)

    def finish(self) -> tuple[bytes, int]:
        """The frames of the tail, and how many bytes were dropped. To be called once, at the end."""
        self._trim()
        return (frames(self._kinds[1], self._tail) if self._tail else b""), self._dropped

    def close(self) -> None:
        """Close the pipe; a program that still writes to it gets SIGPIPE."""
        if self.open:
            self.open = False
            os.close(self.fd)

    def _trim(self) -> None:
        surplus = len(self._tail) - self._keep_tail
        if surplus > 0:
            self._dropped += surplus
            del self._tail[:surplus]


class Outbox:
    """Sends to the controller without ever waiting for it while the program runs."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._waiting = bytearray()
        self._seal: Seal | None = None

    def seal(self, key: bytes) -> None:
        """From now on send sealed records."""
        self._seal = Seal(key)

    def put(self, data: bytes) -> None:
        """Queue `data` and send what can be sent now. The queue is bounded by the heads of two streams."""
        self._waiting += self._seal.close(data) if self._seal else data
        self.flush()

    def flush(self) -> None:
        """Send what can be sent now."""
        while self._waiting:
            try:
                sent = os.write(self._fd, memoryview(self._waiting)[:CHUNK])
            except BlockingIOError:
                return
            del self._waiting[:sent]

    def finish(self, until: float) -> None:
        """Send everything, waiting for the controller until the monotonic time `until`. Raises TimeoutError."""
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        self.flush()
        while self._waiting:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the controller does not read")
            poll.poll(left * 1000)
            self.flush()
