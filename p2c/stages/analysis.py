"""Analysis: one note a file, all at the same time once the first has filled the endpoint's prefix cache."""

from __future__ import annotations

from pathlib import PurePosixPath

from p2c.prompts import render
from p2c.stages import config_file
from p2c.stages.asking import as_inputs, as_text, ask_twice, conversation
from p2c.stages.context import Context, whole_plan_part
from p2c.stages.interfaces import promised
from p2c.stages.parallel import after_first, in_order
from p2c.types import FileAnalysis, Plan, PlannedFile


def note_name(path: str) -> str:
    """Where the note on the planned file `path` stands in the run folder."""
    return f"analysis/{path}.md"


def is_written_by_model(file: PlannedFile) -> bool:
    """Whether the coder writes it; an `__init__.py` that imports nothing holds its description alone."""
    return PurePosixPath(file.path).name != "__init__.py" or bool(file.depends_on)


def analyse(context: Context, plan: Plan) -> tuple[FileAnalysis, ...]:
    """The notes on all planned files, in the order of writing; made or taken from the run folder.

    Raises:
        AnswerError, BudgetExceeded, ModelError, RunFolderError: as for planning; notes that were finished
            before are kept.
    """
    files = {file.path: file for file in plan.logic.files if is_written_by_model(file)}
    notes = in_order(
        after_first(tuple(files)),
        lambda path: _note(context, plan, files[path]),
        workers=context.workers,
        say=context.note,
    )
    return tuple(FileAnalysis(path=path, text=text) for path, text in notes.items())


def _note(context: Context, plan: Plan, file: PlannedFile) -> str:
    step, name = f"analysis/{file.path}", note_name(file.path)
    task = render("analysis", path=file.path, description=file.description)
    messages = conversation(context.paper_part(), whole_plan_part(plan, plan.config_yaml), task)
    # A number that was changed in config.yaml makes no note anew: the code reads it when it runs.
    key = conversation(context.paper_part(), whole_plan_part(plan, config_file.outline(plan.config_yaml)), task)

    def check(text: str) -> tuple[str, ...]:
        if not text:
            return ("it is empty",)
        if file.path.endswith(".py") and promised(text) is None:
            return ("it lacks the section `## Interface` with one ```python fence of signatures that parse",)
        return ()

    def make() -> dict[str, str]:
        text, remaining = ask_twice(step, messages, as_text(context.model, str.strip, check), context.folder.journal)
        for problem in remaining:
            context.note(f"{step}: taken although {problem}")
        return {name: f"{text}\n"}

    return context.folder.step(step, as_inputs(key), (name,), make)[name]
