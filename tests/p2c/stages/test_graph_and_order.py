"""The order of writing: dependencies, cycles, calls at the same time."""

import itertools
import threading
import time

import pytest

from p2c.stages.graph import below, cycle, ordered, without_cycles
from p2c.stages.parallel import after_first, in_order


def test_a_graph_without_a_cycle_has_none_to_show():
    assert cycle({"a": ("b",), "b": ()}) == ()


def test_a_cycle_is_shown_as_each_needing_the_next():
    graph = {"a": ("b",), "b": ("c",), "c": ("a",), "d": ("a",)}
    found = cycle(graph)
    assert found[0] == found[-1]
    assert all(later in graph[earlier] for earlier, later in itertools.pairwise(found))


def test_cycles_are_broken_the_same_way_each_time_and_only_where_they_are():
    graph = {"model": ("train",), "train": ("model", "data"), "data": ("data",), "main": ("train",)}
    broken, removed = without_cycles(graph)
    assert broken == {"model": (), "train": ("model", "data"), "data": (), "main": ("train",)}
    assert set(removed) == {("model", "train"), ("data", "data")}


def test_order_follows_dependencies_and_otherwise_the_listing():
    assert ordered({"main": ("model", "data"), "zeta": (), "data": (), "model": ("data",)}) == (
        "zeta",
        "data",
        "model",
        "main",
    )
    with pytest.raises(ValueError, match="a cycle"):
        ordered({"a": ("b",), "b": ("a",)})


def test_what_a_file_needs_comes_with_what_that_needs_first():
    graph = {"main": ("train",), "train": ("model",), "model": ("layers",), "layers": (), "other": ()}
    assert below(graph, "main") == ("layers", "model", "train")
    assert below(graph, "layers") == ()


def test_independent_work_overlaps_and_dependent_work_waits():
    spans: dict[str, tuple[float, float]] = {}
    meeting = threading.Barrier(2, timeout=5)

    def work(node: str) -> str:
        began = time.monotonic()
        if node in ("a", "b"):
            meeting.wait()  # only passes when both run at the same time
        spans[node] = (began, time.monotonic())
        return node.upper()

    results = in_order({"c": ("a", "b"), "a": (), "b": ()}, work)
    assert results == {"c": "C", "a": "A", "b": "B"}
    assert list(results) == ["c", "a", "b"]
    assert spans["c"][0] >= max(spans["a"][1], spans["b"][1])


def test_no_more_work_is_under_way_than_allowed():
    now, most, lock = 0, 0, threading.Lock()

    def work(node: str) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1

    in_order({str(n): () for n in range(12)}, work, workers=3)
    assert most == 3


def test_a_failure_starts_nothing_more_but_waits_for_what_is_under_way():
    finished: list[str] = []
    both = threading.Barrier(2, timeout=5)

    def work(node: str) -> None:
        if node == "bad":
            both.wait()
            raise OSError("no")
        if node == "slow":
            both.wait()
            time.sleep(0.05)
        finished.append(node)

    with pytest.raises(OSError, match="no"):
        in_order({"bad": (), "slow": (), "later": ("slow",), "after": ("bad",)}, work)
    assert finished == ["slow"]


def test_the_first_goes_alone_to_warm_the_cache():
    assert after_first(("a", "b", "c")) == {"a": (), "b": ("a",), "c": ("a",)}
