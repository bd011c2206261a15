"""`p2c repair`: a repository that does not run, mended with the fewest lines."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import click
from packaging.utils import canonicalize_name
from rich.console import Console

from p2c.cli.ending import end
from p2c.cli.limits import LONGEST_SECONDS, limits
from p2c.cli.options import candidates_option, edit_format_option, schema_option
from p2c.cli.shield import is_github, no_commands
from p2c.errors import NoEndpoint, RunFolderError, UsageError
from p2c.model.chat import ChatModel
from p2c.model.opening import open_model
from p2c.model.prices import refuse_unknown_price
from p2c.model.settings import ModelSettings
from p2c.repair.formats import EditFormat
from p2c.repair.library import look_up_in
from p2c.repair.loop import repair_repository
from p2c.repair.result import RepairResult
from p2c.repair.sandboxed import verify_in
from p2c.repair.settings import RepairSettings
from p2c.report.progress import Progress
from p2c.report.summary import Report, schema
from p2c.report.writing import write_report
from p2c.run.folder import RunFolder
from p2c.run.history import History
from p2c.run.outputs import keep_outputs
from p2c.run.replay import ReplayedHistory
from p2c.run.worktree import WRITING, write_exactly
from p2c.stages.patient import Patient
from p2c.types import Ending
from sandbox.controller import Sandbox
from sandbox.engine import connect
from sandbox.settings import Settings
from sandbox.tree import Tree

_RECORDED = "The model's replies in this run were recorded earlier ({folder}); everything else is done for real."


@click.command()
@click.argument("repo", type=click.Path(path_type=Path))
@click.option("--smoke", help="The command that must run, a shell line; without it p2c looks for one.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The run folder; default: REPO-repaired.")
@click.option("--in-place", is_flag=True, help="Write the result to REPO as well, where it came further.")
@click.option("--model", help="The model's name at the endpoint (or P2C_MODEL).")
@click.option("--base-url", help="The endpoint, in place of OPENAI_BASE_URL.")
@click.option("--no-model", is_flag=True, help="Only what can be mended without a model.")
@click.option("--recorded", type=click.Path(path_type=Path), help="Recorded replies instead of an endpoint.")
@click.option(
    "--max-attempts",
    type=click.IntRange(min=0),
    default=12,
    show_default=True,
    help="Edits by the model, candidates counted.",
)
@candidates_option
@edit_format_option
@click.option("--max-cost", type=click.FloatRange(min=0), help="US dollars for the model, checked before each call.")
@click.option(
    "--max-minutes",
    type=click.FloatRange(min=0),
    help="Wall time after which nothing more is tried; what is under way, and the replay, end by their own limits.",
)
@click.option(
    "--allow", multiple=True, metavar="PACKAGE", help="Install this distribution although it is little known."
)
@click.option("--timeout", type=click.FloatRange(1, LONGEST_SECONDS), help="Seconds for one run in the sandbox.")
@click.option("--runtime", help="The daemon's OCI runtime for the sandbox, for example runsc (gVisor).")
@click.option("-q", "--quiet", is_flag=True, help="No progress; only the result.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object on standard output.")
@schema_option(schema, "the report")
def command(**options: Any) -> int:
    """Run REPO in the sandbox and mend it with the fewest lines until it runs.

    What can be mended without a model is tried first and costs nothing. The result is a git history in the run
    folder, a commit for each edit, with the lines modified. REPO itself is left as it was unless --in-place.
    Interrupt at any time: the same command goes on.

    Exit status: 0 verified, 1 not verified, 2 bad usage or input, 3 infrastructure.
    """
    chosen = Options(**options)
    with no_commands(Console(stderr=chosen.as_json), is_read=is_github()):
        return _run(chosen)


def _run(chosen: Options) -> int:
    """Repair, and show the report; the exit status."""
    came, into = Tree.read(chosen.repo), chosen.folder
    asked, why_none = chosen.model_settings()
    if asked:
        refuse_unknown_price(asked)
    connect().close()  # a missing engine is said before a folder is made
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(Console(stderr=True, highlight=False), quiet=chosen.quiet))
        folder = stack.enter_context(RunFolder.open(into, (progress,)))
        tree = _claimed(folder, chosen, came)
        model = stack.enter_context(open_model(asked, folder.journal, folder.exchanges)) if asked else None
        before = model.usage() if model else {}
        name = (asked.model or "recorded replies") if asked else None
        folder.journal.emit("started", paper=chosen.name, model=name)

        def write(result: RepairResult) -> Report:
            usage = model.usage() if model else {}
            recorded = chosen.recorded is not None
            return write_report(folder, result, title=chosen.name, usage=usage, model=name, recorded=recorded)

        result = _repair(chosen, tree, folder, model, stack, write=write)
        usage = model.usage() if model else {}
        report = write(result)
    if chosen.in_place:
        _write_back(chosen, came, result)
    status = end(report, into, as_json=chosen.as_json, quiet=chosen.quiet, asked=not usage or usage != before)
    if why_none and report.ending is Ending.stalled:
        click.echo(why_none, err=True)
    return status


@dataclass(frozen=True)
class Options:
    """The command line's words, as click read them."""

    repo: Path
    smoke: str | None
    output: Path | None
    in_place: bool
    model: str | None
    base_url: str | None
    no_model: bool
    recorded: Path | None
    max_attempts: int
    candidates: int
    edit_format: EditFormat
    max_cost: float | None
    max_minutes: float | None
    allow: tuple[str, ...]
    timeout: float | None
    runtime: str | None
    quiet: bool
    as_json: bool

    @property
    def name(self) -> str:
        """The repository's name."""
        return self.repo.resolve().name

    @property
    def folder(self) -> Path:
        """The run folder. Raises UsageError when it would lie in the repository."""
        repo = self.repo.resolve()
        folder = self.output or repo.with_name(f"{self.name}-repaired")
        if folder.resolve().is_relative_to(repo):
            raise UsageError(
                f"the run folder {folder} would lie in the repository, which is left as it is; name another one with -o"
            )
        return folder

    def model_settings(self) -> tuple[ModelSettings | None, str]:
        """Which model is asked, or None and why none is. Raises NoEndpoint when one was named and is not there."""
        if self.no_model:
            return None, "No model was asked, as --no-model says."
        environment = {**os.environ, **({"OPENAI_BASE_URL": self.base_url} if self.base_url else {})}
        try:
            settings = ModelSettings.from_environment(
                model=self.model, max_cost_usd=self.max_cost, recorded=self.recorded, environment=environment
            )
        except NoEndpoint as error:
            if self.model or self.base_url:
                raise
            return None, f"Only what needs no model was tried. {error}"
        return settings, ""

    @property
    def window(self) -> int | None:
        """The model's context window in tokens, where it is known."""
        asked, _ = self.model_settings()
        return asked.context_tokens if asked else None

    def settings(self) -> Settings:
        """How code is run."""
        allowed = frozenset(canonicalize_name(name) for name in self.allow)
        return Settings(limits=limits(self.timeout), runtime=self.runtime, smoke=self.smoke, allow=allowed)


