"""`p2c verify`: a verdict on a repository; no model, no key."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from p2c.cli.limits import LONGEST_SECONDS, limits
from p2c.cli.outputs import STDOUT, Outputs, ReportFile
from p2c.cli.shield import no_commands
from p2c.cli.size import Size
from p2c.cli.userfile import RUNGS, UserFile, read_user_file
from p2c.errors import UsageError
from p2c.policy import FailOn, Policy, decide, read_baseline
from p2c.report.formats import FORMATS
from p2c.report.plain import plain
from p2c.report.verdict_text import show_decision, show_verdict, step_line
from sandbox.errors import InfrastructureError
from sandbox.known import KnownVerdicts, verdict_key
from sandbox.settings import Settings
from sandbox.tree import Tree
from sandbox.verdict import Rung, Step, Verdict
from sandbox.words import counted


@click.command()
@click.argument("repo", type=click.Path(path_type=Path), required=False)
@click.option("--smoke", metavar="COMMAND", help="What must run: a shell line, run in the root of the repository.")
@click.option(
    "--timeout", type=click.FloatRange(1, LONGEST_SECONDS), metavar="SECONDS",
    help="Seconds for one run, at most a year.  [default: 120]",
)  # fmt: skip
@click.option("--memory", type=Size(), help="Memory and swap for one run, for example 512m.  [default: 4g]")
@click.option("--runtime", help="The daemon's OCI runtime for the runs, for example runsc (gVisor).")
@click.option(
    "--allow", multiple=True, metavar="PACKAGE", help="Install this distribution although it is little known."
)
@click.option("--metrics", metavar="FILE", help="A JSON file that the smoke run must write.")
@click.option("--no-user-file", is_flag=True, help="Read no p2c.toml, for example in CI.")
@click.option("--no-replay", is_flag=True, help="Do not run it again in a brand-new environment.")
@click.option("--min-rung", type=click.Choice(RUNGS), help="Enough is this rung, without a fatal finding.")
@click.option(
    "--fail-on",
    type=click.Choice([one.value for one in FailOn]),
    help="Which static findings fail it.  [default: fatal]",
)
@click.option(
    "--baseline", type=click.Path(path_type=Path), metavar="FILE",
    help="An earlier verdict.json: fail only on what is new since then.",
)  # fmt: skip
@click.option("--again", is_flag=True, help="Run it although its verdict is known already.")
@click.option(
    "-o", "--output", "--json", "output", metavar="FILE",
    help="Where the verdict goes as JSON; - is standard output. Never inside REPO.  "
    "[default: verdict.json, or inside REPO ../NAME-verdict.json]",
)  # fmt: skip
@click.option(
    "--report", "reports", type=ReportFile(), multiple=True, metavar="FORMAT=FILE",
    help=f"Write it in a CI system's format as well: {', '.join(FORMATS)} (Markdown). May be repeated.",
)  # fmt: skip
@click.option(
    "--annotations/--no-annotations", default=None,
    help="Print GitHub's annotations.  [default: when GitHub Actions runs it]",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Only the verdict in one line.")
@click.option("--schema", is_flag=True, help="Print the JSON schema of the verdict, and end.")
def command(**options: Any) -> int:
    """See whether the Python repository in the folder REPO runs, in one-shot hardened containers.

    REPO is never written to and never mounted. The verdict says how far it came (parses, installs, imports, starts,
    runs, replays), why no further, and shows the evidence. The verdict of an unchanged REPO is known for a day.

    A file p2c.toml in the working directory, or else beside REPO, may hold timeout, memory, runtime, allow, smoke,
    metrics, min-rung and fail-on; options win over it, and one inside REPO is not read. In CI, where the working
    directory is itself what somebody proposes, --no-user-file keeps it from being read.

    Exit status: 0 verified, or let pass by --min-rung, --fail-on or --baseline; 1 not; 2 bad usage or input;
    3 infrastructure.
    """
    if options.pop("schema"):
        click.echo(schema())
        return 0
    return _verify(Options(**options))


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
    no_user_file: bool
    no_replay: bool
    min_rung: str | None
    fail_on: str | None
    baseline: Path | None
    again: bool
    output: str | None
    reports: tuple[tuple[str, Path], ...]
    annotations: bool | None
    quiet: bool

    def folder(self) -> Path:
        """The repository. Raises UsageError when none is named."""
        if self.repo is None:
            raise UsageError("name the folder of the repository: p2c verify REPO")
        return self.repo

    def with_file(self, found: UserFile) -> Options:
        """These options, and for what they leave open the user's file; packages of both are allowed."""
        values = {key.replace("-", "_"): value for key, value in found.values.items()}
        allow = values.pop("allow", ())
        open_ones = {name: value for name, value in values.items() if getattr(self, name) is None}
        return replace(self, **open_ones, allow=(*self.allow, *allow))

    def outputs(self) -> Outputs:
        """Where everything goes. Raises UsageError when it cannot go there, before anything is run."""
        return Outputs.choose(
            self.folder(),
            self.output,
            self.reports,
            annotate=self.annotations,
            baseline=self.baseline,
            environ=os.environ,
        )

    def settings(self) -> Settings:
        """How it is verified."""
        return Settings(
            limits=limits(self.timeout, self.memory),
            runtime=self.runtime,
            smoke=self.smoke,
            allow=_normalised(self.allow),
            metrics_file=self.metrics,
            replay=not self.no_replay,
        )

    def policy(self) -> Policy:
        """What it must do to pass. Raises UsageError for a baseline that cannot be used."""
        min_rung = Rung[self.min_rung] if self.min_rung else None
        if min_rung is Rung.replays and self.no_replay:
            raise UsageError("--min-rung replays cannot be reached with --no-replay; leave one of them out")
        baseline = read_baseline(self.baseline) if self.baseline else None
        return Policy(min_rung=min_rung, fail_on=FailOn(self.fail_on or FailOn.fatal), baseline=baseline)


