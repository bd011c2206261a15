"""What the stub answers: the one plan of `frugal_plan.py` in the form that each contestant asks for it.

A prompt that is none of these is an error and no guess, so a contestant that asks something new is noticed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import cache

from benchmarks import frugal_plan as plan
from benchmarks.endpoint import Answered, Body, Unasked

README = "README.md"
_TASK = re.compile(r"^# Your task: (.*)$", re.MULTILINE)
_PATH = re.compile(r"`([\w./-]+)`")
_ANALYSIS, _CODE = re.compile(r"## Logic Analysis: (\S+)\s*\Z"), re.compile(r"## Code: (\S+)\s*\Z")


def answer_p2c(body: Body) -> Answered:
    """p2c's prompts name their task in a heading. Raises Unasked."""
    said = _user(body, 0)
    tasks = list(_TASK.finditer(said))
    if not tasks:
        raise Unasked(f"no task in {said[-200:]!r}")
    task = tasks[-1][1]
    for words, label, reply in _P2C_PLANNING:
        if words in task:
            return Answered(f"planning/{label}", reply())
    paths = [path for path in _PATH.findall(said[tasks[-1].start() :]) if _is_planned(path)]
    if not paths:
        raise Unasked(f"no planned file in the task {task!r}")
    if task.startswith("write "):
        return Answered(f"coding/{paths[0]}", _readme() if paths[0] == README else _fenced(plan.source(paths[0])))
    if "note" in task:
        return _notes(task, said[tasks[-1].start() :])
    raise Unasked(f"the task {task!r} is unknown")


def answer_papercoder(body: Body) -> Answered:
    """PaperCoder's prompts end with what they ask for; in planning, the answers so far are counted. Raises Unasked."""
    said = _user(body, -1)
    if found := _ANALYSIS.search(said):
        return Answered(f"analysis/{found[1]}", note(found[1]))
    answers = sum(message["role"] == "assistant" for message in body["messages"])
    if (found := _CODE.search(said)) and _is_planned(found[1]):
        text = f"## Code: {found[1]}\n```python\n## {found[1]}\n{plan.source(found[1])}```\n"
        return Answered(f"coding/{found[1]}", text)
    planning: tuple[tuple[str, Callable[[], str]], ...] = (
        ("overview", overview),
        ("architecture", _papercoder_architecture),
        ("logic", _papercoder_logic),
        ("config", lambda: f"## Code: config.yaml\n{_fenced('## config.yaml' + chr(10) + config(), 'yaml')}"),
    )
    if answers >= len(planning):
        raise Unasked(f"a planning step after the last: {said[-200:]!r}")
    label, reply = planning[answers]
    return Answered(f"planning/{label}", reply())


def _user(body: Body, which: int) -> str:
    """The first (0) or the last (-1) question of the user."""
    said = [message["content"] for message in body["messages"] if message["role"] == "user"]
    if not said or not isinstance(said[which], str):
        raise Unasked("nothing that a user says in text")
    return str(said[which])


def _is_planned(path: str) -> bool:
    return path == README or any(file.path == path for file in plan.FILES)


def _fenced(text: str, kind: str = "python") -> str:
    return f"```{kind}\n{text.rstrip()}\n```\n"


@cache
def overview() -> str:
    """The overall plan, in the sections that p2c asks for; PaperCoder asks for no form."""
    titles = (
        "What is reproduced",
        "Method",
        "Data",
        "Experiments",
        "Evaluation",
        "Smoke run",
        "Assumptions and open points",
    )
    size = plan.OVERVIEW // len(titles) - 30
    return "\n\n".join(f"## {title}\n{plan.prose(size, 3 * number)}" for number, title in enumerate(titles))


@cache
def class_diagram() -> str:
    """Every class with its public methods, and who uses whom; Mermaid."""
    lines = ["classDiagram"]
    for file in plan.FILES:
        lines.append(f"    class {file.name} {{")
        for line in plan.signatures(file.path).splitlines():
            if found := re.match(r"    def (\w+)", line):
                lines.append(f"        +{found[1]}(values, scale) list")
        lines.append("    }")
    for file in plan.FILES:
        lines += [f"    {file.name} --> {plan.file_of(path).name}" for path in file.depends_on]
    return "\n".join(lines) + "\n"


@cache
def sequence_diagram() -> str:
    """The smoke run; Mermaid."""
    lines = ["sequenceDiagram", "    participant Experiment"]
    for path in plan.file_of("main.py").depends_on:
        file = plan.file_of(path)
        lines.append(f"    Experiment->>{file.name}: collect_{file.nouns[0]}(values)")
        lines.append(f"    {file.name}-->>Experiment: {file.nouns[0]}")
    return "\n".join(lines) + "\n"


