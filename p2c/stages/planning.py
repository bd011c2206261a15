"""Planning in four calls: the overall plan, the architecture, the logic design, the configuration.

Each is one named step that writes readable files; each reads what the ones before it left in the run
folder, so an edit to any of them is what the next ones are made from.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from p2c.errors import UsageError
from p2c.prompts import render
from p2c.stages import checks, claims, config_file, plain_command, sources
from p2c.stages.asking import Grave, as_inputs, as_text, as_value, ask_twice, conversation, refusal
from p2c.stages.context import Context, plan_part
from p2c.types import Architecture, Logic, Plan, Value

OVERVIEW, ARCHITECTURE, LOGIC, CONFIG = (
    "plan/overview.md",
    "plan/architecture.json",
    "plan/logic.json",
    "plan/config.yaml",
)
CLASSES, SEQUENCE = "plan/class_diagram.mmd", "plan/sequence_diagram.mmd"

B = TypeVar("B", bound=BaseModel)


class Design(Value):
    """What `plan/architecture.json` holds; the diagrams stand in files of their own, each fact in one place."""

    overview: str
    files: tuple[str, ...]


def plan(context: Context) -> Plan:
    """The whole plan, made or taken from the run folder.

    Raises:
        AnswerError: the model's answer to one of the four could not be used, nor its second one.
        UsageError: a plan file that was edited by hand does not pass the checks, or the user's smoke command is no
            shell line.
        BudgetExceeded, ModelError, RunFolderError: as the model and the run folder raise them.
    """
    if context.smoke is not None and (why := checks.no_shell_line(context.smoke)):
        raise UsageError(f"{why}; give another --smoke")
    overview = plan_overview(context)
    architecture = plan_architecture(context, overview)
    logic = plan_logic(context, overview, architecture)
    config = plan_config(context, overview, architecture, logic)
    return Plan(overview=overview, architecture=architecture, logic=logic, config_yaml=config)


def plan_overview(context: Context) -> str:
    """Step 1: method, experiments, data, evaluation, what is reproduced; Markdown."""
    step = "planning/overview"
    messages = conversation(context.paper_part(), render("planning_overview"))

    def make() -> dict[str, str]:
        attempt = as_text(context.model, str.strip, lambda text: () if text else ("it is empty",))
        text, _ = ask_twice(step, messages, attempt, context.folder.journal)
        return {OVERVIEW: f"{text}\n"}

    return context.folder.step(step, as_inputs(messages), (OVERVIEW,), make)[OVERVIEW]


def plan_architecture(context: Context, overview: str) -> Architecture:
    """Step 2: the files and how they work together, with both diagrams."""
    step = "planning/architecture"
    task = render("planning_architecture", smoke_command=context.smoke)
    messages = conversation(context.paper_part(), plan_part(overview), task)

    def make() -> dict[str, str]:
        attempt = as_value(context.model, Architecture, checks.settled_architecture, checks.architecture_problems)
        value, remaining = ask_twice(step, messages, attempt, context.folder.journal)
        if wrong := checks.file_list_problems(value.files):
            raise refusal(step, wrong)
        _taken(context, step, remaining)
        design = Design(overview=value.overview, files=value.files)
        return {
            ARCHITECTURE: _as_json(design),
            CLASSES: value.class_diagram,
            SEQUENCE: value.sequence_diagram,
        }

    made = context.folder.step(step, as_inputs(messages), (ARCHITECTURE, CLASSES, SEQUENCE), make)
    design = parse(Design, ARCHITECTURE, made[ARCHITECTURE])
    architecture = checks.settled_architecture(
        Architecture(
            overview=design.overview,
            files=design.files,
            class_diagram=made[CLASSES],
            sequence_diagram=made[SEQUENCE],
        )
    )
    _require(ARCHITECTURE, checks.file_list_problems(architecture.files))
    return architecture


def plan_logic(context: Context, overview: str, architecture: Architecture) -> Logic:
    """Step 3: what each file does and needs, in the order of writing; the packages; the smoke contract."""
    step = "planning/logic"
    messages = conversation(
        context.paper_part(),
        plan_part(overview, architecture),
        render("planning_logic", smoke_command=context.smoke),
    )

    def make() -> dict[str, str]:
        attempt = as_value(
            context.model,
            Logic,
            lambda answer: checks.settled_logic(answer, context.smoke),
            lambda logic: (*checks.logic_problems(logic, architecture), *_not_plain(context, logic)),
        )
        logic, remaining = ask_twice(step, messages, attempt, context.folder.journal)
        if wrong := (*checks.fatal_logic_problems(logic), *_not_plain(context, logic)):
            raise refusal(step, wrong)
        _taken(context, step, remaining)
        logic, notes = checks.forced_logic(logic)
        unfound = claims.unfound(logic.claims, context.paper)
        for note in (*notes, *(f"the paper has no such place: {place}" for place in unfound)):
            context.note(f"{step}: {note}")
        return {LOGIC: _as_json(logic)}

    made = context.folder.step(step, as_inputs(messages), (LOGIC,), make)
    settled = checks.settled_logic(parse(Logic, LOGIC, made[LOGIC]), context.smoke)
    _require(LOGIC, checks.fatal_logic_problems(settled))
    logic, notes = checks.forced_logic(settled)
    for note in notes:
        context.note(f"{LOGIC}: {note}")
    return logic


def plan_config(context: Context, overview: str, architecture: Architecture, logic: Logic) -> str:
    """Step 4: `config.yaml`, which is shipped as it stands."""
    step = "planning/config"
    messages = conversation(context.paper_part(), plan_part(overview, architecture, logic), render("planning_config"))

    def check(text: str) -> tuple[str, ...]:
        if why := config_file.problem(text):
            return (Grave(f"config.yaml {why}"),)
        bare = config_file.without_smoke(text)
        return (*((f"config.yaml {bare}",) if bare else ()), *sources.problems(sources.trace(text, context.paper)))

    def make() -> dict[str, str]:
        attempt = as_text(context.model, config_file.read_answer, check)
        text, remaining = ask_twice(step, messages, attempt, context.folder.journal)
        if why := config_file.problem(text):
            raise refusal(step, (f"config.yaml {why}",))
        _taken(context, step, tuple(problem for problem in remaining if "`smoke`" in problem))
        text, rewritten = config_file.with_real_numbers(text)
        if rewritten:
            context.note(
                f"config.yaml: YAML reads such numbers as text, so they were rewritten: {', '.join(rewritten)}"
            )
        text, unfounded = sources.marked(text, context.paper)
        if unfounded:
            context.note(f"config.yaml: not found in the paper, so marked as assumptions: {', '.join(unfounded)}")
        return {CONFIG: text}

    config = context.folder.step(step, as_inputs(messages), (CONFIG,), make)[CONFIG]
    if why := config_file.problem(config):
        raise UsageError(f"{CONFIG} {why}; mend it, or delete it to have it made again")
    if text_numbers := config_file.with_real_numbers(config)[1]:
        context.note(f"{CONFIG}: YAML reads these as text; write {', '.join(text_numbers)}")
    return config


def _not_plain(context: Context, logic: Logic) -> tuple[str, ...]:
    """What is wrong with a smoke command that the model chose; the user's own may be anything."""
    return () if context.smoke else plain_command.problems(logic.smoke.command, [file.path for file in logic.files])


def _as_json(value: BaseModel) -> str:
    return value.model_dump_json(indent=2) + "\n"


def parse(kind: type[B], name: str, text: str) -> B:
    """A plan file as a value. Raises UsageError when it cannot be read; the message names the file `name`."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in error.errors())
        raise UsageError(f"{name} cannot be read: {wrong}; mend it, or delete it to have it made again") from error


def _require(name: str, problems: tuple[str, ...]) -> None:
    if problems:
        raise UsageError(f"{name} cannot be used: {'; '.join(problems)}; mend it, or delete it to have it made again")


def _taken(context: Context, step: str, problems: tuple[str, ...]) -> None:
    for problem in problems:
        context.note(f"{step}: taken although {problem}")
