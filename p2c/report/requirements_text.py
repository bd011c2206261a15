"""Requirements on the terminal. What a repository wrote is shown as data: no control characters, no markup."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from p2c.report.plain import plain
from sandbox.requirements import Inference, Resolution
from sandbox.system import System
from sandbox.verdict import Requirement

_RULES = {
    "declared": "the repository's own choice",
    "map": "known to provide it",
    "same-name": "well known by this name",
    "implied": "implied by what is imported or called",
    "allowed": "allowed by name",
}


def show_inference(found: Inference, console: Console) -> None:
    """Print requirements, optional ones, refused ones and notes, a line each with file, line and rule."""
    _section("needed", (_requirement(need) for need in found.requirements if not need.optional), console)
    _section("optional", (_requirement(need) for need in found.requirements if need.optional), console)
    _section(
        "refused",
        (
            f"{plain(item.name, 120)}  {plain(_place(item.file, item.line))}  {plain(item.reason)}"
            + (" (the program can do without)" if item.optional else "")
            for item in found.refused
        ),
        console,
    )
    _section("notes", (plain(note, 2000) for note in found.notes), console)
    if not (found.requirements or found.refused):
        console.print("nothing but the standard library is needed")


def show_system(system: System, console: Console) -> None:
    """Print the Debian packages that imports and commands imply, each group with its reason and place."""
    _section("of the system", (plain(need.sentence(), 2000) for need in system.needs), console)
    _section("of the system, not provided", (plain(note, 2000) for note in system.notes), console)


def show_resolution(resolution: Resolution, console: Console) -> None:
    """Print what came of resolving, besides the lock: loosened pins, what cannot be had, why there is no lock."""
    _section("resolved", (plain(note, 2000) for note in resolution.notes), console)
    _section("cannot be had here", (f"{plain(m.what)}  {plain(m.evidence)}" for m in resolution.missing), console)
    if resolution.complaint is not None:
        console.print(
            Text(f"There is no lock: {plain(resolution.complaint.sentence)}; change what is declared"), soft_wrap=True
        )


def _section(title: str, lines: Iterable[str], console: Console) -> None:
    shown = list(lines)
    if shown:
        console.print(Text(title, "bold"))
    for line in shown:
        console.print(Text(f"  {line}"), soft_wrap=True)


def _requirement(need: Requirement) -> str:
    extras = f"[{','.join(need.extras)}]" if need.extras else ""
    modules = f"import {', '.join(need.modules[:3])}{', ...' if len(need.modules) > 3 else ''}"
    name, why = f"{need.distribution}{extras}{need.specifier}", f"[{need.rule}: {_RULES.get(need.rule, '')}]"
    parts = (name, _place(need.file, need.line), modules if need.modules else "no import names it", why)
    return "  ".join(plain(part) for part in parts)


def _place(file: str | None, line: int | None) -> str:
    return "-" if file is None else file if line is None else f"{file}:{line}"
