"""Analysis: one note a file, all at the same time once the first has filled the endpoint's prefix cache."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from p2c.model.code import NotCode, Truncated, extract_code
from p2c.model.parallel import in_order
from p2c.prompts import render
from p2c.stages import config_seen
from p2c.stages.asking import as_inputs, as_text, ask_twice, conversation
from p2c.stages.claims import of_file
from p2c.stages.context import Context, whole_plan_part
from p2c.stages.promises import promised
from p2c.types import FileAnalysis, Plan, PlannedFile

_TITLE = re.compile(r"#{1,2}[ \t]+Note\b[^\n]*(?:\n+|\Z)", re.I)
"""The heading that each prompt puts over a note."""


def note_name(path: str) -> str:
    """Where the note on the planned file `path` stands in the run folder."""
    return f"analysis/{path}.md"


def is_written_by_model(file: PlannedFile) -> bool:
    """Whether the coder writes it; an `__init__.py` that imports nothing holds its description alone."""
    return PurePosixPath(file.path).name != "__init__.py" or bool(file.depends_on)


def analyse(context: Context, plan: Plan) -> tuple[FileAnalysis, ...]:
    """The notes on all planned files, in the order of writing, and no code; made or taken from the run folder.

    Raises:
        AnswerError, BudgetExceeded, ModelError, RunFolderError: as for planning; notes that were finished
            before are kept.
    """
    files = {file.path: file for file in plan.logic.files if is_written_by_model(file)}
    notes = in_order(
        dict.fromkeys(files, ()),
        lambda path: note(context, plan, files[path]),
        kept=lambda path: context.kept(lambda has: note(has, plan, files[path])),
        workers=context.workers,
        say=context.interrupted,
    )
    return tuple(FileAnalysis(path=path, text=text) for path, text in notes.items())


def note(context: Context, plan: Plan, file: PlannedFile) -> str:
    """The note on one file, made or taken from the run folder. Raises as `analyse` does."""
    step, name = f"analysis/{file.path}", note_name(file.path)
    rules = render("analysis_rules")
    task = render("analysis", path=file.path, description=file.description, claims=of_file(plan, file.path))
    messages = conversation(context.paper_part(), whole_plan_part(plan, plan.config_yaml), rules, task)
    key = as_inputs(conversation(context.paper_part(), whole_plan_part(plan, ""), rules, task))

    def check(text: str) -> tuple[str, ...]:
        if not text:
            return ("it is empty",)
        if file.path.endswith(".py") and promised(text) is None:
            return ("it lacks the section `## Interface` with one ```python fence of signatures that parse",)
        return ()

    def make() -> dict[str, str]:
        text, remaining = ask_twice(step, messages, as_text(context.model, _bare, check), context.folder.journal)
        for problem in remaining:
            context.note(f"{step}: taken although {problem}")
        return {name: f"{text}\n"}

    return config_seen.step(context, step, key, name, make, config=plan.config_yaml)


def _bare(answer: str) -> str:
    """The note without a fence around all of it, or words before that, and without a title: prompts put one over it."""
    text = answer.strip()
    if not text.startswith("#"):
        try:
            inner = extract_code(text, "note.md").strip()
        except Truncated as cut:  # the fence around it was never closed
            inner = cut.partial.strip()
        except NotCode:
            return text
        text = inner if inner.startswith("#") else text
    return _TITLE.sub("", text, count=1) if _TITLE.match(text) else text
