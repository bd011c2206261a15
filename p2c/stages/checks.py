"""The plan, checked by code: what is harmless is put right, what is not is a clause for the model.

Each `*_problems` gives clauses that complete "your answer cannot be used because ..."; each `settled_*`
gives the same value with what needs no model's judgement put right, and `forced_logic` what is left after
the model was asked twice.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from p2c.run.worktree import check_paths
from p2c.stages import claims, diagrams, plain_command
from p2c.stages.graph import cycle, ordered, without_cycles
from p2c.stages.modules import module_name, program_name
from p2c.types import Architecture, Logic, PlannedFile

FIXED = ("README.md", "config.yaml", "requirements.txt", "reproduce.sh")
"""Files that every repository has and that the plan does not list: p2c makes them from the plan."""
DEFAULT_METRICS = "results/metrics.json"
_STANDARD = frozenset(name.lower() for name in sys.stdlib_module_names)
_WELL_KNOWN = frozenset(
    {
     "datasets", "gym", "gymnasium", "jax", "keras", "matplotlib", "networkx", "nltk", "numpy",
     "pandas", "peft", "pil", "requests", "scipy", "seaborn", "sklearn", "spacy", "statsmodels", "tensorflow",
     "tokenizers", "torch", "torchvision", "tqdm", "transformers", "wandb", "xgboost", "yaml",
    }
)  # fmt: skip
"""Import names that generated code needs under their own meaning; a local module of the name hides them."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.I)
"""Names that Windows keeps for devices, with any suffix."""
_NO_COMMAND = frozenset({"none", "n/a", "-"})
_TEXT_NAMES = re.compile(
    r".*\.(py|pyi|sh|md|txt|rst|json|yaml|yml|toml|cfg|ini|csv|tsv|sql|html|css|js|tex|bib|c|h|cpp|cu|pyx|r|jl)"
    r"|(.*/)?(Makefile|Dockerfile|LICENSE|\.gitignore)",
    re.I,
)


def settled_architecture(answer: Architecture) -> Architecture:
    """Paths without `./`, each once, none of `FIXED`; diagrams without fences."""
    files = dict.fromkeys(_plain(path) for path in answer.files)
    return Architecture(
        overview=answer.overview.strip(),
        files=tuple(path for path in files if path.lower() not in _fixed()),
        class_diagram=diagrams.clean(answer.class_diagram),
        sequence_diagram=diagrams.clean(answer.sequence_diagram),
    )


def architecture_problems(answer: Architecture) -> tuple[str, ...]:
    """What is wrong with a settled architecture."""
    drawn = ((name, diagrams.problem(text, kind)) for name, text, kind in _diagrams_of(answer))
    return (*file_list_problems(answer.files), *(f"the {name} {why}" for name, why in drawn if why))


def file_list_problems(paths: Sequence[str]) -> tuple[str, ...]:
    """Why these files cannot be a repository's; nobody but the model, or the user, can put that right."""
    none = [] if any(path.endswith(".py") for path in paths) else ["the file list holds no Python file"]
    return (*none, *_path_problems(paths))


def settled_logic(answer: Logic, command: str | None = None) -> Logic:
    """Paths without `./`, none of `FIXED`, each package once.

    Args:
        answer: the model's logic design.
        command: the smoke command that the user asked for; it replaces the model's.
    """
    files = [
        PlannedFile(
            path=_plain(file.path),
            description=file.description.strip(),
            depends_on=tuple(
                path for path in dict.fromkeys(map(_plain, file.depends_on)) if path.lower() not in _fixed()
            ),
        )
        for file in answer.files
    ]
    smoke = answer.smoke.model_copy(
        update={
            "command": (command or answer.smoke.command).strip(),
            "metrics_file": _plain(answer.smoke.metrics_file),
        }
    )
    full = answer.full_command.strip().strip("`")
    return Logic(
        files=tuple(file for file in files if file.path.lower() not in _fixed()),
        packages=tuple(dict.fromkeys(line.strip() for line in answer.packages if line.strip())),
        smoke=smoke,
        full_command="" if full == smoke.command or full.lower() in _NO_COMMAND else full,
        claims=claims.settled(answer.claims),
    )


