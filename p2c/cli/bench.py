"""`p2c bench`: many papers or repositories, several at once, one table at the end."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from p2c.bench.child import Child, p2c
from p2c.bench.entry import Entry
from p2c.bench.files import write_results
from p2c.bench.jobs import usual_jobs
from p2c.bench.live import Progress
from p2c.bench.manifest import Manifest, read_manifest
from p2c.bench.places import Places, opened, refuse_overlaps
from p2c.bench.purse import Purse
from p2c.bench.record import End
from p2c.bench.result import Bench, bench_of, exit_status
from p2c.bench.row import Row, row_of
from p2c.bench.schedule import Schedule
from p2c.bench.stopping import Stopping, heeding_signals
from p2c.bench.task import Task, model_of, task_of
from p2c.bench.terminal import show
from p2c.cli.shield import is_github, no_commands
from p2c.errors import UsageError
from p2c.report.formats.github import without_commands
from p2c.report.plain import plain
from sandbox.engine import connect

_WIDE = 160
"""Columns, where there is no terminal."""


@click.command()
@click.argument("manifest", type=click.Path(path_type=Path), required=False)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The output folder; default: MANIFEST's name-bench."
)
@click.option("-j", "--jobs", type=click.IntRange(1, 256), help="Entries at once; default: what this machine bears.")
@click.option("--max-cost", type=click.FloatRange(min=0), help="US dollars for the whole set.")
@click.option("--model", help="In place of the model among the manifest's defaults.")
@click.option("--no-model", is_flag=True, help="Only what can be mended without a model, for every entry.")
@click.option("--only", multiple=True, metavar="NAME", help="Only entries of this name (or pattern).")
@click.option("--again", multiple=True, metavar="NAME", help="Make entries of this name (or pattern) anew.")
@click.option(
    "--min-verified",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="Pass when this share of the entries is verified, whatever the manifest expects.",
)
@click.option("--check", "only_check", is_flag=True, help="Read the manifest, show what would be run, and end.")
@click.option("--schema", is_flag=True, help="Print the JSON schema of bench.json.")
@click.option("-q", "--quiet", is_flag=True, help="No progress; only the result.")
@click.option("--json", "as_json", is_flag=True, help="Print bench.json on standard output.")
def command(**options: Any) -> int:
    """Run p2c repair and p2c generate over the set that MANIFEST describes.

    Each entry is a process of its own: what ends one of them ends no other. The same command goes on where an earlier
    one stopped; finished entries are not run again. At the end: a table, the set's figures, one page of HTML and
    bench.json in the output folder. docs/bench.md says what a manifest holds.

    Exit status: 0 all entries ended as expected (or --min-verified holds), 1 some did not, 2 bad usage or input,
    3 infrastructure: the rest did not, and nothing is said about their code; 130 interrupted.
    """
    if options.pop("schema"):
        click.echo(json.dumps(Bench.model_json_schema(), indent=2))
        return 0
    if options["manifest"] is None:
        raise click.UsageError("Missing argument 'MANIFEST'.")
    chosen = Options(**options)
    with no_commands(Console(stderr=chosen.as_json), is_read=is_github()):
        return _run(chosen)


@dataclass(frozen=True)
class Options:
    """The command line's words, as click read them."""

    manifest: Path
    output: Path | None
    jobs: int | None
    max_cost: float | None
    model: str | None
    no_model: bool
    only: tuple[str, ...]
    again: tuple[str, ...]
    min_verified: float | None
    only_check: bool
    quiet: bool
    as_json: bool

    @property
    def folder(self) -> Path:
        """The output folder."""
        return self.output or Path(f"{self.manifest.stem}-bench")


