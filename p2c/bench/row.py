"""What became of one entry: a row of the table."""

from __future__ import annotations

from typing import Literal

from p2c.bench.entry import Entry
from p2c.bench.places import LOGS, RUNS, Places
from p2c.bench.record import SPEAKS, End, Record, read_report
from p2c.bench.spent import asked_in
from p2c.report.plain import plain
from p2c.report.repairs import Edits
from p2c.report.summary import Report
from p2c.types import LinesModified, Usage, Value
from sandbox.verdict import Rung

_MESSAGE = 600
_UNDECIDED = frozenset({End.infrastructure, End.crashed, End.hung, End.interrupted})


class Row(Value):
    """One entry. What is None is not known, as there is no report."""

    name: str
    kind: Literal["repository", "paper"]
    group: str
    """The manifest's `class`; empty: none."""
    tags: tuple[str, ...]
    path: str
    """As the manifest writes it."""
    end: End
    message: str
    unexpected: tuple[str, ...] = ()
    """What is otherwise than the manifest expects; empty: nothing."""
    first_rung: str | None = None
    """Before any edit."""
    rung: str | None = None
    first_outcome: str | None = None
    outcome: str | None = None
    lines: LinesModified | None = None
    share: float | None = None
    """`lines.reduced` over the baseline's lines."""
    python_share: float | None = None
    """The same of Python lines alone."""
    is_minimal: bool | None = None
    """Whether taking back any one hunk of the mend is known to bring a failure back."""
    minimum: int | None = None
    """Lines of the known smallest mend."""
    fixers: Edits = Edits()
    """Deterministic edits."""
    model_edits: Edits = Edits()
    model: str | None = None
    recorded: bool = False
    """Whether the model's replies were recorded ones, so that their cost and time are those of the recording."""
    usage: Usage = Usage()
    seconds: float | None = None
    """Wall time of its processes; of those that outlived a killed bench the run's journal alone tells it."""
    sandbox_seconds: float | None = None
    model_seconds: float = 0.0
    """That an endpoint took for its calls; those side by side are added up."""
    report: str | None = None
    """The report for people, relative to the output folder."""
    log: str | None = None

    @property
    def is_judged(self) -> bool:
        """Whether there is a word on the code."""
        return self.end in SPEAKS

    @property
    def is_undecided(self) -> bool:
        """Whether something else than the code is why there is none."""
        return self.end in _UNDECIDED

    @property
    def ran_first(self) -> bool:
        """Whether it ran as it came."""
        return self.is_judged and self.first_outcome in ("passed", "survived") and _reaches(self.first_rung)

    @property
    def runs(self) -> bool:
        """Whether it runs in the end."""
        return self.end is End.verified and _reaches(self.rung)


def row_of(entry: Entry, record: Record | None, places: Places, *, unpaid: bool = False) -> Row:
    """The row of an entry.

    Args:
        record: of its run; None where it has not begun.
        unpaid: whether it was not begun for want of money.

    Raises:
        RunFolderError: the disk fails.
    """
    end = record.end if record else End.waiting
    report = read_report(places.run(entry.name)) if record and end in SPEAKS | {End.infrastructure} else None
    if report is not None and end.value != report.ending.value:
        report = None  # of a process before the one that the record tells of
    said = record.message if record else "--max-cost of the set is spent" if unpaid else ""
    row = Row(
        name=entry.name,
        kind=entry.kind,
        group=entry.options.class_,
        tags=entry.options.tags,
        path=entry.place,
        end=end,
        message=plain(said, _MESSAGE),
        minimum=entry.minimum,
        seconds=record.seconds if record else None,
        log=f"{LOGS}/{entry.name}.log" if record else None,
    )
    if record is None:
        return _judged(row, entry)
    asked = asked_in(places.run(entry.name))
    row = row.model_copy(update={"usage": asked.usage, "model_seconds": round(asked.seconds, 3)})
    return _judged(_reported(row, report) if report else row, entry)


def _reported(row: Row, report: Report) -> Row:
    return row.model_copy(
        update={
            "first_rung": report.first_verdict.rung.name,
            "rung": report.verdict.rung.name,
            "first_outcome": report.first_verdict.outcome.value,
            "outcome": report.verdict.outcome.value,
            "lines": report.lines_modified,
            "share": report.lines_modified.share,
            "python_share": report.lines_modified.python_share,
            "is_minimal": report.repair.reduction.is_minimal,
            "fixers": report.repair.fixers,
            "model_edits": report.repair.model,
            "model": report.model,
            "recorded": report.recorded,
            "usage": sum(report.usage.values(), start=Usage()),
            "seconds": max(row.seconds or 0.0, round(report.seconds, 3)),
            "sandbox_seconds": round(report.sandbox_seconds, 3),
            "model_seconds": report.model_seconds,
            "report": f"{RUNS}/{row.name}/report.md",
        }
    )


def _judged(row: Row, entry: Entry) -> Row:
    """The row with what is otherwise than expected."""
    if row.end is End.waiting:
        return row.model_copy(update={"unexpected": ("it was not begun",)})
    options = entry.options
    pairs = (
        ("it ended as", row.end.value, options.expect),
        ("its rung is", row.rung, options.expect_rung),
        ("its first rung was", row.first_rung, options.expect_first_rung),
    )
    found = (f"{what} {seen}, not {wanted}" for what, seen, wanted in pairs if seen and wanted and seen != wanted)
    return row.model_copy(update={"unexpected": tuple(found)})


def _reaches(rung: str | None) -> bool:
    return rung is not None and Rung[rung] >= Rung.runs