def logic_problems(answer: Logic, architecture: Architecture) -> tuple[str, ...]:
    """What is wrong with a settled logic design for `architecture`."""
    paths = [file.path for file in answer.files]
    found = [*file_list_problems(paths)]
    if absent := [path for path in architecture.files if path not in paths]:
        found.append(f"`files` lacks these files of the architecture: {', '.join(absent)}")
    if extra := [path for path in paths if path not in architecture.files]:
        found.append(f"`files` holds files that the architecture has not: {', '.join(extra)}")
    for file in answer.files:
        if unknown := [path for path in file.depends_on if path not in paths]:
            found.append(f"{file.path} depends on files that are not planned: {', '.join(unknown)}")
    if loop := cycle(_graph(answer)):
        found.append(f"the dependencies go in a circle: {' needs '.join(loop)}")
    found.extend(_package_problems(answer.packages))
    found.extend(_command_problems(answer))
    found.extend(_metrics_problems(answer))
    found.extend(_full_problems(answer))
    found.extend(claims.problems(answer.claims, paths))
    return tuple(found)


def fatal_logic_problems(answer: Logic) -> tuple[str, ...]:
    """Those problems of a settled logic design that `forced_logic` cannot put right."""
    return (*file_list_problems([file.path for file in answer.files]), *_command_problems(answer))


def forced_logic(answer: Logic) -> tuple[Logic, tuple[str, ...]]:
    """A settled logic design made usable where code can do so, in the order of writing; and what was done.

    Claims that name no code, unknown dependencies, requirements that pip cannot install and a full command that is no
    plain one are dropped, cycles broken, a bad name of the metrics file replaced, the files sorted so that each follows
    those it needs. `answer` has no `fatal_logic_problems`.
    """
    notes: list[str] = []
    by_path = {file.path: file for file in answer.files}
    known = {path: tuple(needed for needed in file.depends_on if needed in by_path) for path, file in by_path.items()}
    for path, file in by_path.items():
        notes.extend(f"{path}: {n} is not planned; dependency dropped" for n in file.depends_on if n not in by_path)
    graph, removed = without_cycles(known)
    notes.extend(f"the plan's dependencies went in a circle; {a} no longer waits for {b}" for a, b in removed)
    own = {module_name(path).partition(".")[0].lower() for path in by_path if path.endswith(".py")}
    needless = {p: _package_problem(p) or _needless(p, own) for p in answer.packages}
    packages = tuple(package for package, why in needless.items() if not why)
    notes.extend(f"requirement left out: {why}" for why in needless.values() if why)
    smoke = answer.smoke
    if wrong := _metrics_problems(answer):
        notes.append(f"{wrong[0]}; {DEFAULT_METRICS} instead")
        smoke = smoke.model_copy(update={"metrics_file": DEFAULT_METRICS})
    files = tuple(by_path[path].model_copy(update={"depends_on": graph[path]}) for path in ordered(graph))
    kept = claims.kept(answer.claims, by_path)
    notes.extend(f"dropped what names no code: {c.claim} ({c.file}: {c.name})" for c in answer.claims if c not in kept)
    bad = _full_problems(answer)
    notes.extend(f"left out: {why}" for why in bad)
    full = "" if bad else answer.full_command
    return Logic(files=files, packages=packages, smoke=smoke, full_command=full, claims=kept), tuple(notes)


def runs_file(command: str, path: str) -> bool:
    """Whether `command`, a shell line, names the file `path`, or its module (`python -m package.module`)."""
    try:
        words = {_plain(word) for word in shlex.split(command)}
    except ValueError:
        return False
    return path in words or program_name(path) in words