def _run(chosen: Options) -> int:
    """Run the set, and show what came of it; the exit status."""
    manifest = _chosen_entries(read_manifest(chosen.manifest, model=chosen.model, no_model=chosen.no_model), chosen)
    refuse_overlaps(manifest, chosen.folder)
    models = {entry.name: model_of(_limited(entry, chosen.max_cost), os.environ) for entry in manifest.entries}
    if chosen.only_check:
        _show_check(manifest, models)
        return 0
    with opened(chosen.folder) as places, heeding_signals() as stopping:
        tasks = [
            task_of(entry, places, models[entry.name], lambda name: _matches(name, chosen.again))
            for entry in manifest.entries
        ]
        if any(not task.is_finished for task in tasks):
            connect().close()  # a missing engine is said once, before anything starts
        rows, jobs = _rows(chosen, places, tasks, stopping)
        bench = bench_of(
            manifest.title,
            manifest.path.name,
            rows,
            jobs=jobs,
            max_cost_usd=chosen.max_cost,
            interrupted=stopping.level > 0 and any(row.end in (End.interrupted, End.waiting) for row in rows),
        )
        write_results(bench, places)
    status, why = exit_status(bench, chosen.min_verified)
    if chosen.as_json:
        click.echo(without_commands(bench.model_dump_json(indent=1)))
    elif not chosen.quiet:
        show(bench, result_console(), os.fsencode(chosen.folder).decode("utf-8", "replace"))
    click.echo(f"Exit status {status}: {why}.", err=chosen.as_json)
    return status


def result_console() -> Console:
    """For the table; a file or a pipe has no edge, so that no name is broken there."""
    console = Console(highlight=False)
    return console if console.is_terminal or "COLUMNS" in os.environ else Console(highlight=False, width=_WIDE)


def _rows(chosen: Options, places: Places, tasks: list[Task], stopping: Stopping) -> tuple[list[Row], int]:
    """Run what is to be run; what became of each entry, and how many went at once."""
    console, jobs = Console(stderr=True, highlight=False), chosen.jobs or usual_jobs()
    with Progress(console, quiet=chosen.quiet) as progress:
        schedule = Schedule(
            tasks=tasks,
            places=places,
            jobs=jobs,
            purse=Purse(chosen.max_cost),
            launch=lambda words, folder, log: Child([*p2c(), *words], folder, log, os.environ),
            watch=progress,
            stopping=stopping,
        )
        if not chosen.quiet:
            console.print(_plan(tasks, jobs), soft_wrap=True)
        records, unpaid = schedule.run()
    known = {task.name: task.record for task in tasks if task.record is not None} | dict(records)
    return [row_of(task.entry, known.get(task.name), places, unpaid=task.name in unpaid) for task in tasks], jobs


def _limited(entry: Entry, max_cost: float | None) -> Entry:
    """The entry with the set's limit of cost where it has none, for the question whether one can be held."""
    if max_cost is None or entry.options.max_cost is not None:
        return entry
    return entry.model_copy(update={"options": entry.options.model_copy(update={"max_cost": max_cost})})


def _chosen_entries(manifest: Manifest, chosen: Options) -> Manifest:
    """The manifest with the entries that `--only` names. Raises UsageError for a name that is none."""
    names = [entry.name for entry in manifest.entries]
    for pattern in (*chosen.only, *chosen.again):
        if not any(_matches(name, (pattern,)) for name in names):
            raise UsageError(f"no entry of {manifest.path} has a name like {pattern!r}")
    if not chosen.only:
        return manifest
    return replace(manifest, entries=tuple(one for one in manifest.entries if _matches(one.name, chosen.only)))


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns)


def _plan(tasks: list[Task], jobs: int) -> str:
    finished = sum(task.is_finished for task in tasks)
    going_on = sum(task.record is not None and not task.is_finished for task in tasks)
    return (
        f"Of {len(tasks)} in the set {finished} were finished before, {going_on} go on, "
        f"{len(tasks) - finished - going_on} begin; {jobs} at once"
    )


def _show_check(manifest: Manifest, models: dict[str, str | None]) -> None:
    for entry in manifest.entries:
        options = entry.options
        asks = models[entry.name] or "no model"
        said = f"{entry.name}: {entry.kind} {entry.place}, {asks}, {options.expect} is expected"
        click.echo(plain(f"{said}{f', class {options.class_}' if options.class_ else ''}"))