@cache
def config() -> str:
    """`config.yaml` with where its values come from."""
    lines = [
        "seed: 17  # assumption: the paper gives none",
        "model:",
        "  layers: 6  # Section 3.1",
        "  width: 512  # Section 3.1",
        "  heads: 8  # Section 3.2.2",
        "  feed_forward: 2048  # Section 3.3",
        "  dropout: 0.1  # Section 5.4",
        "training:",
        '  warmup_steps: 4000  # Section 5.3: "We used warmup_steps = 4000"',
        "  beta_one: 0.9  # Section 5.3",
        "  beta_two: 0.98  # Section 5.3",
        "smoke:",
        "  model:",
        "    layers: 1",
        "    width: 16",
        "  training:",
        "    warmup_steps: 4",
    ]
    text = "\n".join(lines) + "\n"
    number = 0
    while len(text) < plan.CONFIG - 90:
        # before `smoke:`, so that the mapping above stays one
        extra = f"option_{number}: {number}.5 # assumption: of the base model, as the paper leaves it open\n"
        text = text.replace("smoke:\n", f"{extra}smoke:\n", 1)
        number += 1
    return text


@cache
def note(path: str) -> str:
    """The note on one file, in the sections that p2c asks for; PaperCoder asks for no form."""
    file = plan.file_of(path)
    interface = f"## Interface\n{_fenced(plan.signatures(path))}"
    uses = ", ".join(f"`{plan.file_of(p).name}` of `{p}`" for p in file.depends_on) or "nothing of the repository"
    parts = {
        "Purpose": f"`{path}` holds {file.subject}.",
        "Inputs and outputs": "Each method takes `values`, shape (n,), and gives as many numbers in the same order.",
        "Interactions": f"It imports {uses}.",
        "Constraints": "No exponential may overflow; an empty sequence is an error.",
        "Configuration": "`model.width`, `training.warmup_steps`.",
    }
    rest = "\n\n".join(f"## {title}\n{text}" for title, text in parts.items())
    size = max(0, plan.NOTE - len(rest) - len(interface) - len("## Logic\n") - 4)
    logic = plan.prose(size, len(path))
    return f"{rest}\n\n## Logic\n{logic}\n\n{interface}"


def _notes(task: str, asked: str) -> Answered:
    """One note, or several under the headings that the prompt asks for."""
    paths = [path for path in dict.fromkeys(_PATH.findall(asked)) if _is_planned(path) and path != README]
    if len(paths) == 1 or "the note for" in task:
        return Answered(f"analysis/{paths[0]}", note(paths[0]))
    text = "\n".join(f"# Note: `{path}`\n\n{note(path)}" for path in paths)
    return Answered(f"analysis/{'+'.join(paths)}", text)


def _readme() -> str:
    return _fenced(f"# The paper, reproduced\n\n{plan.prose(plan.NOTE - 30)}", "markdown")


def _padded(made: Callable[[str], str], characters: int) -> str:
    """`made` with so much prose that the whole has `characters`."""
    return made(plan.prose(max(20, characters - len(made("")))))


@cache
def _architecture() -> str:
    paths = [file.path for file in plan.FILES]
    return _padded(
        lambda text: json.dumps(
            {
                "overview": text,
                "files": paths,
                "class_diagram": class_diagram(),
                "sequence_diagram": sequence_diagram(),
            },
            indent=1,
        ),
        plan.ARCHITECTURE,
    )


def _sized(made: Callable[[int], str], characters: int) -> str:
    """`made` with texts on the files so long that the whole has about `characters`."""
    return made(max(20, (characters - len(made(0))) // len(plan.FILES)))


@cache
def _logic() -> str:
    smoke = {"command": plan.COMMAND, "metrics_file": plan.METRICS_FILE, "expected_seconds": 20.0}
    claims = [
        {"claim": file.subject, "place": file.place, "file": file.path, "name": f"{file.name}.collect_{file.nouns[0]}"}
        for file in plan.FILES
    ]

    def made(size: int) -> str:
        files = [
            {"path": file.path, "description": plan.prose(size, number), "depends_on": list(file.depends_on)}
            for number, file in enumerate(plan.FILES)
        ]
        return json.dumps({"files": files, "packages": list(plan.PACKAGES), "smoke": smoke, "claims": claims}, indent=1)

    return _sized(made, plan.LOGIC)


@cache
def _papercoder_architecture() -> str:
    paths = [file.path for file in plan.FILES]
    return _content(
        _padded(
            lambda text: json.dumps(
                {
                    "Implementation approach": text,
                    "File list": paths,
                    "Data structures and interfaces": class_diagram(),
                    "Program call flow": sequence_diagram(),
                    "Anything UNCLEAR": "Nothing.",
                },
                indent=1,
            ),
            plan.ARCHITECTURE,
        )
    )


@cache
def _papercoder_logic() -> str:
    def made(size: int) -> str:
        return json.dumps(
            {
                "Required packages": list(plan.PACKAGES),
                "Required Other language third-party packages": ["No third-party dependencies required"],
                "Logic Analysis": [[file.path, plan.prose(size, number)] for number, file in enumerate(plan.FILES)],
                "Task list": [file.path for file in plan.FILES],
                "Full API spec": "",
                "Shared Knowledge": "Sequences are lists of floats.",
                "Anything UNCLEAR": "Nothing.",
            },
            indent=1,
        )

    return _content(_sized(made, plan.LOGIC))


def _content(text: str) -> str:
    return f"[CONTENT]\n{text}\n[/CONTENT]"


_P2C_PLANNING: Sequence[tuple[str, str, Callable[[], str]]] = (
    ("the overall plan", "overview", overview),
    ("the architecture", "architecture", _architecture),
    ("the logic design", "logic", _logic),
    ("`config.yaml`", "config", lambda: _fenced(config(), "yaml")),
)
