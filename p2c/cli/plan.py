"""`p2c plan`: the plan of a paper, made, or of a run folder, as it stands there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from p2c.cli import generate
from p2c.cli.names import check_names, names_options, settle_names
from p2c.cli.shield import is_github, no_commands
from p2c.errors import UsageError
from p2c.report.formats.github import without_commands
from p2c.report.plan_text import show_plan
from p2c.run.folder import META, RunFolder
from p2c.stages.reading import read_plan
from p2c.stages.view import PlanView, view


@click.command()
@click.argument("source", metavar="PAPER|RUN", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The run folder for a PAPER; made if need be.")
@click.option("--model", help="The model's name at the endpoint (or P2C_MODEL).")
@click.option("--base-url", help="The endpoint, in place of OPENAI_BASE_URL.")
@click.option("--max-cost", type=click.FloatRange(min=0), help="US dollars for the model, checked before each call.")
@click.option("--recorded", type=click.Path(path_type=Path), help="Recorded replies instead of an endpoint.")
@click.option("--smoke", help="The command that must run, a shell line; the plan is made for it.")
@click.option("--figures", is_flag=True, help="Show the model the paper's main figures; for models that see.")
@names_options
@click.option("-q", "--quiet", is_flag=True, help="No progress; only the plan.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as one JSON object on standard output.")
@click.pass_context
def command(context: click.Context, /, source: Path, output: Path | None, **options: Any) -> int:
    """Show the plan: files and what each needs, smoke contract, what of the paper is implemented where, every setting
    with its place in the paper or as an assumption, the diagrams, what was left out of the paper, what the checks say.

    For a RUN folder the plan is shown as it stands there, edits included; no model is asked. For a PAPER planning is
    done first, in the folder of --output; `p2c generate` with the same folder goes on from there.

    Exit status: 0 shown, 2 bad usage or input (also: planning has not come to its end), 3 infrastructure.
    """
    resolve, accept = options.pop("resolve_names"), options.pop("accept_names")
    quiet, as_json = options.pop("quiet"), options.pop("as_json")
    check_names(resolve=resolve)
    folder = source
    if not (source / META).is_file():
        if output is None:
            raise UsageError(f"{source} is no run folder; to plan a paper, name a folder for the run: -o runs/NAME")
        folder = output
        context.invoke(
            generate.command, paper=source, output=output, until="planning", quiet=quiet or as_json, **options
        )
    if accept:
        _settle(folder, resolve=resolve, accept=True, quiet=quiet)
    _show(view(*read_plan(folder)), as_json=as_json)
    if resolve and not accept:
        _settle(folder, resolve=True, accept=False, quiet=quiet)  # last, as it is what is to be reviewed
    return 0


def _settle(folder: Path, *, resolve: bool, accept: bool, quiet: bool) -> None:
    with RunFolder.open(folder) as opened:
        settle_names(opened, resolve=resolve, accept=accept, quiet=quiet)


def _show(shown: PlanView, *, as_json: bool) -> None:
    console = Console(highlight=False, stderr=as_json)
    with no_commands(console, is_read=is_github()):
        if as_json:
            click.echo(without_commands(shown.model_dump_json(indent=2)))
        else:
            show_plan(shown, console)
