"""A finished run, written down: `verdict.json`, `report.json`, `report.md` and the lock of its environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from p2c.repair.formats import EDIT_NOTE
from p2c.repair.result import RepairResult
from p2c.report.costs import refused_by_step
from p2c.report.repairs import Reduced
from p2c.report.summary import Report, summarise
from p2c.report.text import as_markdown
from p2c.report.times import model_seconds, sandbox_seconds, working_seconds
from p2c.run.folder import RunFolder
from p2c.run.journal import Event
from p2c.run.outputs import kept_outputs
from p2c.types import Usage

PAPER_NOTE = "paper: "
"""How notes on what the model reads of the paper begin."""


def write_report(
    folder: RunFolder,
    result: RepairResult,
    *,
    title: str,
    usage: Mapping[str, Usage],
    model: str | None,
    recorded: bool,
) -> Report:
    """Write the report of `result` to the run folder, and return it.

    Args:
        title: the paper's title, or the repository's name.
        usage: tokens and cost by step.
        model: the model's name, or None when none was asked.
        recorded: whether its replies were recorded ones.

    Raises:
        RunFolderError: the folder cannot be written to.
    """
    events = tuple(folder.journal.events())
    report = summarise(
        title=title,
        tree=result.tree,
        verdict=result.verdict,
        first_verdict=result.first_verdict,
        ending=result.ending,
        ending_reason=result.reason,
        attempts=result.attempts,
        lines_modified=result.lines,
        made_smaller=result.made_smaller,
        reduction=Reduced(
            hunks_before=result.reduction.before,
            hunks_after=result.reduction.after,
            runs=result.reduction_runs,
            is_minimal=result.reduction.minimal,
            unfinished=result.reduction.unfinished,
        ),
        usage=usage,
        refused=refused_by_step(events),
        model=model,
        recorded=recorded,
        seconds=working_seconds(events),
        sandbox_seconds=sandbox_seconds(events),
        model_seconds=round(model_seconds(events), 3),
        paper_notes=_notes(events, PAPER_NOTE),
        edit_notes=_notes(events, EDIT_NOTE),
        outputs=kept_outputs(folder, result.verdict.smoke.files_written if result.verdict.smoke else ()),
    )
    folder.write("verdict.json", result.verdict.model_dump_json(indent=2) + "\n")
    folder.write("report.json", report.model_dump_json(indent=2) + "\n")
    folder.write("report.md", as_markdown(report))
    if result.verdict.environment:
        folder.write("requirements.lock", result.verdict.environment.lock)
    return report


def _notes(events: Iterable[Event], kind: str) -> tuple[str, ...]:
    """What was said of this kind in the run's last process; an earlier one may have had another model."""
    found: dict[str, None] = {}
    for event in events:
        message = str(event.get("message", ""))
        if event["event"] == "started":
            found.clear()
        elif event["event"] == "note" and message.startswith(kind):
            found[message.removeprefix(kind)] = None
    return tuple(found)
