"""`--resolve-names` and `--accept-names`, for the commands that make a plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from rich.console import Console

from p2c.names import HuggingFace, apply, look_up, show
from p2c.report.plain import plain
from p2c.run.folder import RunFolder

Decorated = Callable[..., Any]


def names_options(command: Decorated) -> Decorated:
    """The two options, as `resolve_names` and `accept_names`."""
    accept = click.option("--accept-names", is_flag=True, help="Put the ids of the reviewed plan/names.yaml in place.")
    resolve = click.option(
        "--resolve-names", is_flag=True,
        help="Look up config.yaml's models and data sets on the Hugging Face Hub, for review in plan/names.yaml.",
    )  # fmt: skip
    return resolve(accept(command))


def check_names(*, resolve: bool) -> None:
    """What would end the run after planning is said before it, while nothing is paid for.

    Raises:
        HubError: names are to be looked up, and the package for it is not installed.
    """
    if resolve:
        HuggingFace()


def settle_names(folder: RunFolder, *, resolve: bool, accept: bool, quiet: bool) -> bool:
    """Do what the options ask for, once there is a plan; whether the run may go on without a person's word.

    Shown on standard error. Without `accept` nothing is exchanged: where there is something to review, the run stops.

    Raises:
        HubError: the Hub cannot be asked; nothing was changed.
        UsageError: there is nothing to accept, or what was reviewed cannot be used.
    """
    console = Console(stderr=True, highlight=False)

    def hub() -> HuggingFace:
        found = HuggingFace()
        if not quiet:
            console.print(f"looking up the names of config.yaml at {found.endpoint}", markup=False, soft_wrap=True)
        return found

    names = None
    if resolve:
        names = look_up(folder, hub)
    if accept:
        names = apply(folder)
    if names is None:
        return True
    if not quiet:
        show(names, console)
    if accept and names.proposed and not quiet:
        put = "; ".join(f"{one.use} for {one.name}" for one in names.proposed)
        click.echo(f"Put into plan/config.yaml: {plain(put, 1000)}.", err=True)
    if accept or not (names.proposed or names.open):
        return True
    click.echo(
        f"Nothing was exchanged. Review plan/names.yaml in {folder.path}, then give the same command with "
        "--accept-names; or without --resolve-names, to go on with the names as they are.",
        err=True,
    )
    return False
