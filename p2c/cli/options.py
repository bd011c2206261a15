"""Options that several commands have, with one wording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from p2c.repair.formats import EDIT_FORMATS
from p2c.repair.settings import MOST_CANDIDATES

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

candidates_option: Decorator = click.option(
    "--candidates",
    type=click.IntRange(1, MOST_CANDIDATES),
    default=1,
    show_default=True,
    help="Edits asked for and tried at the same time; the one that gets furthest with the fewest lines is kept.",
)

edit_format_option: Decorator = click.option(
    "--edit-format",
    type=click.Choice(EDIT_FORMATS),
    default="auto",
    show_default=True,
    help="The form of the model's edits: SEARCH/REPLACE blocks; short files whole, which suits weak models; or blocks "
    "until replies keep being malformed.",
)


def schema_option(schema: Callable[[], str], what: str) -> Decorator:
    """`--schema`: print the JSON schema of `what` and end."""

    def show(context: click.Context, _: click.Parameter, asked: bool) -> None:
        if asked:
            click.echo(schema())
            context.exit(0)

    return click.option(
        "--schema",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help=f"Print the JSON schema of {what} and end.",
    )
