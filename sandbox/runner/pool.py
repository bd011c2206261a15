"""Containers that are warm before they are needed, and their removal when they have been used."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from sandbox.errors import InfrastructureError
from sandbox.runner.container import Container
from sandbox.runner.purpose import Purpose

PURPOSES = 3
"""Containers are kept warm for so many of the last used purposes, and as many of tools of ours."""
THREADS = 8
"""They wait for a lull, most of the time."""
PATIENCE = 0.25
"""Seconds after which the next container is warmed although a run goes on; making one disturbs a short run."""
CROWDED = 1.5
"""The same where several runs go on at once: no processor is free."""
QUIET = 0.03
"""Seconds after the end of a run for which another one is awaited, before containers are made and removed."""
LONGEST = 3.0
"""Seconds for which making and removing is put off at most, while one short run follows the other."""
DEEPEST = 12
"""At most so many wait for one purpose."""
MOST_USED = 12
"""When more used ones than that are there, because no lull comes, they are removed without one: each of them is a
connection of ours and a container of the engine's."""


@dataclass
class Wish:
    """What is wanted of a container that waits to be made.

    Attributes:
        now: somebody waits for it.
        dropped: nobody wants it any more.
    """

    now: bool = False
    dropped: bool = False


class Spare(NamedTuple):
    """A container that waits, or that soon will."""

    made: Future[Container]
    wish: Wish


