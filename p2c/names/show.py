"""The names of a configuration on the terminal, with what the Hub has for them."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from p2c.names.hub import Candidate
from p2c.names.resolve import Names, Resolved
from p2c.report.plain import plain

SHOWN = 4
"""Candidates of one name; the file has them all."""


def show(names: Names, console: Console) -> None:
    """Each name, what would stand in its place, and the candidates with their downloads and likes."""
    if not names.names:
        console.print("config.yaml names no model and no data set that could be on the Hub.")
    for one in names.names:
        console.print(_line(one), soft_wrap=True)
        if one.state != "exact":
            for candidate in one.candidates[:SHOWN]:
                console.print(f"    {escape(_candidate(candidate))}", soft_wrap=True)
            more = len(one.candidates) - SHOWN
            if more > 0:
                console.print(f"    and {more} more")


def _line(one: Resolved) -> str:
    name, places = escape(plain(one.name, 100)), escape(plain(", ".join(one.places), 200))
    use = "kept" if one.use is None or one.use == one.name else f"[bold]{escape(plain(one.use, 200))}[/]"
    return f"{one.kind} {name} ({places}): {use}, {one.state}: {escape(plain(one.reason, 200))}"


def _candidate(candidate: Candidate) -> str:
    return f"{plain(candidate.id, 200)}  {candidate.downloads:,} downloads, {candidate.likes:,} likes"