def no_shell_line(command: str) -> str:
    """Why the smoke command `command` is not one shell line, or an empty string."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        return f"the smoke command {command!r} is no shell line: {error}"
    return "" if words and "\n" not in command else "the smoke command must be one shell line"


def _diagrams_of(answer: Architecture) -> tuple[tuple[str, str, diagrams.Kind], ...]:
    """The diagrams of a design: what each is called, its text, its kind."""
    return (
        ("class diagram", answer.class_diagram, "classDiagram"),
        ("sequence diagram", answer.sequence_diagram, "sequenceDiagram"),
    )


def _graph(logic: Logic) -> dict[str, tuple[str, ...]]:
    return {file.path: file.depends_on for file in logic.files}


def _fixed() -> frozenset[str]:
    return frozenset(name.lower() for name in FIXED)


def _plain(path: str) -> str:
    return path.strip().removeprefix("./")


def _path_problem(path: str) -> str:
    try:
        check_paths({path: b""})
    except ValueError as error:
        return str(error)
    return f"{path!r} holds a character that file names should not" if re.search(r"[^\w./+@-]", path) else ""


def _path_problems(paths: Sequence[str]) -> list[str]:
    found = [why for path in paths if (why := _path_problem(path))]
    found += [
        f"{path} is no text file that can be written as source" for path in paths if not _TEXT_NAMES.fullmatch(path)
    ]
    found += [
        f"{path} holds a name that Windows keeps for devices"
        for path in paths
        if any(_RESERVED.fullmatch(part) for part in path.split("/"))
    ]
    by_lower: dict[str, str] = {}
    for path in paths:
        if (other := by_lower.get(path.lower())) is not None:
            same = "twice" if other == path else f"beside {other}, which differs only in case"
            found.append(f"{path} is listed {same}")
        by_lower[path.lower()] = path
    folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    found += [f"{path} is planned both as a file and as a folder" for path in paths if path in folders]
    modules = {path.removesuffix(".py") for path in paths if path.endswith(".py") and "/" not in path}
    found += [f"{name}.py and the folder {name}/ are one module name to Python" for name in sorted(modules & folders)]
    top = modules | {path.partition("/")[0] for path in paths if "/" in path and path.endswith(".py")}
    found += [
        f"{name} has the name of a well-known module and would shadow it; name it otherwise"
        for name in sorted(top)
        if name.lower() in _STANDARD | _WELL_KNOWN
    ]
    return found


def _import_name(package: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", package)
    return name.group().lower().replace("-", "_") if name else ""


def _package_problem(package: str) -> str:
    try:
        requirement = Requirement(package)
    except InvalidRequirement:
        return f"{package!r} is no requirement of PEP 508"
    return f"{package!r} names a URL; name the distribution alone" if requirement.url else ""


def _needless(package: str, own: Collection[str]) -> str:
    name = _import_name(package)
    if name in _STANDARD:
        return f"{package!r} is part of Python"
    return f"{package!r} has the name of a module of this repository" if name in own else ""


def _package_problems(packages: Sequence[str]) -> list[str]:
    found = [why for package in packages if (why := _package_problem(package))]
    names = [canonicalize_name(_import_name(package)) for package in packages if not _package_problem(package)]
    found += [f"the package {name} is listed twice" for name in sorted({n for n in names if names.count(n) > 1})]
    return found


def _command_problems(logic: Logic) -> list[str]:
    command = logic.smoke.command
    if why := no_shell_line(command):
        return [why]
    named = [word for word in shlex.split(command) if word.endswith((".py", ".sh"))]
    if named and not any(runs_file(command, file.path) for file in logic.files):
        return [f"the smoke command {command!r} runs none of the planned files"]
    return []


def _full_problems(logic: Logic) -> tuple[str, ...]:
    planned = [file.path for file in logic.files]
    command = logic.full_command
    return plain_command.problems(command, planned, called="`full_command`") if command else ()


def _metrics_problems(logic: Logic) -> list[str]:
    name = logic.smoke.metrics_file
    if why := _path_problem(name):
        return [f"the metrics file: {why}"]
    if name in {file.path for file in logic.files} or name.lower() in _fixed():
        return [f"the metrics file {name} is also planned as a source file"]
    return [] if name.endswith(".json") else [f"the metrics file {name} must end in .json"]
