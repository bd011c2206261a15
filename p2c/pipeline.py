"""The whole flow: a paper goes in, a repository that was seen to run comes out, with the evidence.

`STEPS` is the flow; each step takes what the one before it gave. What a step makes is written to the run
folder, and a step whose inputs are as they were gives what is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from p2c.errors import UsageError
from p2c.model.parallel import WORKERS
from p2c.model.seeing import Seeing
from p2c.model.types import Model
from p2c.paper.fit import fit
from p2c.paper.invisible import visible
from p2c.paper.pictures import choose, not_shown
from p2c.paper.read import read_paper
from p2c.paper.render import to_markdown
from p2c.repair.cache import Quick, Verify
from p2c.repair.library import LookUp, look_up_in
from p2c.repair.loop import repair_repository
from p2c.repair.result import RepairResult
from p2c.repair.sandboxed import verify_in
from p2c.repair.settings import RepairSettings
from p2c.report.summary import Report
from p2c.report.writing import write_report
from p2c.run.ahead import Ahead
from p2c.run.folder import RunFolder
from p2c.run.history import History
from p2c.run.outputs import keep_outputs
from p2c.run.replay import ReplayedHistory
from p2c.stages import Context, analyse, code, plan
from p2c.stages.deadline import Deadline
from p2c.stages.explained import explained
from p2c.stages.sight import as_images, told
from p2c.types import FileAnalysis, Paper, Plan
from sandbox.controller import Sandbox
from sandbox.settings import Settings
from sandbox.tree import Tree
from sandbox.words import counted

PAPER, READ = "paper/paper.md", "paper/for_model.md"
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
    show_figures: bool = False
    """Whether pictures of the paper go along with its text, for a model that sees."""
    workers: int = WORKERS
    """Model calls under way at once."""


@dataclass(frozen=True)
class Planned:
    """The plan, and what it was made with."""

    context: Context
    plan: Plan


@dataclass(frozen=True)
class Generated(Planned):
    """A note on each file, and the repository as the model wrote it."""

    notes: tuple[FileAnalysis, ...]
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
    pictures, shown = choose(run.paper.figures, run.figures) if run.show_figures else ((), not_shown(run.paper.figures))
    images = as_images(pictures)
    fitted = fit(paper, (run.context_tokens or CONTEXT_TOKENS) // 2 - sum(image.tokens() for image in images))
    seen, unseen = visible(fitted.text)
    hint = f"left out of what the model reads, as nothing of it shows: {counted(unseen, 'character')}" if unseen else ""
    for note in filter(None, (*fitted.notes(), *shown, hint)):
        run.folder.journal.emit("note", message=f"paper: {note}")
    text = run.folder.step("paper/for_model", {"paper": seen}, (READ,), lambda: {READ: seen})[READ]
    beside = told(pictures, images)
    model = Seeing(run.model, images, beside) if images else run.model
    return Context(run.folder, model, text + beside, smoke=run.settings.smoke, workers=run.workers)


def make_plan(_: Run, context: Context) -> Planned:
    """Overall plan, architecture, logic design with the smoke contract, configuration."""
    return Planned(context, plan(context))


def write_notes(_: Run, made: Planned) -> Planned:
    """One note a file; a step of its own only where the run stops after it."""
    analyse(made.context, made.plan)
    return made


def write_code(run: Run, made: Planned) -> Generated:
    """The notes, and each file as soon as its own note and what it depends on are there; what nothing in the files
    explains is not among the requirements."""
    analyses, tree = code(made.context, made.plan)
    tree, notes = explained(tree, run.settings.allow)
    for note in notes:
        made.context.note(note)
    return Generated(made.context, made.plan, analyses, tree)


def run_and_repair(run: Run, made: Generated) -> Mended:
    """Commit what was generated; run it; mend it and commit each edit, until it runs or the budget ends."""
    if run.sandbox is None:
        raise UsageError("nothing can be run without a sandbox; give --until coding to stop before")
    smoke = made.plan.logic.smoke
    settings = replace(run.settings, smoke=smoke.command, metrics_file=smoke.metrics_file, trust_index=False)
    sandbox = run.sandbox.get()
    repair = replace(run.repair, smoke=smoke.command, max_minutes=None, context_tokens=run.context_tokens)
    key = f"{replace(settings, allow=frozenset())} {sorted(settings.allow)} {sandbox.image.id}"
    message = f'Code as generated\n\nFrom the paper "{" ".join(run.paper.title.split())}", by {run.model_name}.'
    run.folder.update_meta(repair={"settings": asdict(repair), "key": key, "message": message})
    place, keep = str(run.folder.path.resolve()), partial(keep_outputs, run.folder)
    verify = verify_in(sandbox, settings, "repository", place, run.folder.journal, keep=keep)
    repair = replace(repair, max_minutes=run.model.minutes_left())
    look_up = look_up_in(sandbox, settings, place)
    write = partial(_write, run)
    return mend(made, run.model, verify=verify, settings=repair, key=key, message=message, look_up=look_up, keep=write)


def mend(
    made: Generated,
    model: Model,
    *,
    verify: tuple[Verify, Quick],
    settings: RepairSettings,
    key: str,
    message: str,
    look_up: LookUp | None = None,
    keep: Callable[[RepairResult], object] = lambda _: None,
) -> Mended:
    """The generated repository committed and repaired.

    Args:
        verify: the verdicts that decide, and quick ones.
        keep: given the result of a repair that runs before it is reduced.
    """
    folder = made.context.folder
    history = ReplayedHistory(History.create(folder.path / "repository"), folder.journal)
    history.commit(made.tree, message)
    result = repair_repository(
        made.tree,
        verify=verify[0],
        quick=verify[1],
        model=model,
        settings=settings,
        journal=folder.journal,
        history=history,
        plan=made.plan,
        analyses={note.path: note.text for note in made.notes},
        look_up=look_up,
        verdicts=folder.path / "verdicts",
        key=key,
        keep=lambda whole: keep(whole.with_edits_by_hand(history.by_hand())),
    )
    history.settle(result.tree)
    result = result.with_edits_by_hand(history.by_hand())
    return Mended(made.context, made.plan, made.notes, made.tree, result)


def report_on(run: Run, made: Mended) -> Report:
    """`verdict.json`, `report.json`, `report.md`, and the lock of the environment that it ran in."""
    return _write(run, made.result)


def _write(run: Run, result: RepairResult) -> Report:
    usage = run.model.usage()
    title = run.paper.title
    return write_report(run.folder, result, title=title, usage=usage, model=run.model_name, recorded=run.recorded)


STEPS: tuple[tuple[str, Callable[[Run, Any], Any]], ...] = (
    ("paper", keep_paper),
    ("planning", make_plan),
    ("analysis", write_notes),
    ("coding", write_code),
    ("repair", run_and_repair),
    ("report", report_on),
)
STOPS = frozenset({"analysis"})
"""Steps that are made only where the run stops after them: the next one does their work, without a wait in between."""


def run_pipeline(run: Run, until: str | None = None) -> Report | None:
    """Every step in order; None when it stopped after the step `until`.

    Raises:
        P2cError, SandboxError: a step failed; its message names the step. What was made before is kept, and
            the same call goes on from there.
    """
    made: Any = None
    for name, step in STEPS:
        if name in STOPS and name != until:
            continue
        if run.sandbox is not None:
            run.sandbox.check()
        made = step(run, made)
        if name == until:
            return None
    report: Report = made
    return report
