"""A plan on the terminal. What a model or a paper wrote is shown as data: no control characters, no markup."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from p2c.report.plain import plain, plain_lines
from p2c.shorten import shorten
from p2c.stages.view import PlannedView, PlanView
from sandbox.words import counted

_KINDS = {
    "paper": "from the paper",
    "assumption": "assumption",
    "unfounded": "NOT FOUND in the paper",
    "smoke": "smoke",
}


def show_plan(view: PlanView, console: Console) -> None:
    """Print files with their graph, smoke contract, claims, configuration with sources, diagrams, and what is wrong."""
    if view.title:
        console.print(Text(plain(view.title)), style="bold", soft_wrap=True)
    _section("files, each after those it needs", _files(view.files), console)
    _section("packages", (plain(package) for package in view.packages), console)
    smoke = view.smoke
    _section(
        "smoke contract",
        (
            f"runs     {plain(smoke.command)}",
            f"writes   {plain(smoke.metrics_file)}",
            f"expects  {smoke.expected_seconds:.0f} s on two CPU cores, offline",
        ),
        console,
    )
    _section("full experiments (not run by p2c)", (plain(view.full_command),), console)
    _section("what of the paper is where", _claims(view), console)
    _section("config.yaml, value by value", _config(view), console)
    _section("class diagram (Mermaid)", plain_lines(view.class_diagram), console)
    _section("sequence diagram (Mermaid)", plain_lines(view.sequence_diagram), console)
    whole = ("nothing of its text; of figures it has the captions, and the pictures where --figures was given",)
    _section("left out of the paper", map(plain, view.trimmed or whole), console)
    _section("what the checks say", map(plain, view.problems or ("nothing against it",)), console)


def _files(files: tuple[PlannedView, ...]) -> Iterable[str]:
    layer = 0
    for file in files:
        if file.layer != layer:
            layer = file.layer
            number = sum(1 for other in files if other.layer == layer)
            yield f"layer {layer} ({counted(number, 'file')})"
        needs = f"  <- {', '.join(plain(path) for path in file.depends_on)}" if file.depends_on else ""
        yield f"  {plain(file.path)}{needs}"
        yield f"      {shorten(plain(file.description.strip().partition(chr(10))[0], 2_000), 140)}"


def _claims(view: PlanView) -> Iterable[str]:
    for one in view.claims:
        doubt = "" if one.found else "  (the paper has no such place)"
        claim = one.claim
        yield f"{plain(claim.place, 60)}{doubt}: {plain(claim.claim, 160)} -> {plain(claim.file)}: {plain(claim.name)}"


def _config(view: PlanView) -> Iterable[str]:
    width = max((len(source.key) for source in view.config), default=0)
    for source in view.config:
        said = f": {plain(source.said, 160)}" if source.said else ""
        yield f"{plain(source.key):{min(width, 48)}} = {plain(source.value, 60)}  [{_KINDS[source.kind]}{said}]"
    counts = {kind: sum(1 for source in view.config if source.kind == kind) for kind in _KINDS}
    counted_kinds = {**_KINDS, "assumption": "assumptions" if counts["assumption"] > 1 else "assumption"}
    yield ", ".join(f"{number} {counted_kinds[kind]}" for kind, number in counts.items() if number)


def _section(title: str, lines: Iterable[str], console: Console) -> None:
    shown = [line for line in lines if line.strip()]
    if shown:
        console.print(Text(f"\n{title}"), style="bold")
        for line in shown:
            console.print(Text(f"  {line}"), soft_wrap=True)
