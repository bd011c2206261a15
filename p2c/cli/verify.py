"""`p2c verify`: a verdict on a repository; no model, no key."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from packaging.utils import canonicalize_name
from rich.console import Console
from rich.text import Text

from p2c.cli.limits import limits
from p2c.errors import UsageError
from p2c.report.heartbeat import Heartbeat
from p2c.report.text import counted, plain
from p2c.report.verdict_text import show_verdict, step_line
from sandbox.controller import Sandbox, verify
from sandbox.settings import MIB, Settings
from sandbox.tree import Tree
from sandbox.verdict import Outcome, Step, Verdict

_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kmgt]?)i?b?", re.IGNORECASE)
_UNITS = {"": 1, "k": 1024, "m": MIB, "g": 1024 * MIB, "t": MIB * MIB}


class Size(click.ParamType[int]):
    """An amount of memory: `512m`, `4g`, `4GiB`, or bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Bytes."""
        match = _SIZE.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"{value!r} is no amount of memory; write for example 512m or 4g", param, ctx)
        return int(float(match["number"]) * _UNITS[match["unit"].lower()])


@click.command()
@click.argument("repo", type=click.Path(path_type=Path), required=False)
@click.option("--smoke", metavar="COMMAND", help="What must run: a shell line, run in the root of the repository.")
@click.option("--timeout", type=click.FloatRange(min=1), help="Seconds for one run.  [default: 120]")
@click.option("--memory", type=Size(), help="Memory and swap for one run, for example 512m.  [default: 4g]")
@click.option("--runtime", help="The daemon's OCI runtime for the runs, for example runsc (gVisor).")
@click.option(
    "--allow", multiple=True, metavar="PACKAGE", help="Install this distribution although it is little known."
)
@click.option("--metrics", metavar="FILE", help="A JSON file that the smoke run must write.")
@click.option("--no-replay", is_flag=True, help="Do not run it again in a brand-new environment.")
@click.option(
    "-o", "--output", "--json", "output", metavar="FILE",
    help="Where the verdict goes as JSON; - is standard output. Never inside REPO.  "
    "[default: verdict.json, or inside REPO ../NAME-verdict.json]",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Only the verdict in one line.")
@click.option("--schema", is_flag=True, help="Print the JSON schema of the verdict, and end.")
def command(**options: Any) -> int:
    """See whether the Python repository in the folder REPO runs, in one-shot hardened containers.

    REPO is never written to and never mounted. The verdict says how far it came (parses, installs, imports, starts,
    runs, replays), why no further, and shows the evidence.

    Exit status: 0 verified, 1 not verified, 2 bad usage or input, 3 infrastructure.
    """
    if options.pop("schema"):
        click.echo(schema())
        return 0
    chosen = Options(**options)
    return _verify(chosen)


@dataclass(frozen=True)
class Options:
    """The command line's words, as click read them."""

    repo: Path | None
    smoke: str | None
    timeout: float | None
    memory: int | None
    runtime: str | None
    allow: tuple[str, ...]
    metrics: str | None
    no_replay: bool
    output: str | None
    quiet: bool

    def folder(self) -> Path:
        """The repository. Raises UsageError when none is named."""
        if self.repo is None:
            raise UsageError("name the folder of the repository: p2c verify REPO")
        return self.repo

    def target(self) -> str:
        """Where the verdict goes. Raises UsageError when it cannot go there, before anything is run."""
        repo = self.folder().resolve()
        if self.output == "-":
            return self.output
        if self.output is None:
            inside = Path.cwd().resolve().is_relative_to(repo)
            place = repo.with_name(f"{repo.name}-verdict.json") if inside else Path("verdict.json")
        else:
            place = Path(self.output)
        if Path(os.path.realpath(place)).is_relative_to(repo):
            raise UsageError(
                f"the verdict would be written to {place}, inside the repository, which is never written to; "
                "name another place with -o FILE, or - for standard output"
            )
        if place.is_dir() or not os.access(place if place.exists() else place.parent, os.W_OK):
            raise UsageError(f"the verdict cannot be written to {place}; name another place with -o")
        return str(place)

    def settings(self) -> Settings:
        """How it is verified."""
        return Settings(
            limits=limits(self.timeout, self.memory),
            runtime=self.runtime,
            smoke=self.smoke,
            allow=frozenset(canonicalize_name(name) for name in self.allow),
            metrics_file=self.metrics,
            replay=not self.no_replay,
        )


def schema() -> str:
    """The JSON schema of `verdict.json`, as it is committed in docs/verdict.schema.json."""
    return json.dumps(Verdict.model_json_schema(), indent=2, sort_keys=True)


def _verify(chosen: Options) -> int:
    folder, output, settings = chosen.folder(), chosen.target(), chosen.settings()
    tree = Tree.read(folder)
    name = folder.resolve().name
    console = Console(stderr=output == "-", highlight=False)
    if chosen.quiet:
        with Sandbox.open(settings) as sandbox:
            verdict = verify(tree, name=name, settings=settings, sandbox=sandbox)
    else:
        verdict = _told(tree, name, settings, console)
    _write(verdict, output)
    if chosen.quiet:
        console.print(f"{verdict.outcome.value}: {plain(verdict.summary)}", markup=False, soft_wrap=True)
    else:
        show_verdict(verdict, console)
        if output != "-":
            console.print(Text.assemble(("  verdict file  ", "dim"), plain(output)), soft_wrap=True)
    if verdict.outcome is Outcome.infrastructure:
        return 3
    return 0 if verdict.verified else 1


def _told(tree: Tree, name: str, settings: Settings, console: Console) -> Verdict:
    """The verdict, each step told as it ends, with a sign of life between."""

    def say(line: str) -> None:
        console.print(f"  {plain(line)}", style="dim", markup=False)

    def show(step: Step) -> None:
        heartbeat.heard()
        console.print(step_line(step), soft_wrap=True)

    files = counted(len(tree.files), "file")
    console.print(f"{plain(name)}: {files}, {len(tree.python_files())} of them Python", markup=False)
    with Heartbeat(say) as heartbeat, Sandbox.open(settings, say) as sandbox:
        return verify(tree, name=name, settings=settings, sandbox=sandbox, on_step=show, on_start=heartbeat.begin)


def _write(verdict: Verdict, output: str) -> None:
    text = verdict.model_dump_json(indent=2) + "\n"
    if output == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(
            f"the verdict cannot be written to {output}: {error.strerror}; name another place with -o"
        ) from error