class Pool:
    """Warm containers by purpose; safe to use from several threads.

    Args:
        make: makes a warm container, which takes a third of a second.
        spare: how many wait for each of the last `PURPOSES` purposes, until jobs come faster than containers can be
            made: then twice as many, up to `DEEPEST`.
        ahead: how many wait of those that start something ahead, which takes memory.
    """

    def __init__(self, make: Callable[[Purpose], Container], spare: int, ahead: int = 1) -> None:
        self._make = make
        self._ahead = min(spare, ahead)
        self._lock = threading.Lock()
        self._turned = threading.Condition(self._lock)
        """Notified whenever what is waited for in `_lull` may have come."""
        self._waiting: OrderedDict[Purpose, list[Spare]] = OrderedDict()
        self._all: set[Container] = set()
        self._deep = spare
        self._running = 0
        self._used = 0
        """Containers that were given back and are not removed yet."""
        self._changed = time.monotonic()
        """When a run began or ended last."""
        self._closing = threading.Event()
        self._threads = ThreadPoolExecutor(THREADS, "sandbox-pool")
        self._removers = ThreadPoolExecutor(2, "sandbox-pool-end")

    def take(self, purpose: Purpose) -> Container:
        """A warm container, which the caller must `give_back`.

        Raises:
            InfrastructureError: none waits, and none can be made.
        """
        with self._lock:
            waiting = self._waiting.get(purpose, [])
            spare = next((one for one in waiting if one.made.done()), waiting[0] if waiting else None)
            if spare is not None:
                waiting.remove(spare)
            # jobs that come together want so many at once only, and making more would take the processor from them
            is_late = purpose in self._waiting and (spare is None or not spare.made.done())
            if is_late and self._running == 0:
                self._deep = min(2 * self._deep, DEEPEST)
            self._ran(+1)
        try:
            return self._taken(spare, purpose)
        except BaseException:
            with self._lock:
                self._ran(-1)
            raise

    def _taken(self, spare: Spare | None, purpose: Purpose) -> Container:
        if spare is not None:
            self._tell(spare.wish, now=True)
            # one that nobody has begun to make is sooner made here; what hindered another may be over by now
            if not spare.made.cancel():
                with suppress(InfrastructureError, CancelledError):
                    return spare.made.result()
        return self._made(purpose)

    def _ran(self, more: int) -> None:
        """A run begins (+1) or has ended (-1); the lock is held."""
        self._running += more
        self._changed = time.monotonic()
        self._turned.notify_all()

    def refill(self, purpose: Purpose) -> None:
        """See to it that containers of that purpose wait; in the background, in a lull between runs.

        The least used purposes beyond `PURPOSES` are dropped.
        """
        with self._lock:
            if self._closing.is_set():
                return
            waiting = self._waiting.setdefault(purpose, [])
            self._waiting.move_to_end(purpose)
            wanted = self._ahead if purpose.is_ahead else self._deep
            while len(waiting) < wanted:
                wish = Wish()
                waiting.append(Spare(self._threads.submit(self._warm, purpose, wish), wish))
            tools = [one for one in self._waiting if one.tool]
            others = [one for one in self._waiting if not one.tool]
            least = [*tools[:-PURPOSES], *others[:-PURPOSES]]
            dropped = [spare for one in least for spare in self._waiting.pop(one)]
        for spare in dropped:
            self._drop(spare)

    def give_back(self, container: Container) -> None:
        """Remove a container in the background, if possible in a lull between runs; nothing runs in it any more."""
        with self._lock:
            self._used += 1
            self._ran(-1)
            if not self._closing.is_set():
                self._removers.submit(self._put_away, container)
                return
        self._remove(container)

    def flush(self) -> None:
        """Forget all that wait, for example because the engine was restarted."""
        with self._lock:
            dropped = [spare for waiting in self._waiting.values() for spare in waiting]
            self._waiting.clear()
        for spare in dropped:
            self._drop(spare)

    def close(self) -> None:
        """Remove all containers, the used ones too, and end the threads. Nothing can be taken afterwards."""
        with self._lock:
            self._closing.set()
            self._turned.notify_all()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._removers.shutdown(wait=True, cancel_futures=True)
        with ThreadPoolExecutor(4, "sandbox-pool-end") as removers:
            list(removers.map(self._remove, list(self._all)))

    def _warm(self, purpose: Purpose, wish: Wish) -> Container:
        self._lull(lambda: wish.now or wish.dropped, patience=LONGEST if purpose.is_ahead else PATIENCE)
        if wish.dropped:
            raise InfrastructureError("this container is not needed any more")
        return self._made(purpose)

    def _lull(self, enough: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Wait until no short run is on and none follows at once.

        Args:
            enough: whether to wait no longer; asked with the lock held.
            patience: seconds for which a run that goes on is waited for.
        """
        until = time.monotonic() + LONGEST
        with self._turned:
            while not (self._closing.is_set() or enough()):
                needed = (QUIET, patience, max(patience, CROWDED))[min(self._running, 2)]
                left = min(self._changed + needed, until) - time.monotonic()
                if left <= 0:
                    return
                self._turned.wait(left)

    def _tell(self, wish: Wish, *, now: bool = False, dropped: bool = False) -> None:
        with self._turned:
            wish.now, wish.dropped = wish.now or now, wish.dropped or dropped
            self._turned.notify_all()

    def _made(self, purpose: Purpose) -> Container:
        self._check_open()
        container = self._make(purpose)
        with self._lock:
            self._all.add(container)
        if self._closing.is_set():  # the sweep at the end may have missed it
            self._remove(container)
            self._check_open()
        return container

    def _drop(self, spare: Spare) -> None:
        """Remove a container that nobody has taken, as soon as it is made, or see to it that it is not."""

        def remove(made: Future[Container]) -> None:
            if not made.cancelled() and made.exception() is None:
                self._remove(made.result())

        spare.made.cancel()
        self._tell(spare.wish, dropped=True)
        spare.made.add_done_callback(remove)

    def _put_away(self, container: Container) -> None:
        self._lull(lambda: self._used > MOST_USED)
        self._remove(container)
        with self._lock:
            self._used -= 1

    def _remove(self, container: Container) -> None:
        with suppress(InfrastructureError):  # it ends by itself when we hang up, and carries our label
            container.discard()
        with self._lock:
            self._all.discard(container)

    def _check_open(self) -> None:
        if self._closing.is_set():
            raise InfrastructureError("this runner is closed; open another one")
