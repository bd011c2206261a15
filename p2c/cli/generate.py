"""`p2c generate`: a repository that runs, from a paper."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from packaging.utils import canonicalize_name
from rich.console import Console

from p2c import prompts
from p2c.cli.ending import end
from p2c.cli.limits import LONGEST_SECONDS, limits
from p2c.cli.names import check_names, names_options, settle_names
from p2c.cli.options import candidates_option, edit_format_option
from p2c.cli.shield import is_github, no_commands
from p2c.model.opening import open_model
from p2c.model.prices import refuse_unknown_price
from p2c.model.settings import ModelSettings
from p2c.paper.known import read_known
from p2c.pipeline import Run, run_pipeline
from p2c.repair.formats import EditFormat
from p2c.repair.settings import RepairSettings
from p2c.report import costs
from p2c.report.progress import Progress
from p2c.run.ahead import Ahead
from p2c.run.folder import RunFolder
from p2c.stages.deadline import Deadline
from p2c.stages.patient import Patient
from p2c.types import Paper, Usage
from sandbox.controller import Sandbox
from sandbox.engine import connect
from sandbox.settings import Settings

_MADE = {"planning": "plan/", "analysis": "plan/ and analysis/", "coding": "plan/, analysis/ and code/"}
_RECORDED = (
    "The model's replies in this run were recorded earlier ({folder}); everything else is done for real. To use a "
    "model of your own, set OPENAI_BASE_URL, OPENAI_API_KEY and --model, and leave out --recorded."
)


@click.command()
@click.argument("paper", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The run folder; made if need be.")
@click.option("--model", help="The model's name at the endpoint (or P2C_MODEL).")
@click.option("--base-url", help="The endpoint, in place of OPENAI_BASE_URL.")
@click.option("--figures", is_flag=True, help="Show the model the paper's main figures; for models that see.")
@names_options
@click.option("--until", type=click.Choice(list(_MADE)), help="Stop after this stage; the same command goes on.")
@click.option("--max-cost", type=click.FloatRange(min=0), help="US dollars for the model, checked before each call.")
@click.option("--max-attempts", type=click.IntRange(min=0), help="Edits by the debugging agent, in all.")
@candidates_option
@edit_format_option
@click.option("--max-minutes", type=click.FloatRange(min=0), help="Wall time after which the model is asked no more.")
@click.option("--recorded", type=click.Path(path_type=Path), help="Recorded replies instead of an endpoint.")
@click.option("--smoke", help="The command that must run, a shell line; the plan is made for it.")
@click.option(
    "--allow", multiple=True, metavar="PACKAGE", help="Install this distribution although it is little known."
)
@click.option("--timeout", type=click.FloatRange(1, LONGEST_SECONDS), help="Seconds for one run in the sandbox.")
@click.option("--runtime", help="The daemon's OCI runtime for the sandbox, for example runsc (gVisor).")
@click.option("-q", "--quiet", is_flag=True, help="No progress; only the result.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object on standard output.")
def command(**options: Any) -> int:
    """Make a repository from PAPER (PDF, LaTeX, S2ORC JSON or Markdown) and see it run in the sandbox.

    Everything lands in the run folder as readable files: stop with --until, edit them, and go on with the same
    command; only what depends on an edit is made anew. Interrupt at any time; nothing that was paid for is lost.

    Exit status: 0 verified (or --until reached, or names are to be reviewed), 1 not verified, 2 bad usage or input
    (also: another process holds the folder, it may not be written to, it is of another paper), 3 infrastructure (also:
    the endpoint failed, the disk is full), 130 interrupted.
    """
    chosen = Options(**options)
    with no_commands(Console(stderr=chosen.as_json), is_read=is_github()):
        return _generate(chosen)


def _generate(chosen: Options) -> int:
    """Generate, and show the report; the exit status."""
    paper, figures = _read(chosen.paper)
    asked = chosen.model_settings()
    refuse_unknown_price(asked)
    check_names(resolve=chosen.resolve_names)
    if chosen.until is None:
        connect().close()  # a missing engine is said now, before a token is paid for
    console = Console(stderr=True, highlight=False)
    if chosen.recorded and not chosen.quiet:
        console.print(_RECORDED.format(folder=chosen.recorded), markup=False, soft_wrap=True)
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(console, quiet=chosen.quiet))
        folder = stack.enter_context(RunFolder.open(chosen.output, (progress,)))
        folder.claim_paper(paper.digest, paper.title)
        run = _run(chosen, asked=asked, folder=folder, paper=paper, figures=figures, stack=stack)
        before = run.model.usage()
        with _costs_shown(chosen, run, console):
            if not _names_settled(chosen, folder, run):
                if chosen.as_json:
                    click.echo(json.dumps({"until": "names", "folder": str(chosen.output)}))
                return 0
            report = run_pipeline(run, chosen.until)
        usage = run.model.usage()
    if report is None:
        _stopped(chosen, usage, asked=usage != before)
        return 0
    return end(report, chosen.output, as_json=chosen.as_json, quiet=chosen.quiet, asked=usage != before)


@contextmanager
def _costs_shown(chosen: Options, run: Run, console: Console) -> Iterator[None]:
    """Where it ends with an error or an interrupt, what was paid until then is shown all the same."""
    try:
        yield
    except BaseException:  # whatever it is, it goes on
        if not chosen.quiet:
            costs.show(run.model.usage(), console, is_recorded=run.recorded)
        raise


def _names_settled(chosen: Options, folder: RunFolder, run: Run) -> bool:
    """Whether the run may go on: nothing was asked about names, or nothing is left to be reviewed."""
    if not (chosen.resolve_names or chosen.accept_names):
        return True
    run_pipeline(run, "planning")
    return settle_names(folder, resolve=chosen.resolve_names, accept=chosen.accept_names, quiet=chosen.quiet)


@dataclass(frozen=True)
class Options:
    """The command line's words, as click read them."""

    paper: Path
    output: Path
    model: str | None
    base_url: str | None
    figures: bool
    resolve_names: bool
    accept_names: bool
    until: str | None
    max_cost: float | None
    max_attempts: int | None
    candidates: int
    edit_format: EditFormat
    max_minutes: float | None
    recorded: Path | None
    smoke: str | None
    allow: tuple[str, ...]
    timeout: float | None
    runtime: str | None
    quiet: bool
    as_json: bool

    def model_settings(self) -> ModelSettings:
        """Which model is asked. Raises NoEndpoint, UsageError."""
        environment = {**os.environ, **({"OPENAI_BASE_URL": self.base_url} if self.base_url else {})}
        return ModelSettings.from_environment(
            model=self.model, max_cost_usd=self.max_cost, recorded=self.recorded, environment=environment
        )

    def settings(self) -> Settings:
        """How code is run."""
        allowed = frozenset(canonicalize_name(name) for name in self.allow)
        return Settings(limits=limits(self.timeout), runtime=self.runtime, smoke=self.smoke, allow=allowed)

    def repair(self) -> RepairSettings:
        """The budget of the repair."""
        settings = RepairSettings(candidates=self.candidates, edit_format=self.edit_format)
        return settings if self.max_attempts is None else replace(settings, max_attempts=self.max_attempts)


