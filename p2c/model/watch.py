"""A watch over one streaming request: signs of life for people, an end for a stream that stalls."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import httpx2

HEARTBEAT_SECONDS = 10.0
ENDING_SECONDS = 5.0


class Watch:
    """Runs beside a request, as a context manager.

    Args:
        progress: told the characters so far, every `HEARTBEAT_SECONDS`.
        first_seconds: how long the first text may take, reasoning included: many endpoints open an answer with a piece
            that holds none, and then read the prompt, or reason unseen.
        stall_seconds: how long a further piece may take.
        heard: called for every piece that holds text.
    """

    def __init__(
        self,
        progress: Callable[[int], None],
        first_seconds: float,
        stall_seconds: float,
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        self._progress = progress
        self._first = first_seconds
        self._stall = stall_seconds
        self._heard = heard
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="p2c-model-watch", daemon=True)
        self._response: httpx2.Response | None = None
        self._last = time.monotonic()
        self._is_ending = False
        self._characters = 0
        self.stalled_for: float | None = None
        """Seconds without a piece, after which the stream was ended; None while it is healthy."""

    def began(self, response: httpx2.Response) -> None:
        """The headers have come; from now on the watch can end the stream."""
        self._response = response

    def piece(self, characters: int) -> None:
        """A piece of the reply has come."""
        self._last = time.monotonic()
        self._characters += characters
        if characters:
            self._heard()

    def ending(self) -> None:
        """The answer is complete; only its count of tokens may still come, and that is not waited for as long."""
        self._is_ending = True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        beat = time.monotonic() + HEARTBEAT_SECONDS
        tick = min(1.0, HEARTBEAT_SECONDS / 4, self._first / 4, self._stall / 4)
        while not self._ended.wait(tick):
            now = time.monotonic()
            if now >= beat:
                beat = now + HEARTBEAT_SECONDS
                self._progress(self._characters)
            if now >= self._deadline():
                self.stalled_for = now - self._last
                _cut(self._response)
                return

    def _deadline(self) -> float:
        if self._response is None:
            return float("inf")  # before the headers, the client's own read timeout counts
        seconds = self._stall if self._characters else self._first
        return self._last + (min(seconds, ENDING_SECONDS) if self._is_ending else seconds)


def _cut(response: httpx2.Response | None) -> None:
    """End a response that another thread is waiting for: only shutting its socket down wakes that thread."""
    stream = response.extensions.get("network_stream") if response is not None else None
    connection = stream.get_extra_info("socket") if stream is not None else None
    if isinstance(connection, socket.socket):
        with suppress(OSError):  # it has just ended by itself
            # Not the method of a TLS socket, which would take its state from under the thread that reads.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
