"""How `generate` and `repair` end: the report in the form that was asked for, and the exit status."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.console import Console

from p2c.report.formats.github import without_commands
from p2c.report.plain import plain
from p2c.report.summary import Report
from p2c.report.text import show
from p2c.types import Ending


def end(report: Report, folder: Path, *, as_json: bool, quiet: bool, asked: bool = True) -> int:
    """Show the report; returns the exit status: 0 verified, 1 not verified, 3 infrastructure.

    `asked`: whether this process asked the model anything.
    """
    if as_json:
        click.echo(without_commands(report.model_dump_json(indent=2)))
    elif quiet:
        click.echo(f"{report.ending.value}: {plain(report.verdict.summary)}")
    else:
        named = os.fsencode(folder).decode("utf-8", "replace")  # a name need not be text; what is printed must be
        show(report, Console(highlight=False), named, asked=asked)
    if report.ending is Ending.infrastructure:
        return 3
    return 0 if report.verdict.verified else 1
