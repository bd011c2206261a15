"""Notebooks as entry points: run cell by cell in the repository's environment, without a kernel.

The program that people use, nbclient, needs ipykernel in the environment: some twenty packages and a second more for
each run, and its traceback names a temporary file. `notebook_driver.py` needs the standard library alone, runs the
cells in order in one namespace, and gives an exception the notebook's file, line and cell. What it does not have is
IPython's magics beyond the common ones, and widgets; such a cell fails, and says so.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files

from sandbox.job import Job
from sandbox.requirements.bounds import shell_words
from sandbox.smoke.programs import NOTEBOOK
from sandbox.tree import Tree

DRIVER = posixpath.basename(NOTEBOOK.split()[-1])
_TELLING = re.compile(r"main|demo|quick|start|tutorial|example|reproduce|experiment|train|run", re.I)
MAX_BYTES = 16 * 1024 * 1024


def notebooks(tree: Tree) -> Iterator[tuple[str, str]]:
    """Command and source for each Python notebook with code, those with telling names and near the root first."""
    found = []
    for path in tree.files:
        cells = count_cells(tree, path) if path.endswith(".ipynb") else 0
        if cells and ".ipynb_checkpoints" not in path:
            name = posixpath.basename(path)
            found.append((path.count("/"), not _TELLING.search(name), name, path, cells))
    for *_, path, cells in sorted(found):
        outside = f"jupyter execute {shlex.quote(path)}"
        yield f"{NOTEBOOK} {shlex.quote(path)}", f"{path} (notebook, {cells} code cells; outside: {outside})"


def count_cells(tree: Tree, path: str) -> int:
    """How many code cells a Python notebook has that hold anything; 0 for what is no Python notebook."""
    if len(tree.files[path]) > MAX_BYTES:
        return 0
    try:
        notebook = json.loads(tree.text(path))
        language = str(notebook.get("metadata", {}).get("kernelspec", {}).get("language", "python"))
        cells = [cell for sheet in notebook.get("worksheets", [notebook]) for cell in sheet.get("cells", ())]
        full = [one for one in cells if one.get("cell_type") == "code" and one.get("source", one.get("input"))]
    except (ValueError, RecursionError, AttributeError, TypeError):
        return 0
    return len(full) if language.lower().startswith("python") else 0


def notebook_of(command: str, tree: Tree) -> str | None:
    """The notebook that a smoke command runs, or None."""
    return next((word for word in shell_words(command) or () if word in tree.files and word.endswith(".ipynb")), None)


def with_driver(job: Job, command: str) -> Job:
    """`job` with what a notebook command needs beside the tree."""
    if NOTEBOOK not in command:
        return job
    driver = files("sandbox.smoke").joinpath("notebook_driver.py").read_bytes()
    return replace(job, extra={**job.extra, DRIVER: driver})
