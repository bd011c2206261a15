"""What a smoke command needs besides: the server or test runner that it calls, and the imports of what only it runs.

The imports of notebooks and tests count as optional, for a run of the program does without them; where the smoke
command is a notebook, or the tests, they are what is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sandbox.requirements import Inference
from sandbox.requirements.imports import Import, read_module
from sandbox.requirements.notebooks import read_notebook
from sandbox.smoke.modules import is_test
from sandbox.smoke.notebook import notebook_of
from sandbox.tree import Tree
from sandbox.verdict import EntryPoint, Requirement

DISTRIBUTIONS = {
    "uvicorn": "uvicorn",
    "gunicorn": "gunicorn",
    "hypercorn": "hypercorn",
    "flask": "flask",
    "fastapi": "fastapi[standard]",
    "streamlit": "streamlit",
    "chainlit": "chainlit",
    "pytest": "pytest",
}
_MODULE = re.compile(r"\bpython -m (\w+)")


def with_command(inference: Inference, entry: EntryPoint | None, tree: Tree) -> Inference:
    """`inference` with the distribution whose module the smoke command runs, and all that its own imports need."""
    command = entry.command if entry else ""
    called = [name for name in _MODULE.findall(command) if name in DISTRIBUTIONS and name not in inference.local]
    imported = {one.top for path in _run_by(command, tree) for one in _imports(path, tree)}
    known = {one.distribution: _needed(one, imported) for one in inference.requirements}
    for line in dict.fromkeys(DISTRIBUTIONS[name] for name in called):
        name, _, extra = line.rstrip("]").partition("[")
        if name in known:
            known[name] = known[name].model_copy(update={"optional": False})
        else:
            extras = (extra,) if extra else ()
            known[name] = Requirement(distribution=name, extras=extras, modules=(name,), rule="implied")
    return replace(inference, requirements=tuple(known[name] for name in sorted(known)))


def _needed(one: Requirement, imported: set[str]) -> Requirement:
    is_imported = any(module.partition(".")[0] in imported for module in one.modules)
    return one.model_copy(update={"optional": False}) if one.optional and is_imported else one


def _run_by(command: str, tree: Tree) -> Iterator[str]:
    """The notebook, or the tests, that a command runs."""
    notebook = notebook_of(command, tree)
    yield from (notebook,) if notebook else ()
    if "python -m pytest" in command:
        yield from (path for path in tree.python_files() if is_test(path))


def _imports(path: str, tree: Tree) -> tuple[Import, ...]:
    content = tree.files[path]
    return read_notebook(path, content) if path.endswith(".ipynb") else read_module(path, content).imports
