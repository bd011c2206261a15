"""Notes and code: each file when its note and the files it depends on are there; README, by code, last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from p2c.model.code import extract_code
from p2c.model.parallel import in_order
from p2c.model.types import Message
from p2c.prompts import render
from p2c.stages import claims, config_seen, plain_command, readme, source
from p2c.stages.analysis import is_written_by_model, note, note_name
from p2c.stages.asking import as_inputs, as_text, ask_twice, conversation
from p2c.stages.checks import runs_file
from p2c.stages.context import Context, as_material
from p2c.stages.excerpts import excerpts
from p2c.stages.graph import below
from p2c.stages.shipped import assemble, empty_package
from p2c.stages.shown import as_shown
from p2c.types import FileAnalysis, Plan, PlannedFile
from sandbox.tree import Tree

README = "README.md"


def code_name(path: str) -> str:
    """Where the generated file `path` stands in the run folder, as generated."""
    return f"code/{path}"


def code(context: Context, plan: Plan) -> tuple[tuple[FileAnalysis, ...], Tree]:
    """The notes, and the whole repository as generated; each note and file made or taken from the run folder.

    A file is written as soon as its own note and the files that it depends on are there: one slow note holds up what
    is built on its file, and nothing else.

    Raises:
        AnswerError: the model gave no code for a file, twice.
        BudgetExceeded, ModelError, RunFolderError: as for planning; what was finished before is kept.
    """
    files = {file.path: file for file in plan.logic.files}
    depends_on = {path: file.depends_on for path, file in files.items()}
    noted = [path for path, file in files.items() if is_written_by_model(file)]
    made: dict[str, str] = {}
    fresh: set[str] = set()

    def write(context: Context, path: str) -> str:
        needed = {name: made[code_name(name)] for name in below(depends_on, path)}
        return _file(context, plan, files[path], made.get(note_name(path), ""), needed, fresh=fresh)

    work: dict[str, Callable[[Context], str]] = {
        note_name(path): partial(note, plan=plan, file=files[path]) for path in noted
    }
    work |= {code_name(path): partial(write, path=path) for path in files}
    graph: dict[str, tuple[str, ...]] = dict.fromkeys(map(note_name, noted), ())
    for path, file in files.items():
        own = (note_name(path),) if path in noted else ()
        graph[code_name(path)] = (*own, *map(code_name, file.depends_on))

    def make(name: str) -> str:
        made[name] = work[name](context)
        return made[name]

    def kept(name: str) -> str | None:
        if (text := context.kept(work[name])) is not None:
            made[name] = text
        return text

    in_order(graph, make, kept=kept, alike=_stage, workers=context.workers, say=context.interrupted)
    sources = {path: made[code_name(path)] for path in files}
    config_seen.say_unread(context, fresh, sources.values())
    for claim in plan.logic.claims:
        if not claims.is_implemented(claim, sources):
            context.note(f"{claim.file} has no `{claim.name}`, which was to implement: {claim.claim} ({claim.place})")
    notes = tuple(FileAnalysis(path=path, text=made[note_name(path)]) for path in noted)
    return notes, assemble(plan, {**sources, README: _readme(context, plan, sources)})


def _stage(name: str) -> str:
    """Notes begin alike, and so do files."""
    return name.partition("/")[0]


def _readme(context: Context, plan: Plan, sources: Mapping[str, str]) -> str:
    """`README.md`, a file like the others: what it says of the code was looked up there, and it may be edited."""
    text = readme.from_plan(plan, sources, context.paper)
    name = code_name(README)
    return context.folder.step(f"coding/{README}", {"readme": text}, (name,), lambda: {name: text})[name]


def _file(
    context: Context, plan: Plan, file: PlannedFile, own_note: str, needed: Mapping[str, str], *, fresh: set[str]
) -> str:
    """One file. Its prompt has what is the same for all of them first, then what it depends on, its own note last.

    Settings of `config.yaml` that are new since it was made are added to `fresh`.
    """
    if not is_written_by_model(file):
        return empty_package(file)
    own = claims.of_file(plan, file.path)
    task = render(
        "coding",
        path=file.path,
        is_entry=runs_file(plan.logic.smoke.command, file.path),
        smoke=plan.logic.smoke,
        needed=[(path, as_shown(path, text)) for path, text in needed.items()],
        excerpts=as_material(excerpts(own, context.paper, file.description, own_note)),
        note=own_note,
        claims=own,
    )
    planned = tuple(one.path for one in plan.logic.files)
    step, name = f"coding/{file.path}", code_name(file.path)

    def messages(config: str) -> tuple[Message, ...]:
        return conversation(render("coding_plan", plan=plan, config=config), task)

    def check(text: str) -> tuple[str, ...]:
        starts = not plain_command.problems(plan.logic.smoke.command, (file.path,))
        return source.problems(
            file.path, text, note=own_note, written=needed, planned=planned, claimed=own, is_started=starts
        )

    def make() -> dict[str, str]:
        attempt = as_text(context.model, lambda text: extract_code(text, file.path), check)
        text, remaining = ask_twice(step, messages(plan.config_yaml), attempt, context.folder.journal)
        for problem in remaining:
            context.note(f"{step}: taken although {problem}; the sandbox will show what it means")
        return {name: text if text.endswith("\n") else f"{text}\n"}

    key, config = as_inputs(messages("")), plan.config_yaml
    return config_seen.step(context, step, key, name, make, config=config, note=own_note, fresh=fresh)
