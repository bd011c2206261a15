"""Started early, read in order: work whose result may be needed later begins now, where a processor is free for it.

The ladder still decides step by step, and a lower rung's failure still comes first: what was begun for a higher one
is then called off. Work that has not begun when its turn comes is done there and then, so that with no free
processor the ladder is what it would be without this module: one thing after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from sandbox.calloff import CallOff
from sandbox.errors import CalledOff
from sandbox.job import Job, Runner, RunResult
from sandbox.turns import Worked

Result = TypeVar("Result")


@dataclass(frozen=True)
class _Done(Generic[Result]):
    value: Result
    seconds: float


class Early(Generic[Result]):
    """A piece of work that may have begun before its turn came. Made by `Ahead.start`."""

    def __init__(self, work: Callable[[CallOff], Result], lanes: ThreadPoolExecutor | None) -> None:
        self._work = work
        self._lanes = lanes
        self._call_off = CallOff()
        self._future: Future[_Done[Result]] | None = None
        self._done: _Done[Result] | None = None
        self.seconds = 0.0
        """How long the work took, once its result was read; not how long it was waited for."""
        self.had_company = False
        """Whether the result that was read came of work that was done early, beside other work of ours."""

    def begin(self) -> None:
        """Do it as soon as a lane is free."""
        if self._lanes is not None and self._future is None:
            self._future = self._lanes.submit(self._do, self._call_off)

    def result(self) -> Result:
        """What came of the work: waited for where it has begun, done now where it has not. Raises as the work does.

        It is done once: whoever asks again gets the same.
        """
        if self._done is not None:
            return self._done.value
        future, self._future = self._future, None
        done: _Done[Result] | None = None
        if future is not None and not future.cancel():
            with suppress(CalledOff):
                done = future.result()
        self.had_company = done is not None
        if done is None:
            self._call_off = CallOff()
            done = self._do(self._call_off)
        self._done, self.seconds = done, done.seconds
        return done.value

    def call_off(self) -> None:
        """End it, where it has begun; what it raises or returns is not looked at. A later `result` does it anew."""
        future = self._future  # another thread may be reading the result
        if future is not None and not future.cancel():
            self._call_off.call()

    def end(self) -> None:
        """End it, also where somebody was waiting for its result and was interrupted."""
        self.call_off()
        self._call_off.call()

    def is_ended_by(self, call_off: CallOff) -> bool:
        """Whether that is what its runs are called off by."""
        return self._call_off is call_off

    def _do(self, call_off: CallOff) -> _Done[Result]:
        call_off.check()
        clock = Worked()
        value = self._work(call_off)
        return _Done(value, clock.seconds)


class Ahead:
    """The early work of one ladder.

    Args:
        lanes: where it is done, see `lanes`; None: nothing is done early.
    """

    def __init__(self, lanes: ThreadPoolExecutor | None) -> None:
        self._lanes = lanes
        self._lock = threading.Lock()
        self._begun: list[Early[Any]] = []
        self._always: list[Early[Any]] = []

    def start(self, work: Callable[[CallOff], Result], *, early: bool = True, always: bool = False) -> Early[Result]:
        """Begin `work` as soon as a lane is free; it gets what its runs can be called off by.

        Args:
            early: False: it begins when its result is read, or `begin` is called.
            always: its result is read however the ladder ends, so it is called off at the very end only.
        """
        begun = Early(work, self._lanes)
        with self._lock:
            (self._always if always else self._begun).append(begun)
        if early:
            begun.begin()
        return begun

    def call_off(self, but: CallOff | None = None) -> None:
        """End what was begun and whose turn has not come, because it is not needed or in the way of the one `but`."""
        with self._lock:
            begun = [one for one in self._begun if but is None or not one.is_ended_by(but)]
        for one in begun:
            one.call_off()

    def close(self) -> None:
        """End everything that was begun and has not ended."""
        with self._lock:
            begun = [*self._begun, *self._always]
        for one in begun:
            one.end()


@dataclass(frozen=True)
class Recallable:
    """A runner whose jobs can be called off.

    Attributes:
        inner: what runs the jobs.
        call_off: what ends them.
    """

    inner: Runner
    call_off: CallOff

    def run(self, job: Job) -> RunResult:
        """Run `job` to its end. Raises CalledOff, and as `inner` does."""
        self.call_off.check()
        return self.inner.run(replace(job, call_off=self.call_off))

    def close(self) -> None:
        """Close what runs the jobs."""
        self.inner.close()
