"""Calls that need not wait for each other, made at the same time, each as soon as what it needs is there."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Generic, TypeVar

from p2c.model.begun import when_begun
from p2c.model.stopping import HOW_TO_STOP, Stop, until_stopped
from sandbox.words import counted

T = TypeVar("T")

Graph = Mapping[str, Collection[str]]
"""Node -> the nodes that come before it."""

WORKERS = 16
"""Model calls under way at once: every file of a large plan. The calls wait on the network, so this is the endpoint's
load, not ours; `P2C_CONCURRENCY` limits it further."""
ALONE_SECONDS = 15.0
"""A prompt has been read by then. An answer may begin much later: some endpoints send nothing while a model reasons."""


def in_order(
    graph: Graph,
    work: Callable[[str], T],
    *,
    kept: Callable[[str], T | None] = lambda _: None,
    alike: Callable[[str], str] = lambda _: "",
    workers: int = WORKERS,
    alone: float = ALONE_SECONDS,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, T]:
    """`work(node)` for every node of `graph`, each when all that it depends on is done.

    Of the nodes whose prompts begin alike the very first goes alone until its answer begins to come: by then the
    endpoint has read the prompt, and serves what the others' prompts begin with from its prefix cache. One that ends
    without that was not asked of the endpoint (an earlier process was given its answer), so the next one goes alone.
    Where no answer begins for long, the others go after all. What is kept neither waits for a turn nor takes one.

    When one fails, or the user interrupts, nothing more is started and the calls under way are waited for, so that no
    answer that was paid for is lost; then the error goes on. No request is made from then on: what waits for its turn,
    or to be made again, ends. A second interrupt does not wait, nor does the first one for calls of which no text has
    come for long (`p2c.model.stopping.PATIENCE`): the threads are daemons and end with the process.

    Args:
        graph: node -> the nodes that come before it; all of them are nodes of it.
        work: called in threads of its own.
        kept: asked once of each node before its work: the result where it is there already, else None. It is quick.
        alike: the same word for nodes whose prompts begin alike; without it all of them do.
        workers: calls under way at once.
        alone: seconds that a first one goes alone at most.
        say: tells the user that an end is waited for.

    Raises:
        graphlib.CycleError: `graph` has a cycle.
    """
    order = _Order(graph, kept)
    news: queue.SimpleQueue[_News] = queue.SimpleQueue()
    running = 0
    turns = _Turns(alone)
    failure: BaseException | None = None
    stop = Stop()

    def make(node: str) -> None:
        order.results[node] = work(node)

    while order.is_active() or running:
        try:
            if failure is None:
                for node in order.ready():
                    if running < workers and turns.take(alike(node)):
                        order.began(node)
                        running += 1
                        threading.Thread(target=_run, args=(node, make, news, stop), daemon=True).start()
            if not running:
                break
            seconds = stop.seconds_left() if failure else turns.seconds_left(map(alike, order.waiting))
            told = _next(news, seconds, stop, say)
        except KeyboardInterrupt as interrupt:
            if failure is not None or not running:
                raise
            failure = interrupt
            stop.interrupt()
            say(f"interrupted: waiting for {counted(running, 'call')} under way; {HOW_TO_STOP}")
            continue
        if told is None:
            continue
        if not told.is_end:
            turns.begun(alike(told.node))
            continue
        running -= 1
        turns.ended(alike(told.node))
        if told.error is None:
            order.done(told.node)
        else:
            failure = failure or told.error
            stop.set()
    if failure is not None:
        raise failure
    return {node: order.results[node] for node in graph}


@dataclass(frozen=True)
class _News:
    """Of a node: its answer has begun to come, or it has ended."""

    node: str
    is_end: bool = False
    error: BaseException | None = None


def _next(
    news: queue.SimpleQueue[_News], seconds: float | None, stop: Stop, say: Callable[[str], None]
) -> _News | None:
    """The next news within so many seconds; KeyboardInterrupt once an interrupted run has waited in vain for long."""
    try:
        return news.get(timeout=seconds)
    except queue.Empty:
        if stop.seconds_left() != 0:
            return None
    say(stop.given_up())
    raise KeyboardInterrupt


def _run(node: str, make: Callable[[str], None], news: queue.SimpleQueue[_News], stop: Stop) -> None:
    error: BaseException | None = None
    try:
        with when_begun(lambda: news.put(_News(node))), until_stopped(stop):
            make(node)
    except BaseException as raised:  # noqa: BLE001 - handed to the caller's thread, raised there
        error = raised
    news.put(_News(node, is_end=True, error=error))


class _Order(Generic[T]):
    """Which nodes may begin, as all that they depend on is done, and what has come of those that are.

    Attributes:
        results: node -> what its work gave, or what was kept of it.
        waiting: nodes that may begin, and have not.
    """

    def __init__(self, graph: Graph, kept: Callable[[str], T | None]) -> None:
        self.results: dict[str, T] = {}
        self.waiting: list[str] = []
        self._kept = kept
        self._sorter = TopologicalSorter(graph)
        self._sorter.prepare()

    def is_active(self) -> bool:
        """Whether some are not done."""
        return self._sorter.is_active()

    def ready(self) -> tuple[str, ...]:
        """Nodes that may begin and whose result is not there already."""
        while new := self._sorter.get_ready():
            for node in new:
                if (there := self._kept(node)) is None:
                    self.waiting.append(node)
                else:
                    self.results[node] = there
                    self._sorter.done(node)
        return tuple(self.waiting)

    def began(self, node: str) -> None:
        """It waits no longer."""
        self.waiting.remove(node)

    def done(self, node: str) -> None:
        """It has ended well."""
        self._sorter.done(node)


class _Turns:
    """Of the nodes of one kind one goes alone first, for `alone` seconds at most."""

    def __init__(self, alone: float) -> None:
        self._alone = alone
        self._opens: dict[str, float] = {}
        """Kind -> when the others may go, by the monotonic clock."""

    def take(self, kind: str) -> bool:
        """Whether a node of this kind may start now; if it is the first one, it does so alone."""
        now = time.monotonic()
        if kind in self._opens:
            return self._opens[kind] <= now
        self._opens[kind] = now + self._alone
        return True

    def begun(self, kind: str) -> None:
        """The answer to one has begun."""
        self._opens[kind] = 0.0

    def ended(self, kind: str) -> None:
        """One has ended; if no answer had begun, the next one goes alone."""
        if self._opens[kind] > time.monotonic():
            del self._opens[kind]

    def seconds_left(self, kinds: Iterable[str]) -> float | None:
        """Until a node of one of these kinds may start although nothing happens; None when time changes nothing."""
        now = time.monotonic()
        return min((self._opens[kind] - now for kind in kinds if self._opens.get(kind, 0.0) > now), default=None)
