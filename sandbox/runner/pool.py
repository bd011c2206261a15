"""Containers that are warm before they are needed, and their removal when they have been used."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from sandbox.errors import InfrastructureError
from sandbox.runner.container import Container
from sandbox.runner.purpose import Purpose

PURPOSES = 2
"""Containers are kept warm for so many of the last used purposes."""
PATIENCE = 0.25
"""Seconds after which the next container is warmed although the run goes on; making one disturbs a short run."""


class Spare(NamedTuple):
    """A container that waits, or that soon will."""

    made: Future[Container]
    go: threading.Event | None
    """Set when it may be made at once, for example because somebody waits for it."""


class Pool:
    """Warm containers by purpose; safe to use from several threads.

    Args:
        make: makes a warm container, which takes a third of a second.
        spare: how many wait for each of the last `PURPOSES` purposes.
    """

    def __init__(self, make: Callable[[Purpose], Container], spare: int) -> None:
        self._make = make
        self._spare = spare
        self._lock = threading.Lock()
        self._waiting: OrderedDict[Purpose, list[Spare]] = OrderedDict()
        self._all: set[Container] = set()
        self._closing = threading.Event()
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="sandbox-pool")

    def take(self, purpose: Purpose) -> Container:
        """A warm container, which the caller must `give_back`.

        Raises:
            InfrastructureError: none waits, and none can be made.
        """
        with self._lock:
            waiting = self._waiting.get(purpose, [])
            spare = waiting.pop(0) if waiting else None
        if spare is not None:
            if spare.go is not None:
                spare.go.set()
            with suppress(
                InfrastructureError, CancelledError
            ):  # what hindered it may be over; if not, the next line says it
                return spare.made.result()
        return self._made(purpose)

    def refill(self, purpose: Purpose, after: threading.Event | None = None) -> None:
        """See to it that `spare` containers of that purpose wait; in the background, once `after` is set.

        It does not wait for `after` longer than `PATIENCE`. The least used purposes beyond `PURPOSES` are dropped.
        """
        with self._lock:
            if self._closing.is_set():
                return
            waiting = self._waiting.setdefault(purpose, [])
            self._waiting.move_to_end(purpose)
            while len(waiting) < self._spare:
                waiting.append(Spare(self._threads.submit(self._warm, purpose, after), after))
            dropped = [spare for least in list(self._waiting)[:-PURPOSES] for spare in self._waiting.pop(least)]
        for spare in dropped:
            self._drop(spare.made)

    def give_back(self, container: Container) -> None:
        """Hang up at once, and remove the container in the background."""
        container.hang_up()
        with self._lock:
            if not self._closing.is_set():
                self._threads.submit(self._remove, container)
                return
        self._remove(container)

    def flush(self) -> None:
        """Forget all that wait, for example because the engine was restarted."""
        with self._lock:
            dropped = [spare for waiting in self._waiting.values() for spare in waiting]
            self._waiting.clear()
        for spare in dropped:
            self._drop(spare.made)

    def close(self) -> None:
        """Remove all containers, the used ones too, and end the threads. Nothing can be taken afterwards."""
        with self._lock:
            self._closing.set()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for container in list(self._all):
            self._remove(container)

    def _warm(self, purpose: Purpose, after: threading.Event | None) -> Container:
        if after is not None:
            after.wait(PATIENCE)
        return self._made(purpose)

    def _made(self, purpose: Purpose) -> Container:
        self._check_open()
        container = self._make(purpose)
        with self._lock:
            self._all.add(container)
        if self._closing.is_set():  # the sweep at the end may have missed it
            self._remove(container)
            self._check_open()
        return container

    def _drop(self, future: Future[Container]) -> None:
        """Remove a container that nobody has taken, as soon as it is made."""

        def remove(made: Future[Container]) -> None:
            if not made.cancelled() and made.exception() is None:
                self.give_back(made.result())

        future.cancel()
        future.add_done_callback(remove)

    def _remove(self, container: Container) -> None:
        with suppress(InfrastructureError):  # it ends by itself when we hang up, and carries our label
            container.discard()
        with self._lock:
            self._all.discard(container)

    def _check_open(self) -> None:
        if self._closing.is_set():
            raise InfrastructureError("this runner is closed; open another one")
