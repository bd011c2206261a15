"""The whole flow: a paper goes in, a repository that was seen to run comes out, with the evidence.

`STEPS` is the flow; each step takes what the one before it gave. What a step makes is written to the run
folder, and a step whose inputs are as they were gives what is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from p2c.errors import UsageError
from p2c.paper.read import read_paper
from p2c.paper.render import for_model, to_markdown
from p2c.repair.loop import repair_repository
from p2c.repair.result import RepairResult
from p2c.repair.sandboxed import verify_in
from p2c.repair.settings import RepairSettings
from p2c.report.summary import Report
from p2c.report.writing import write_report
from p2c.run.ahead import Ahead
from p2c.run.folder import RunFolder
from p2c.run.history import History
from p2c.run.replay import ReplayedHistory
from p2c.stages import Context, analyse, code, plan
from p2c.stages.deadline import Deadline
from p2c.types import FileAnalysis, Paper, Plan
from sandbox.controller import Sandbox
from sandbox.settings import Settings
from sandbox.tree import Tree

PAPER = "paper/paper.md"
CONTEXT_TOKENS = 200_000
"""Assumed of a model whose context window is not told; the paper gets half of it."""


@dataclass(frozen=True)
class Run:
    """What a run works with, and its limits."""

    folder: RunFolder
    paper: Paper
    figures: Mapping[str, bytes]
    """File name -> image."""
    model: Deadline
    model_name: str
    sandbox: Ahead[Sandbox] | None
    """None when the run stops before any code is run."""
    settings: Settings = field(default_factory=Settings)
    repair: RepairSettings = field(default_factory=RepairSettings)
    recorded: bool = False
    """Whether the model's replies are recorded ones."""
    context_tokens: int | None = None


@dataclass(frozen=True)
class Planned:
    """The plan, and what it was made with."""

    context: Context
    plan: Plan


@dataclass(frozen=True)
class Analysed(Planned):
    """The plan with a note on each file."""

    notes: tuple[FileAnalysis, ...]


@dataclass(frozen=True)
class Generated(Analysed):
    """The repository as the model wrote it."""

    tree: Tree


@dataclass(frozen=True)
class Mended(Generated):
    """What came of running and repairing it."""

    result: RepairResult


def keep_paper(run: Run, _: None) -> Context:
    """The paper as Markdown, which may be mended by hand; its figures; what of it the model gets to read."""
    markdown = to_markdown(run.paper)
    files: dict[str, str | bytes] = {PAPER: markdown}
    files.update({f"paper/figures/{name}": image for name, image in run.figures.items()})
    kept = run.folder.step("paper", {"paper": run.paper.model_dump_json()}, tuple(files), lambda: files)[PAPER]
    paper = run.paper if kept == markdown else read_paper(run.folder.path / PAPER)
    text = for_model(paper, (run.context_tokens or CONTEXT_TOKENS) // 2)
    return Context(run.folder, run.model, text, smoke=run.settings.smoke)


def make_plan(_: Run, context: Context) -> Planned:
    """Overall plan, architecture, logic design with the smoke contract, configuration."""
    return Planned(context, plan(context))


def write_notes(_: Run, made: Planned) -> Analysed:
    """One note a file."""
    return Analysed(made.context, made.plan, analyse(made.context, made.plan))


def write_code(_: Run, made: Analysed) -> Generated:
    """One file at a time in dependency order."""
    return Generated(made.context, made.plan, made.notes, code(made.context, made.plan, made.notes))


def run_and_repair(run: Run, made: Generated) -> Mended:
    """Commit what was generated; run it; mend it and commit each edit, until it runs or the budget ends."""
    if run.sandbox is None:
        raise UsageError("nothing can be run without a sandbox; give --until coding to stop before")
    smoke = made.plan.logic.smoke
    settings = replace(run.settings, smoke=smoke.command, metrics_file=smoke.metrics_file)
    sandbox = run.sandbox.get()
    history = ReplayedHistory(History.create(run.folder.path / "repository"), run.folder.journal)
    history.commit(made.tree, f'Code as generated\n\nFrom the paper "{run.paper.title}", by {run.model_name}.')
    full, quick = verify_in(sandbox, settings, "repository", str(run.folder.path.resolve()), run.folder.journal)
    result = repair_repository(
        made.tree,
        verify=full,
        quick=quick,
        model=run.model,
        settings=replace(run.repair, smoke=smoke.command, max_minutes=run.model.minutes_left()),
        journal=run.folder.journal,
        history=history,
        plan=made.plan,
        analyses={note.path: note.text for note in made.notes},
        verdicts=run.folder.path / "verdicts",
        key=f"{settings} {sandbox.image.id}",
    )
    history.settle(result.tree)
    return Mended(made.context, made.plan, made.notes, made.tree, result)


def report_on(run: Run, made: Mended) -> Report:
    """`verdict.json`, `report.json`, `report.md`, and the lock of the environment that it ran in."""
    usage = run.model.usage()
    title = run.paper.title
    return write_report(run.folder, made.result, title=title, usage=usage, model=run.model_name, recorded=run.recorded)


STEPS: tuple[tuple[str, Callable[[Run, Any], Any]], ...] = (
    ("paper", keep_paper),
    ("planning", make_plan),
    ("analysis", write_notes),
    ("coding", write_code),
    ("repair", run_and_repair),
    ("report", report_on),
)


def run_pipeline(run: Run, until: str | None = None) -> Report | None:
    """Every step in order; None when it stopped after the step `until`.

    Raises:
        P2cError, SandboxError: a step failed; its message names the step. What was made before is kept, and
            the same call goes on from there.
    """
    made: Any = None
    for name, step in STEPS:
        if run.sandbox is not None:
            run.sandbox.check()
        made = step(run, made)
        if name == until:
            return None
    report: Report = made
    return report
