"""`p2c requirements`: what a repository needs and why, by parsing only; `--lock` resolves it in the sandbox."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from packaging.utils import canonicalize_name
from rich.console import Console

from p2c.cli.shield import is_github, no_commands
from p2c.report.formats.github import without_commands
from p2c.report.plain import plain
from p2c.report.requirements_text import show_inference, show_resolution, show_system
from sandbox.requirements import Inference, Resolution, infer, lock
from sandbox.system import System, infer_system
from sandbox.tree import Tree


@click.command()
@click.argument("repo", type=click.Path(path_type=Path))
@click.option(
    "--lock", "locked", is_flag=True,
    help="Resolve it with CPU builds in the sandbox; standard output is then the lock alone.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@click.option("--allow", multiple=True, metavar="PACKAGE", help="Name this distribution although it is little known.")
def command(repo: Path, locked: bool, as_json: bool, allow: tuple[str, ...]) -> int:
    """Show what the Python repository in the folder REPO needs: each distribution with its reason, what it can do
    without, what is refused and why, where its declarations and its imports differ, and what it needs of the system.

    Nothing of REPO runs; without --lock no engine is needed and no package index is asked. With it, what is declared
    and imported and little known is locked too when the index has had it for a year.

    Exit status: 0 shown, 1 there is no lock that satisfies it, 2 bad usage or input, 3 infrastructure.
    """
    tree = Tree.read(repo)
    found = infer(tree, frozenset(canonicalize_name(name) for name in allow))
    console = Console(highlight=False, stderr=locked or as_json)
    with no_commands(console, is_read=is_github()):
        return _show(tree, found, console, locked=locked, as_json=as_json)


def _show(tree: Tree, found: Inference, console: Console, *, locked: bool, as_json: bool) -> int:
    """Print what was found, resolved where that was asked for; the exit status."""
    resolution = None
    if locked:
        found, resolution = _resolve(found, Console(highlight=False, stderr=True))
    system = infer_system(found.uses, tree)
    if not as_json:
        show_inference(found, console)
        show_system(system, console)
    if as_json:
        click.echo(without_commands(json.dumps(_as_json(found, system, resolution), indent=2)))
    elif resolution is not None:
        show_resolution(resolution, console)
        click.echo(resolution.lock, nl=False)
    return 1 if resolution is not None and resolution.complaint is not None else 0


def _resolve(found: Inference, console: Console) -> tuple[Inference, Resolution]:
    from sandbox.session import Sandbox  # noqa: PLC0415 - without --lock nothing of the engine is loaded

    with Sandbox.open(progress=lambda line: console.print(f"  {plain(line)}", style="dim", markup=False)) as sandbox:
        found = sandbox.trust(found)
        return found, lock(sandbox.store, found.requirements)


def _as_json(found: Inference, system: System, resolution: Resolution | None) -> dict[str, object]:
    shown: dict[str, object] = {
        "requirements": [need.model_dump(mode="json") for need in found.requirements],
        "refused": [item.model_dump(mode="json") for item in found.refused],
        "notes": list(found.notes),
        "local": sorted(found.local),
        "system": [{"packages": list(need.packages), "why": need.why, **asdict(need.use)} for need in system.needs],
        "system_notes": list(system.notes),
    }
    if resolution is not None:
        shown["lock"] = resolution.lock
        shown["missing"] = [item.model_dump(mode="json") for item in resolution.missing]
        shown["resolution_notes"] = list(resolution.notes)
        shown["complaint"] = resolution.complaint.sentence if resolution.complaint else None
    return shown
