"""Sets that are run without an engine: each entry's process is a line of shell that leaves a report, or does not."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from p2c.bench.child import Child
from p2c.bench.entry import Entry, Options
from p2c.bench.places import Places, opened
from p2c.bench.purse import Purse
from p2c.bench.record import End, Record
from p2c.bench.row import Row, row_of
from p2c.bench.schedule import Schedule, State
from p2c.bench.stopping import Stopping
from p2c.bench.task import Task, task_of
from p2c.report.repairs import Edits
from p2c.report.summary import Report, summarise
from p2c.types import Attempt, Ending, LineCount, LinesModified, Usage
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Rung, Verdict


def a_report(
    *,
    ending: Ending = Ending.verified,
    rungs: tuple[Rung, Rung] = (Rung.imports, Rung.replays),
    reduced: int = 2,
    baseline: int = 100,
    origins: Sequence[tuple[str, bool]] = (("model", True),),
    usage: Mapping[str, Usage] | None = None,
    reason: str = "it ran",
) -> Report:
    """The report of a repair."""

    def verdict(rung: Rung) -> Verdict:
        outcome = Outcome.passed if rung >= Rung.runs else Outcome.failed
        return Verdict(repository="r", tree="0" * 64, rung=rung, outcome=outcome, summary=reason)

    attempts = tuple(
        Attempt(
            number=number,
            signature="s",
            failure="f",
            origin=origin,
            accepted=accepted,
            reason="r",
            rung_before=int(rungs[0]),
            lines=LineCount(python=reduced if accepted else 9),
        )
        for number, (origin, accepted) in enumerate(origins, 1)
    )
    lines = LineCount(python=reduced)
    return summarise(
        title="r",
        tree=Tree({"main.py": b"print(1)\n"}),
        verdict=verdict(rungs[1]),
        first_verdict=verdict(rungs[0]),
        ending=ending,
        ending_reason=reason,
        attempts=attempts,
        lines_modified=LinesModified(baseline_lines=baseline, net=lines, gross=lines, reduced=lines),
        usage=usage or {},
        model="m" if any(origin == "model" for origin, _ in origins) else None,
        recorded=False,
        seconds=1.0,
        sandbox_seconds=0.5,
    )


@pytest.fixture
def report() -> Callable[..., Report]:
    """Makes reports."""
    return a_report


@dataclass
class Seen:
    """A watch that remembers."""

    told: list[tuple[str, str]] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    on_start: Callable[[Task], None] = lambda _task: None

    def started(self, task: Task, state: State) -> None:
        self.told.append(("started", task.name))
        self.states.append(state)
        self.on_start(task)

    def ended(self, task: Task, record: Record, state: State) -> None:
        self.told.append((record.end.value, task.name))
        self.states.append(state)

    def tick(self, state: State) -> None:
        self.states.append(state)


@dataclass
class Bench:
    """A set in a folder.

    Attributes:
        entries: by name, in order.
        does: name -> what its process does: a line of shell, in which `report NAME` leaves a report.
        reports: name -> report.
    """

    root: Path
    entries: dict[str, Entry] = field(default_factory=dict)
    does: dict[str, str] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=lambda: {"verified": a_report()})
    seen: Seen = field(default_factory=Seen)
    stopping: Stopping = field(default_factory=Stopping)
    launched: list[tuple[str, ...]] = field(default_factory=list)
    patience: float = 5.0

    def add(self, name: str, does: str = "report verified", **options: object) -> None:
        """One more repository."""
        repository = self.root / "repositories" / str(len(self.entries))
        repository.mkdir(parents=True, exist_ok=True)
        (repository / "main.py").write_text(f"print({len(self.entries)})\n")
        self.entries[name] = Entry(
            name=name,
            kind="repository",
            path=repository,
            place=str(repository),
            options=Options.model_validate(options),
        )
        self.does[name] = does

    def tasks(self, places: Places, model: str | None = None, again: Sequence[str] = ()) -> list[Task]:
        """All of the set, with its state."""
        return [task_of(entry, places, model, lambda name: name in again) for entry in self.entries.values()]

    def run(
        self, jobs: int = 2, max_cost: float | None = None, model: str | None = None, again: Sequence[str] = ()
    ) -> dict[str, Row]:
        """Run the set once; the rows, by name."""
        for name, one in self.reports.items():
            path = self.root / "reports" / f"{name}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(one.model_dump_json())
        with opened(self.root / "out") as places:
            tasks = self.tasks(places, model, again)
            records, unpaid = Schedule(
                tasks=tasks,
                places=places,
                jobs=jobs,
                purse=Purse(max_cost),
                launch=self._launch,
                watch=self.seen,
                stopping=self.stopping,
            ).run()
            known = {task.name: task.record for task in tasks if task.record} | dict(records)
            return {
                task.name: row_of(task.entry, known.get(task.name), places, unpaid=task.name in unpaid)
                for task in tasks
            }

    def _launch(self, words: Sequence[str], folder: Path, log: Path) -> Child:
        self.launched.append(tuple(words))
        reports = shlex.quote(str(self.root / "reports"))
        prelude = f'mkdir -p "$1"; cd "$1"; report() {{ cp {reports}/"$1".json new; mv new report.json; }}\n'
        shell = ["/bin/sh", "-c", prelude + self.does[folder.name], "sh", str(folder)]
        return Child(shell, folder, log, {"PATH": "/usr/bin:/bin"}, self.patience)


@pytest.fixture(autouse=True)
def not_ignoring_interrupts() -> Iterator[None]:
    """A shell's background job ignores SIGINT, and so would its children; `p2c bench` has a handler of its own."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """An empty set."""
    return Bench(tmp_path)


def a_row(name: str = "r", **changes: object) -> Row:
    """One that was mended with two lines, of a hundred, by the model."""
    lines = LineCount(python=2)
    usual: dict[str, object] = {
        "name": name,
        "kind": "repository",
        "group": "",
        "tags": (),
        "path": name,
        "end": End.verified,
        "message": "it ran",
        "first_rung": "imports",
        "rung": "replays",
        "first_outcome": "failed",
        "outcome": "passed",
        "lines": LinesModified(baseline_lines=100, net=lines, gross=lines, reduced=lines),
        "share": 0.02,
        "model_edits": Edits(accepted=1, lines=lines),
        "seconds": 10.0,
        "sandbox_seconds": 4.0,
        "report": f"runs/{name}/report.md",
        "log": f"logs/{name}.log",
    }
    return Row.model_validate({**usual, **changes})


@pytest.fixture
def row() -> Callable[..., Row]:
    """Makes rows."""
    return a_row


@pytest.fixture
def lines() -> Callable[..., LinesModified]:
    """Makes figures: reduced lines, and perhaps others, of a baseline."""

    def make(reduced: int, *, net: int | None = None, gross: int | None = None, baseline: int = 100) -> LinesModified:
        counts = [LineCount(python=n) for n in (reduced, reduced if net is None else net)]
        last = counts[1] if gross is None else LineCount(python=gross)
        return LinesModified(baseline_lines=baseline, reduced=counts[0], net=counts[1], gross=last)

    return make