def _run(
    chosen: Options,
    *,
    asked: ModelSettings,
    folder: RunFolder,
    paper: Paper,
    figures: dict[str, bytes],
    stack: ExitStack,
) -> Run:
    """The run with its model and its sandbox, which the stack closes."""
    talking = stack.enter_context(open_model(asked, folder.journal, folder.exchanges))
    name = asked.model or "recorded replies"
    folder.claim_model(name, prompts.digest())
    folder.update_meta(
        options={"smoke": chosen.smoke, "allow": sorted(chosen.settings().allow), "edit_format": chosen.edit_format}
    )
    folder.journal.emit("started", paper=paper.title, model=name)
    settings = chosen.settings()

    def say(line: str) -> None:
        folder.journal.emit("note", message=line)

    def interrupted(line: str) -> None:
        folder.journal.emit("interrupted", message=line)

    return Run(
        folder=folder,
        paper=paper,
        figures=figures,
        model=Deadline(Patient(talking, interrupted), chosen.max_minutes),
        model_name=name,
        sandbox=None
        if chosen.until
        else stack.enter_context(
            Ahead(lambda: Sandbox.open(settings, lambda line: say(f"sandbox: {line}"), spare=chosen.candidates))
        ),
        settings=settings,
        repair=chosen.repair(),
        recorded=chosen.recorded is not None,
        context_tokens=asked.context_tokens,
        show_figures=chosen.figures,
        workers=max(1, asked.concurrency),
    )


def _read(path: Path) -> tuple[Paper, dict[str, bytes]]:
    """The paper and its figures, name -> image, before anything is written to the run folder."""
    with tempfile.TemporaryDirectory(prefix="p2c-figures-") as name:
        paper = read_known(path, Path(name))
        return paper, {file.name: file.read_bytes() for file in sorted(Path(name).iterdir()) if file.is_file()}


def _stopped(chosen: Options, usage: Mapping[str, Usage], *, asked: bool) -> None:
    """Say how to go on, and what was paid so far."""
    stage = str(chosen.until)
    if chosen.as_json:
        paid = [cost.model_dump() for cost in costs.by_stage(usage)]
        click.echo(json.dumps({"until": stage, "folder": str(chosen.output), "costs": paid}))
    elif not chosen.quiet:
        costs.show(usage, Console(highlight=False), is_recorded=chosen.recorded is not None, asked=asked)
        click.echo(
            f"Stopped after {stage}, as asked. The files in {_MADE[stage]} of {chosen.output} may be edited; "
            f"p2c generate with -o {chosen.output}, without --until, goes on from there."
        )
