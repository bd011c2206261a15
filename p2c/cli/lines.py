"""`p2c lines`: the lines modified between two states of a repository, edits by hand included."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console

from p2c.cli.options import schema_option
from p2c.cli.shield import is_github, no_commands
from p2c.errors import UsageError
from p2c.repair.between import LinesBetween, lines_between
from p2c.report.formats.github import without_commands
from p2c.report.lines_text import show
from p2c.run.revision import read_revision
from sandbox.tree import Tree


def schema() -> str:
    """The JSON schema of what `--json` prints, as it is committed in docs/lines.schema.json."""
    return json.dumps(LinesBetween.model_json_schema(mode="serialization"), indent=2)


@click.command()
@click.argument("before")
@click.argument("after")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@schema_option(schema, "that object")
def command(before: str, after: str, as_json: bool) -> int:
    """Count the lines modified from BEFORE to AFTER, by the rule by which `p2c repair` counts its own.

    Each is a folder, a file, or a revision of a git repository, written REPO@REVISION (`mine@HEAD~1`; `@HEAD` is that
    of the repository here). A replaced line counts once, blank lines and white space at the end of a line not at all,
    a file that moved only what changed in it; binary and generated files are listed and not counted. Nothing runs.

    Exit status: 0 counted, 2 bad usage or input, 3 infrastructure.
    """
    if Path(before).is_file() and Path(after).is_file():
        trees = tuple(Tree({Path(before).name: Path(word).read_bytes()}) for word in (before, after))
    else:
        trees = (_read(before), _read(after))
    found = lines_between(trees[0], trees[1], (before, after))
    if as_json:
        click.echo(without_commands(found.model_dump_json(indent=2)))
        return 0
    console = Console(highlight=False)
    with no_commands(console, is_read=is_github()):
        show(found, console)
    return 0


def _read(word: str) -> Tree:
    """The tree that an argument means; a folder of that name comes before a revision."""
    if Path(word).is_dir():
        return Tree.read(Path(word))
    parts = word.split("@")
    for end in range(1, len(parts)):  # both folders and revisions may hold an @
        folder, revision = Path("@".join(parts[:end])), "@".join(parts[end:])
        if revision and folder.is_dir():
            return read_revision(folder, revision)
    if Path(word).is_file():
        raise UsageError(f"{word} is a file; a file is compared with a file, a folder with a folder or a revision")
    raise UsageError(f"{word} is neither a folder nor REPO@REVISION with a folder REPO; name one of these")
