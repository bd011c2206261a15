"""Coding: each file when those it depends on are written, several at the same time; the README last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from p2c.model.code import extract_code
from p2c.model.types import Message
from p2c.prompts import render
from p2c.stages import config_file, source
from p2c.stages.analysis import is_written_by_model
from p2c.stages.asking import as_inputs, as_text, ask_twice, conversation
from p2c.stages.checks import runs_file
from p2c.stages.context import Context, whole_plan_part
from p2c.stages.graph import below
from p2c.stages.interfaces import outline
from p2c.stages.parallel import in_order
from p2c.stages.shipped import assemble, empty_package
from p2c.types import FileAnalysis, Plan, PlannedFile
from sandbox.tree import Tree

README = "README.md"
Check = Callable[[str], Sequence[str]]


def code_name(path: str) -> str:
    """Where the generated file `path` stands in the run folder, as generated."""
    return f"code/{path}"


def code(context: Context, plan: Plan, analyses: tuple[FileAnalysis, ...]) -> Tree:
    """The whole repository as generated, each file made or taken from the run folder.

    Raises:
        AnswerError: the model gave no code for a file, twice.
        BudgetExceeded, ModelError, RunFolderError: as for planning; files that were finished before are kept.
    """
    files = {file.path: file for file in plan.logic.files}
    graph = {path: file.depends_on for path, file in files.items()}
    written: dict[str, str] = {}

    def write(path: str) -> str:
        needed = {name: written[name] for name in below(graph, path)}
        written[path] = _file(context, plan, analyses, files[path], needed)
        return written[path]

    sources = in_order(graph, write, workers=context.workers, say=context.note)
    readme = _readme(context, plan, sources)
    return assemble(plan, {**sources, README: readme})


def _file(
    context: Context,
    plan: Plan,
    analyses: tuple[FileAnalysis, ...],
    file: PlannedFile,
    needed: Mapping[str, str],
) -> str:
    if not is_written_by_model(file):
        return empty_package(file)
    notes = render("analyses", analyses=analyses)
    task = render(
        "coding",
        path=file.path,
        is_python=file.path.endswith(".py"),
        in_folder="/" in file.path,
        is_entry=runs_file(plan.logic.smoke.command, file.path),
        smoke=plan.logic.smoke,
        written=tuple(needed.items()),
    )
    note = next((analysis.text for analysis in analyses if analysis.path == file.path), "")
    planned = tuple(planned.path for planned in plan.logic.files)

    def check(text: str) -> tuple[str, ...]:
        return source.problems(file.path, text, note=note, written=needed, planned=planned)

    return _written(context, plan, file.path, (notes, task), check)


def _readme(context: Context, plan: Plan, sources: Mapping[str, str]) -> str:
    entry = {path for path in sources if runs_file(plan.logic.smoke.command, path)}
    outlines = [
        (path, text if path in entry else outline(text)) for path, text in sources.items() if path.endswith(".py")
    ]
    task = render("readme", outlines=outlines, smoke=plan.logic.smoke)
    return _written(context, plan, README, (task,), lambda _text: ())


def _written(context: Context, plan: Plan, path: str, parts: tuple[str, ...], check: Check) -> str:
    step, name = f"coding/{path}", code_name(path)

    def messages(config: str) -> tuple[Message, ...]:
        return conversation(context.paper_part(), whole_plan_part(plan, config), *parts)

    def make() -> dict[str, str]:
        attempt = as_text(context.model, lambda text: extract_code(text, path), check)
        text, remaining = ask_twice(step, messages(plan.config_yaml), attempt, context.folder.journal)
        for problem in remaining:
            context.note(f"{step}: taken although {problem}; the sandbox will show what it means")
        return {name: text if text.endswith("\n") else f"{text}\n"}

    # As for the notes: a changed number makes no file anew.
    key = messages(config_file.outline(plan.config_yaml))
    return context.folder.step(step, as_inputs(key), (name,), make)[name]
