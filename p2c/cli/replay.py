"""`p2c replay`: the repository of a run, rebuilt from its folder."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from p2c.rebuild import REPOSITORY, Rebuilt, held, rebuild
from p2c.report.formats.github import without_commands
from p2c.report.plain import plain
from p2c.run.placing import Placed, place
from sandbox.words import counted

SHOWN = 20
"""So many paths of each kind are named; `--json` has all."""


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--to", type=click.Path(path_type=Path), help="A new or empty folder; default: the run's own repository/."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def command(run: Path, to: Path | None, as_json: bool) -> int:
    """Rebuild the repository of the run folder RUN: from its files, the model's replies and the verdicts in it.

    No model is asked, nothing is run, and the run folder's other files stay as they are. Where the repository is
    there already it is compared, byte for byte, and where it differs (it was edited by hand) nothing is written.

    Exit status: 0 rebuilt, or the same as what is there; 1 what is there differs; 2 bad usage, or the run folder does
    not hold what is needed; 3 infrastructure.
    """
    target = to or run / REPOSITORY
    with held(run), tempfile.TemporaryDirectory(prefix="p2c-replay-") as scratch:
        rebuilt = rebuild(run.absolute(), Path(scratch))
        placed = place(rebuilt.tree, rebuilt.folder, target)
    if as_json:
        click.echo(without_commands(_as_json(rebuilt, placed, target)))
    else:
        for line in _lines(rebuilt, placed, target):
            click.echo(plain(line, 4000))
    return 1 if placed.differs else 0


def _as_json(rebuilt: Rebuilt, placed: Placed, target: Path) -> str:
    told = {
        "to": str(target),
        "files": len(rebuilt.tree.files),
        "tree": rebuilt.tree.digest(),
        "finished": rebuilt.finished,
        "written": placed.written,
        "edited": placed.edited,
        "missing": placed.missing,
        "besides": placed.besides,
        "inputs_edited": rebuilt.edited,
        "unjudged": rebuilt.unjudged,
    }
    return json.dumps(told, indent=2)


def _lines(rebuilt: Rebuilt, placed: Placed, target: Path) -> list[str]:
    size = f"{counted(len(rebuilt.tree.files), 'file')}, tree {rebuilt.tree.digest()[:12]}"
    lines = [] if rebuilt.finished else ["The run has not come to its end: this is the repository as far as it came."]
    if rebuilt.edited:
        lines.append(f"Edited by hand in the run folder, and taken as it is: {_some(rebuilt.edited)}")
    if rebuilt.unjudged:
        lines.append("The sandbox has said nothing of this code that is kept: it may lack the repairs that it needs.")
    if placed.written:
        return [*lines, f"Rebuilt in {target}: {size}."]
    if placed.besides:
        lines.append(f"Also in {target}, and not of the run: {_some(placed.besides)}")
    if not placed.differs:
        return [*lines, f"{target} is byte for byte what the run makes: {size}."]
    lines += [f"{word} in {target}: {_some(paths)}" for word, paths in placed.differences() if paths]
    return [*lines, f"Nothing was written. The repository as the run makes it ({size}): give --to and a new folder."]


def _some(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(paths[:SHOWN]) + more
