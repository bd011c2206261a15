"""Which file must be written before which: order, cycles, everything below a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

Graph = Mapping[str, Collection[str]]
"""Node -> the nodes that come before it."""


def cycle(graph: Graph) -> tuple[str, ...]:
    """One cycle of `graph`, each node depending on the next, the first one repeated at the end; or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # graphlib lists each node before the one that depends on it; a person reads it the other way.
        return tuple(reversed(error.args[1]))
    return ()


def without_cycles(graph: Graph) -> tuple[dict[str, tuple[str, ...]], tuple[tuple[str, str], ...]]:
    """`graph` with every cycle broken, and the edges that were taken out for it.

    The nodes' own order decides, so the result is the same each time: of a cycle's edges, those that
    lead to a node listed later (or to the node itself) go.
    """
    place = {node: index for index, node in enumerate(graph)}
    kept = {node: tuple(before) for node, before in graph.items()}
    removed: list[tuple[str, str]] = []
    while found := cycle(kept):
        for node, before in pairwise(found):
            if place.get(before, -1) >= place[node]:
                kept[node] = tuple(name for name in kept[node] if name != before)
                removed.append((node, before))
    return kept, tuple(removed)


def below(graph: Graph, node: str) -> tuple[str, ...]:
    """Everything that `node` needs, directly or through others, in an order in which it can be written.

    Raises:
        ValueError: what `node` needs holds a cycle.
    """
    needed: dict[str, Collection[str]] = {}
    waiting = list(graph.get(node, ()))
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = tuple(sorted(graph.get(name, ())))
            waiting.extend(needed[name])
    place = {name: index for index, name in enumerate(graph)}
    sorter = TopologicalSorter(dict(sorted(needed.items(), key=lambda item: place.get(item[0], len(place)))))
    return tuple(name for name in sorter.static_order() if name != node)


def ordered(graph: Graph) -> tuple[str, ...]:
    """The nodes so that each stands after those it needs, otherwise in the order in which they are listed.

    Raises:
        ValueError: `graph` has a cycle.
    """
    done: dict[str, None] = {}
    while len(done) < len(graph):
        following = next((n for n in graph if n not in done and all(b in done for b in graph[n] if b in graph)), None)
        if following is None:
            raise ValueError(f"a cycle: {' -> '.join(cycle(graph))}")
        done[following] = None
    return tuple(done)
