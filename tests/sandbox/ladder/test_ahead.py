"""Work that begins before its turn: read in order, called off when it is not needed, never alone with the last word."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.calloff import CallOff
from sandbox.errors import CalledOff
from sandbox.job import Job, Output, RunResult
from sandbox.ladder.ahead import Ahead, Early, Recallable
from sandbox.ladder.patience import Patient
from sandbox.settings import Limits
from sandbox.tree import Tree
from sandbox.verdict import Ended


@pytest.fixture
def lanes() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_work_begins_before_it_is_asked_for(lanes):
    begun = threading.Event()
    early = Ahead(lanes).start(lambda _: begun.set() or 7)
    assert begun.wait(5)
    assert (early.result(), early.had_company) == (7, True)


def test_without_a_lane_work_is_done_when_its_turn_comes():
    done: list[int] = []
    early = Ahead(None).start(lambda _: done.append(1))
    assert done == []
    early.result()
    assert (done, early.had_company) == ([1], False)


def test_work_that_waits_for_a_lane_is_done_by_the_one_who_asks(lanes):
    free = threading.Event()
    ahead = Ahead(lanes)
    busy = [ahead.start(lambda _: free.wait(10)) for _ in range(2)]
    waiting = ahead.start(lambda _: threading.current_thread())
    assert waiting.result() is threading.current_thread()
    free.set()
    assert all(one.result() for one in busy)


def test_an_error_is_raised_where_the_result_is_read(lanes):
    def work(_: CallOff) -> int:
        raise ValueError("no")

    early = Ahead(lanes).start(work)
    with pytest.raises(ValueError, match="no"):
        early.result()


def _until_called(begun: threading.Event, off: list[CallOff]) -> None:
    ended = threading.Event()
    with off[-1].by(ended.set):
        begun.set()
        assert ended.wait(10)
        raise OSError("the connection broke")


def test_what_is_called_off_ends_and_is_done_anew_if_it_is_needed_after_all(lanes):
    begun, offs = threading.Event(), list[CallOff]()

    def work(call_off: CallOff) -> str:
        offs.append(call_off)
        if len(offs) == 1:
            _until_called(begun, offs)
        return f"try {len(offs)}"

    ahead = Ahead(lanes)
    early = ahead.start(work)
    assert begun.wait(5)
    ahead.call_off()
    assert (early.result(), early.had_company) == ("try 2", False)


def test_an_interrupt_of_the_one_who_waits_ends_what_is_waited_for(lanes):
    begun, offs, ended = threading.Event(), list[CallOff](), threading.Event()

    def work(call_off: CallOff) -> None:
        offs.append(call_off)
        try:
            _until_called(begun, offs)
        finally:
            ended.set()

    def interrupted(early: Early[None]) -> None:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        early.result()

    ahead = Ahead(lanes)
    early = ahead.start(work)
    assert begun.wait(5)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted(early)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not ended.is_set()
    ahead.close()
    assert ended.wait(5)


def test_what_is_read_in_any_case_is_called_off_at_the_very_end_only(lanes):
    begun, go, offs = threading.Event(), threading.Event(), list[CallOff]()

    def work(call_off: CallOff) -> None:
        offs.append(call_off)
        begun.set()
        go.wait(10)

    ahead = Ahead(lanes)
    ahead.start(work, always=True)
    assert begun.wait(5)
    ahead.call_off()
    assert not offs[0].called
    ahead.close()
    assert offs[0].called
    go.set()


def test_a_run_that_was_called_off_before_it_began_never_begins():
    off = CallOff()
    off.call()
    with pytest.raises(CalledOff), off.by(lambda: None):
        raise AssertionError("it began")


RESULT = RunResult(Ended.exited, 0, None, 1.0, 1.0, 1000, Output(b""), Output(b""))
JOB = Job(("true",), Tree({"a.py": b""}), None, Limits(memory_bytes=1 << 30, wall_seconds=10))


class Runs:
    """Gives prepared results, and notes with which wall clock each was asked for."""

    def __init__(self, *results: RunResult) -> None:
        self.results = list(results)
        self.clocks: list[float] = []

    def run(self, job: Job) -> RunResult:
        self.clocks.append(job.limits.wall_seconds)
        return self.results.pop(0)

    def close(self) -> None:
        """Nothing waits."""


def _ended(ended: Ended, **changes: float) -> RunResult:
    values = {"seconds": 10.0, "cpu_seconds": 5.0, "peak_memory_bytes": 1000, "starved_seconds": 0.0} | changes
    peak = int(values["peak_memory_bytes"])
    return RunResult(
        ended, None, None, values["seconds"], values["cpu_seconds"], peak, Output(b""), Output(b""),
        starved_seconds=values["starved_seconds"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "clocks"),
    [
        (_ended(Ended.memory, peak_memory_bytes=1 << 29), [10, 10]),  # the host had no more: not its own doing
        (_ended(Ended.memory, peak_memory_bytes=(1 << 30) - 1000), [10]),
        (_ended(Ended.wall, starved_seconds=6.0), [10, 20]),
        (_ended(Ended.wall, starved_seconds=3.75), [10, 16]),  # as much more as others took
        (_ended(Ended.wall, starved_seconds=1.5), [10]),
        (_ended(Ended.wall), [10]),
        (_ended(Ended.idle), [10]),
    ],
)
def test_what_was_the_host_s_doing_is_run_again_alone(first, clocks):
    runs, alone, notes = Runs(first, RESULT), list[int](), list[str]()
    result = Patient(runs, notes.append, lambda: alone.append(len(runs.clocks))).run(JOB)
    assert runs.clocks == clocks
    again = len(clocks) == 2
    assert (result is RESULT, alone, len(notes)) == (again, [1] if again else [], int(again))


def test_a_second_run_does_not_call_itself_off(lanes):
    ahead = Ahead(lanes)
    runs = Runs(_ended(Ended.wall, starved_seconds=6.0), RESULT)

    def work(call_off: CallOff) -> RunResult:
        return Patient(Recallable(runs, call_off), lambda _: None, lambda: ahead.call_off(but=call_off)).run(JOB)

    early = ahead.start(work)
    assert (early.result(), runs.clocks) == (RESULT, [10, 20])
