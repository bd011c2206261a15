"""Runs the entries of a set, several at once, each as a process of its own; one thread does it all.

An entry's end, whatever it is, is written down at once (`record.py`), so that this process may be killed at any moment:
the next one reads the records and goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from p2c.bench.child import Child, Ended, NotStarted
from p2c.bench.command import command_of
from p2c.bench.entry import Entry
from p2c.bench.eta import Eta
from p2c.bench.places import Places
from p2c.bench.purse import Purse, Spent
from p2c.bench.record import SPEAKS, End, Record, write_record
from p2c.bench.spent import asked_in
from p2c.bench.stopping import Stopping
from p2c.bench.tail import Tail
from p2c.bench.task import Task

POLL = 0.05
"""Seconds between two looks at the processes."""
LOOK = 0.5
"""Seconds between two looks at what they write."""
GRACE_MINUTES = 30.0
"""After `max-minutes` the reduction and the replay still follow."""

Launch = Callable[[Sequence[str], Path, Path], Child]
"""The words behind `p2c`, the run folder, the log."""


@dataclass
class Running:
    """An entry under way."""

    task: Task
    record: Record
    """With the seconds of earlier processes."""
    child: Child
    tail: Tail

    @property
    def had(self) -> float:
        """Seconds so far, those of earlier processes included."""
        return self.child.seconds + self.record.seconds


@dataclass(frozen=True)
class State:
    """How the set stands, for whoever shows it."""

    total: int
    finished: int
    """Entries that need nothing more."""
    running: tuple[Running, ...]
    waiting: int
    held: tuple[str, ...]
    """Entries that an earlier command's process still has."""
    spent_usd: float
    """For calls whose price is known."""
    unpriced: int
    """Entries of which that is not all."""
    eta_seconds: float | None
    is_stopping: bool


class Watch(Protocol):
    """Is told what happens."""

    def started(self, task: Task, state: State) -> None:
        """A process was started for it."""

    def ended(self, task: Task, record: Record, state: State) -> None:
        """Its process has ended."""

    def tick(self, state: State) -> None:
        """About twice a second."""