def _claimed(folder: RunFolder, chosen: Options, came: Tree) -> Tree:
    """Bind the run folder to this state of the repository: a repair is resumed only where it began.

    Args:
        came: the repository as it is now.

    Returns:
        The repository as it was when its repair began: `came`, unless `--in-place` has written the result to it, whole
        or up to where it was killed.
    """
    digest = came.digest()
    before = folder.meta.options.get("tree", digest)
    tree = came if before == digest else _before_writing(folder, came) if chosen.in_place else None
    if tree is None or tree.digest() != before:
        raise RunFolderError(
            f"{folder.path} holds the repair of another state of the repository, or of another one; "
            "remove it, or name another folder with -o"
        )
    folder.update_meta(
        options={
            "repository": str(chosen.repo),
            "tree": before,
            "smoke": chosen.smoke,
            "edit_format": chosen.edit_format,
        }
    )
    if chosen.recorded and not chosen.quiet:
        folder.journal.emit("note", message=_RECORDED.format(folder=chosen.recorded))
    return tree


def _before_writing(folder: RunFolder, came: Tree) -> Tree | None:
    """What the repair began with, where each file of `came` is that one's or the result's; else None."""
    history = History.create(folder.path / "repository")
    commits = history.log()
    if not commits:
        return None
    first, last = history.tree(commits[0].sha), history.tree(commits[-1].sha)
    paths = (came.files.keys() | first.files.keys() | last.files.keys()) - {WRITING}
    if any(came.files.get(path) not in (first.files.get(path), last.files.get(path)) for path in paths):
        return None
    return Tree(first.files, first.executable, came.skipped)


def _repair(
    chosen: Options,
    tree: Tree,
    folder: RunFolder,
    model: ChatModel | None,
    stack: ExitStack,
    *,
    write: Callable[[RepairResult], Report],
) -> RepairResult:
    settings = chosen.settings()
    journal = folder.journal
    sandbox = stack.enter_context(
        Sandbox.open(settings, lambda line: journal.emit("note", message=f"sandbox: {line}"), spare=chosen.candidates)
    )
    history = ReplayedHistory(History.create(folder.path / "repository"), journal)
    history.commit(tree, "The repository as it came")
    full, quick = verify_in(
        sandbox, settings, chosen.name, str(folder.path.resolve()), journal, keep=partial(keep_outputs, folder)
    )
    result = repair_repository(
        tree,
        verify=full,
        quick=quick,
        model=Patient(model, lambda line: journal.emit("interrupted", message=line)) if model else None,
        settings=RepairSettings(
            max_attempts=chosen.max_attempts,
            candidates=chosen.candidates,
            edit_format=chosen.edit_format,
            max_minutes=chosen.max_minutes,
            smoke=chosen.smoke,
            context_tokens=chosen.window,
        ),
        journal=journal,
        history=history,
        look_up=look_up_in(sandbox, settings, str(folder.path.resolve())),
        verdicts=folder.path / "verdicts",
        key=f"{replace(settings, allow=frozenset())} {sorted(settings.allow)} {sandbox.image.id}",
        keep=lambda whole: write(whole.with_edits_by_hand(history.by_hand())),
    )
    history.settle(result.tree)
    return result.with_edits_by_hand(history.by_hand())


def _write_back(chosen: Options, came: Tree, result: RepairResult) -> None:
    """`--in-place`: the changed files, where the repository came further and was not changed in the meantime."""
    new, old = result.tree.files, came.files
    changed = {path for path in (*old, *new) if old.get(path) != new.get(path)}
    if not changed:
        return
    if Tree.read(chosen.repo).digest() != came.digest():
        raise RunFolderError(
            f"{chosen.repo} was changed while it was repaired, so it is left as it is; "
            f"the repaired repository is in {chosen.folder / 'repository'}"
        )
    repo = chosen.repo.resolve()
    files = {path: new[path] for path in changed & new.keys()}
    write_exactly(repo, Tree(files, result.tree.executable & files.keys()), changed, scratch=repo)