def schema() -> str:
    """The JSON schema of `verdict.json`, as it is committed in docs/verdict.schema.json."""
    return json.dumps(Verdict.model_json_schema(), indent=2, sort_keys=True)


def _normalised(names: tuple[str, ...]) -> frozenset[str]:
    if not names:
        return frozenset()
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - a known verdict is told without it

    return frozenset(canonicalize_name(name) for name in names)


def _verify(given: Options) -> int:
    found = UserFile() if given.no_user_file else read_user_file(Path.cwd(), given.folder())
    chosen = given.with_file(found)
    outputs, policy, settings = chosen.outputs(), chosen.policy(), chosen.settings()
    console = Console(stderr=outputs.verdict == STDOUT, highlight=False, emoji=False)
    with no_commands(console, is_read=outputs.is_read):
        if (said := found.sentence()) and not chosen.quiet:
            console.print(plain(said), style="dim", markup=False, soft_wrap=True)
        verdict = _verdict(chosen, settings, console)
        decision = decide(verdict, policy)
        verdict = verdict.model_copy(update={"decision": decision})
        outputs.write(verdict)
        _show(verdict, outputs, console, quiet=chosen.quiet)
    click.echo(outputs.printed(verdict), nl=False)
    click.echo(outputs.annotations(verdict), nl=False, err=outputs.verdict == STDOUT)
    return decision.exit_status


def _verdict(chosen: Options, settings: Settings, console: Console) -> Verdict:
    """The verdict: known from an earlier run, or from the sandbox."""
    folder = chosen.folder()
    tree = Tree.read(folder)
    name = folder.resolve().name
    verdicts, key = KnownVerdicts.of_user(), verdict_key(tree, settings)
    known = None if chosen.again else verdicts.get(key, name)
    if not chosen.quiet:
        files = counted(len(tree.files), "file")
        console.print(f"{plain(name)}: {files}, {len(tree.python_files())} of them Python", markup=False)
    if known is not None:
        if not chosen.quiet:
            _show_known(known.verdict, known.since, console)
        return known.verdict
    verdict = _climbed(tree, folder.resolve(), settings, None if chosen.quiet else console)
    verdicts.put(key, verdict)
    return verdict


def _climbed(tree: Tree, folder: Path, settings: Settings, console: Console | None) -> Verdict:
    """The verdict of the sandbox on what was read from `folder`; each step told as it ends, with a sign of life."""
    # Loaded here: a known verdict is told without them, in a tenth of the time.
    from p2c.report.heartbeat import Heartbeat  # noqa: PLC0415
    from sandbox.session import Sandbox  # noqa: PLC0415

    def say(line: str) -> None:
        if console is not None:
            console.print(f"  {plain(line)}", style="dim", markup=False)

    def show(step: Step) -> None:
        heartbeat.heard()
        if console is not None:
            console.print(step_line(step), soft_wrap=True)

    with Heartbeat(say) as heartbeat:
        try:
            opened = Sandbox.open(settings, say)
        except InfrastructureError as error:
            from sandbox.api import unopened  # noqa: PLC0415

            return unopened(tree, folder.name, error)
        with opened as sandbox:
            from sandbox.api import verify  # noqa: PLC0415 - while the first container is being made

            return verify(
                tree,
                settings,
                sandbox=sandbox,
                name=folder.name,
                place=str(folder),
                on_step=show,
                on_start=heartbeat.begin,
            )


def _show_known(verdict: Verdict, since: datetime, console: Console) -> None:
    for step in verdict.steps:
        console.print(step_line(step), soft_wrap=True)
    when = since.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    console.print(Text(f"  known since {when}: nothing has changed; --again runs it", "bold"), soft_wrap=True)


def _show(verdict: Verdict, outputs: Outputs, console: Console, *, quiet: bool) -> None:
    decision = verdict.decision
    if quiet:
        differs = decision is not None and (decision.exit_status == 0) != verdict.verified
        why = f"  (exit status {decision.exit_status}: {plain(decision.reason)})" if decision and differs else ""
        console.print(f"{verdict.outcome.value}: {plain(verdict.summary)}{why}", markup=False, soft_wrap=True)
        return
    show_verdict(verdict, console)
    files = [("verdict file", outputs.verdict)] if outputs.verdict != STDOUT else []
    files += [(f"{name} file", str(path)) for name, path in outputs.reports]
    for what, path in files:
        console.print(Text.assemble((f"  {what:<17}", "dim"), plain(path)), soft_wrap=True)
    if decision is not None:
        show_decision(decision, console)