@dataclass
class Schedule:
    """The work on a set.

    Attributes:
        tasks: all of the set, the finished ones included.
        jobs: entries at once.
        purse: the money.
        launch: starts a process.
        watch: is told what happens.
        stopping: whether the user wants it to end.
    """

    tasks: Sequence[Task]
    places: Places
    jobs: int
    purse: Purse
    launch: Launch
    watch: Watch
    stopping: Stopping
    eta: Eta = field(default_factory=Eta)

    def __post_init__(self) -> None:
        self._waiting = [task for task in self.tasks if not task.is_finished]
        self._running: list[Running] = []
        self._ended: dict[str, Record] = {}
        self._held: tuple[str, ...] = ()
        self._unpaid: set[str] = set()
        self._spent: dict[str, float] = {}
        self._unpriced: set[str] = set()
        for task in self.tasks:
            if not task.fresh:
                self._count(task)
        for task in self.tasks:
            if task.record is not None and task.record.end in SPEAKS:
                self.eta.learn(task.entry, task.record.seconds)

    def run(self) -> tuple[Mapping[str, Record], frozenset[str]]:
        """Run what is not finished.

        Returns:
            The records of this command, by name, and the entries for which no money was left.

        Raises:
            RunFolderError: the output folder cannot be written to; what runs is ended before.
        """
        try:
            looked = 0.0
            while self._running or (self._waiting and not self.stopping.level):
                self._press()
                self._collect()
                self._start()
                if time.monotonic() - looked >= LOOK:
                    looked = time.monotonic()
                    self._look()
                if self._running or self._waiting:
                    self.stopping.wait(POLL)
        except BaseException:
            self._end_all()
            raise
        return self._ended, frozenset(self._unpaid)

    def _start(self) -> None:
        """Start what there is room and money for."""
        held = []
        for task in list(self._waiting):
            if self.stopping.level or len(self._running) >= self.jobs:
                break
            if self.places.is_held(task.name):
                held.append(task.name)
                continue
            try:
                limit = self._limit(task)
            except Spent:
                if not any(one.task.may_pay for one in self._running):
                    self._waiting.remove(task)
                    self._unpaid.add(task.name)
                continue
            self._waiting.remove(task)
            self._begin(task, limit)
        self._held = tuple(held)

    def _limit(self, task: Task) -> float | None:
        own = task.entry.options.max_cost
        if not task.may_pay:
            return own
        payers = sum(one.may_pay for one in self._waiting)
        limit = self.purse.take(task.name, own, self._spent, min(self.jobs - len(self._running), payers))
        if limit is not None and task.had_as_much_as(limit):
            self.purse.give_back(task.name)
            raise Spent
        return limit

    def _begin(self, task: Task, limit: float | None) -> None:
        own = task.entry.options.max_cost
        share = limit if limit is not None and (own is None or limit < own) else None
        if task.fresh:
            self.places.set_aside(task.name)
            task = replace(task, record=None, fresh=False)
        before = task.record
        record = Record(
            name=task.name,
            inputs=task.inputs,
            limits=task.limits,
            end=End.interrupted,
            message="this process was killed before the entry ended; it goes on from where it was",
            exit_status=None,
            seconds=before.seconds if before else 0.0,
            processes=(before.processes if before else 0) + 1,
            share_usd=share,
        )
        write_record(self.places.record(task.name), record, self.places.scratch)
        folder, log = self.places.run(task.name), self.places.log(task.name)
        tail = Tail(folder)
        try:
            child = self.launch(command_of(task.entry, folder, limit), folder, log)
        except NotStarted as error:
            self.purse.give_back(task.name)
            self._keep(task, record.model_copy(update={"end": End.infrastructure, "message": str(error)}))
            return
        one = Running(task, record, child, tail)
        self._running.append(one)
        self.watch.started(one.task, self.state())

    def _collect(self) -> None:
        """Take in who has ended, and end who is overdue."""
        for one in list(self._running):
            status = one.child.poll()
            if status is None:
                after = _end_after(one.task.entry)
                if after is not None and one.child.seconds > after and not one.child.is_overdue:
                    one.child.overdue()
                continue
            self._running.remove(one)
            self._note(one, one.child.ended(status))

    def _note(self, one: Running, ended: Ended) -> None:
        task = one.task
        record = one.record.model_copy(
            update={
                "end": ended.end,
                "message": ended.message,
                "exit_status": ended.exit_status,
                "seconds": round(ended.seconds + one.record.seconds, 3),
            }
        )
        self._count(task)
        self.purse.give_back(task.name)
        self._keep(task, record)

    def _count(self, task: Task) -> None:
        """What the entry has spent so far, as its run folder has it."""
        asked = asked_in(self.places.run(task.name))
        self._spent[task.name] = asked.dollars
        if not asked.is_known:
            self._unpriced.add(task.name)

    def _keep(self, task: Task, record: Record) -> None:
        """What became of the entry, for this command and the next."""
        write_record(self.places.record(task.name), record, self.places.scratch)
        self._ended[task.name] = record
        if record.end in SPEAKS:
            self.eta.learn(task.entry, record.seconds)
        self.watch.ended(task, record, self.state())

    def _press(self) -> None:
        """Pass on what the user wants."""
        for wish in self.stopping.news():
            for one in self._running:
                one.child.interrupt() if wish == 1 else one.child.hurry()

    def _look(self) -> None:
        for one in self._running:
            one.tail.read()
        self.watch.tick(self.state())

    def _end_all(self) -> None:
        for one in self._running:
            one.child.interrupt()
        while self._running:
            self._running = [one for one in self._running if one.child.poll() is None]
            time.sleep(POLL)

    def state(self) -> State:
        """How it stands."""
        finished = len(self.tasks) - len(self._waiting) - len(self._running)
        waiting = [(task.entry, task.record.seconds if task.record else 0.0) for task in self._waiting]
        running = [(one.task.entry, one.had) for one in self._running]
        paying = {one.task.name: one.tail.cost for one in self._running}
        return State(
            total=len(self.tasks),
            finished=finished,
            running=tuple(self._running),
            waiting=len(self._waiting),
            held=self._held,
            spent_usd=sum(self._spent.values()) + sum(cost or 0.0 for cost in paying.values()),
            unpriced=len(self._unpriced | {name for name, cost in paying.items() if cost is None}),
            eta_seconds=self.eta.left(waiting, running, self.jobs),
            is_stopping=self.stopping.level > 0,
        )


def _end_after(entry: Entry) -> float | None:
    """Seconds after which its process is ended; None: never."""
    options = entry.options
    if options.end_after is not None:
        return options.end_after * 60
    return None if options.max_minutes is None else (options.max_minutes + GRACE_MINUTES) * 60
