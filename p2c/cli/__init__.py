"""The command line: one click command a file, loaded when it is used."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
import traceback

import click

from p2c.errors import P2cError
from sandbox.errors import InfrastructureError, SandboxError

COMMANDS = {
    "generate": "a repository that runs, from a paper",
    "plan": "the plan of a paper: files, graph, diagrams, settings with their sources",
    "verify": "a verdict on a repository: no model, no key",
    "repair": "a repository that does not run, mended with the fewest lines",
    "bench": "many papers or repositories, several at once, with one table",
    "lines": "the lines modified between two states of a repository, counted as repair counts its own",
    "replay": "the repository of a run, rebuilt from its folder: no model, no sandbox",
    "evaluate": "how far a repository does what its paper says, judged by a model",
    "requirements": "what a repository needs, and why; nothing of it runs",
    "clean": "room on the disk: what is kept, least recently used first, goes",
    "sandbox": "whether the sandbox holds on this engine, control by control",
    "doctor": "each part of the set-up, green or with the mend",
}


os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
"""None is of use here, and pydantic would look through every installed distribution for them."""
atexit.register(gc.freeze)
"""Or Python, when it ends, would look through all that was imported for garbage, which takes a third of a second."""


class _Commands(click.Group):
    """Imports a command's module only when it is asked for, so that `--help` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        gc.disable()  # what is imported stays: looking through it for garbage takes a tenth of the time
        try:
            module = importlib.import_module(f"p2c.cli.{cmd_name}")
        finally:
            gc.enable()
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("0.1.0", prog_name="p2c")
def cli() -> None:
    """A scientific paper goes in; a code repository that has been seen to run comes out."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process.

    Exit status: 0 done or verified, 1 not verified, 2 bad usage or input, 3 infrastructure, 130 interrupted. A bug of
    ours is 3 as well: it says nothing about the code.
    """
    try:
        result = cli.main(arguments, standalone_mode=False)
        status = result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show()
        status = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. What a model was paid for is kept: the same command goes on from there.", err=True)
        status = 130
    except P2cError as error:
        _say(error)
        status = error.exit_status
    except SandboxError as error:
        _say(error)
        status = 3 if isinstance(error, InfrastructureError) else 2
    except Exception:  # noqa: BLE001 - Python would end with status 1, which means that the code is not verified
        _show_bug()
        click.echo("Error: this is a bug of p2c and says nothing about the code; please report it", err=True)
        status = 3
    sys.exit(status)


def _say(error: Exception) -> None:
    """The error in one line; what a file's name or a program put into it is data."""
    from p2c.cli.shield import error_line  # noqa: PLC0415 - `--help` answers without it
    from p2c.run.secrets import hidden  # noqa: PLC0415

    click.echo(hidden(error_line(error)), err=True)


def _show_bug() -> None:
    """The traceback that is being handled, which may quote anything."""
    from rich.console import Console  # noqa: PLC0415 - `--help` answers without them

    from p2c.cli.shield import is_github, no_commands  # noqa: PLC0415
    from p2c.run.secrets import hidden  # noqa: PLC0415

    with no_commands(Console(stderr=True), is_read=is_github()):
        click.echo(hidden(traceback.format_exc()), err=True, nl=False)
