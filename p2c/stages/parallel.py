"""Calls that need not wait for each other, made at the same time, each as soon as what it needs is there."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from graphlib import TopologicalSorter
from typing import TypeVar

from p2c.stages.graph import Graph

T = TypeVar("T")

WORKERS = 8
"""Model calls under way at once. The calls wait on the network, so this is the endpoint's load, not ours."""


def in_order(
    graph: Graph, work: Callable[[str], T], *, workers: int = WORKERS, say: Callable[[str], None] = lambda _: None
) -> dict[str, T]:
    """`work(node)` for every node of `graph`, each when all that it depends on is done.

    When one fails, or the user interrupts, nothing more is started and the calls under way are waited
    for, so that no answer that was paid for is lost; then the error goes on. A second interrupt does not
    wait: the threads are daemons and end with the process.

    Args:
        graph: node -> the nodes that come before it; all of them are nodes of it.
        work: called in threads of its own.
        workers: calls under way at once.
        say: tells the user that an end is waited for.

    Raises:
        graphlib.CycleError: `graph` has a cycle.
    """
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    results: dict[str, T] = {}
    finished: queue.SimpleQueue[tuple[str, BaseException | None]] = queue.SimpleQueue()
    ready: list[str] = []
    running = 0
    failure: BaseException | None = None

    def run(node: str) -> None:
        try:
            results[node] = work(node)
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread, raised there
            finished.put((node, error))
        else:
            finished.put((node, None))

    while sorter.is_active() or running:
        if failure is None:
            ready.extend(sorter.get_ready())
            while ready and running < workers:
                threading.Thread(target=run, args=(ready.pop(0),), daemon=True).start()
                running += 1
        if not running:
            break
        try:
            node, error = finished.get()
        except KeyboardInterrupt as interrupt:
            if failure is not None:
                raise
            failure = interrupt
            say(f"interrupted: waiting for {running} calls under way (again: do not wait)")
            continue
        running -= 1
        if error is not None:
            failure = failure or error
            continue
        sorter.done(node)
    if failure is not None:
        raise failure
    return {node: results[node] for node in graph}


def after_first(nodes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """A graph in which the first node goes alone and the others follow at the same time.

    The first call fills the endpoint's prefix cache, so that the others are served from it.
    """
    return {node: () if node == nodes[0] else (nodes[0],) for node in nodes}
