"""The order of writing: dependencies, cycles, calls at the same time."""

import itertools
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from p2c.model.begun import answer_begun
from p2c.model.parallel import in_order
from p2c.model.stopping import stopped_within
from p2c.stages.graph import below, cycle, ordered, without_cycles


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
        answer_begun()
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
        answer_begun()
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
        answer_begun()
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


def test_the_first_goes_alone_until_its_answer_begins_and_no_longer():
    started: list[str] = []
    others, alone = threading.Event(), threading.Event()

    def work(node: str) -> None:
        started.append(node)
        if node == "a":
            time.sleep(0.05)  # time in which the others would start, if they did not wait
            assert started == ["a"]
            alone.set()
            answer_begun()
            assert others.wait(5)  # they start although this one has not ended
        else:
            others.set()

    in_order({"a": (), "b": (), "c": ()}, work)
    assert alone.is_set()
    assert sorted(started) == ["a", "b", "c"]


def test_a_first_one_that_ends_without_a_word_lets_the_others_go():
    assert in_order({"a": (), "b": (), "c": ()}, str.upper) == {"a": "A", "b": "B", "c": "C"}


def test_a_first_one_that_reasons_without_a_word_is_not_waited_for_long():
    others = threading.Event()

    def work(node: str) -> None:
        if node == "a":
            assert others.wait(5)  # they start although its answer has not begun
        else:
            others.set()

    in_order({"a": (), "b": (), "c": ()}, work, alone=0.05)


def test_what_an_earlier_process_was_answered_warms_nothing_so_the_next_one_goes_alone():
    started: list[str] = []
    others = threading.Event()

    def work(node: str) -> None:
        started.append(node)
        if node.startswith("kept"):
            return
        if node == "first":
            time.sleep(0.05)  # time in which the others would start, if they did not wait
            assert started == ["kept 1", "kept 2", "first"]
            answer_begun()
            assert others.wait(5)  # they start although this one has not ended
        else:
            others.set()

    in_order(dict.fromkeys(("kept 1", "kept 2", "first", "second", "third"), ()), work)
    assert sorted(started) == ["first", "kept 1", "kept 2", "second", "third"]


def test_after_a_failure_what_has_not_been_asked_yet_is_not():
    failed, waited = threading.Event(), []

    def work(node: str) -> None:
        answer_begun()
        if node == "bad":
            assert failed.wait(5)
            raise OSError("no")
        failed.set()
        waited.append(stopped_within(30, threading.Event()))

    with pytest.raises(OSError, match="no"):
        in_order({"bad": (), "waits": ()}, work)
    assert waited == [True]


def test_of_each_kind_the_first_goes_alone_and_no_kind_waits_for_another():
    started: list[str] = []
    other_kind, rest = threading.Event(), threading.Event()

    def work(node: str) -> None:
        started.append(node)
        if node == "note 1":
            assert other_kind.wait(5)  # a file starts although no note's answer has begun
            assert "note 2" not in started
            answer_begun()
            assert rest.wait(5)
        elif node == "file 1":
            other_kind.set()
        elif node == "note 2":
            rest.set()

    nodes = ("note 1", "note 2", "file 1", "file 2")
    in_order(dict.fromkeys(nodes, ()), work, alike=lambda node: node.partition(" ")[0])
    assert sorted(started) == sorted(nodes)


def test_what_is_kept_neither_waits_for_a_turn_nor_takes_one():
    started: list[str] = []
    done, others = threading.Event(), threading.Event()

    def kept(node: str) -> str | None:
        return node.upper() if node.startswith("kept") else None

    def work(node: str) -> str:
        started.append(node)
        if node == "first":
            assert done.wait(5)  # what needs only kept ones is done although no answer to the first has begun
            assert "second" not in started
            answer_begun()
            assert others.wait(5)
        else:
            (done if node == "needs kept" else others).set()
        return node

    graph = {"first": (), "second": (), "kept 1": (), "kept 2": ("kept 1",), "needs kept": ("kept 2",)}
    made = in_order(graph, work, kept=kept, alike=lambda node: "needs" if "needs" in node else "", alone=30)
    assert sorted(started) == ["first", "needs kept", "second"]
    assert made["kept 2"] == "KEPT 2"


@pytest.fixture
def _in_the_foreground() -> Iterator[None]:
    """A job in the background ignores the signal, and so do the tests that it runs."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_in_the_foreground")
def test_after_an_interrupt_calls_that_say_nothing_for_long_are_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("p2c.model.stopping.PATIENCE", 0.05)
    said: list[str] = []
    released = threading.Event()

    def work(_: str) -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        released.wait(30)

    try:
        with pytest.raises(KeyboardInterrupt):
            in_order({"a": ()}, work, say=said.append)
        assert not released.is_set()
    finally:
        released.set()
    assert said[0] == "interrupted: waiting for 1 call under way; press Ctrl-C again to stop at once"
    assert "not waited for any longer" in said[1]
