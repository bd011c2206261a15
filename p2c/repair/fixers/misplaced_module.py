"""A module of the repository that lies elsewhere than where the import looks: a program looks in its own folder."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from p2c.repair.fixers.case import Case, Fix, parsed, span, with_import
from p2c.repair.fixers.meaning import Meaning
from p2c.repair.fixers.python_file import Change, PythonFile, failing_file
from p2c.repair.text import read_text

_MODULE = re.compile(r"No module named ['\"]([\w.]+)['\"]")


def misplaced_module(case: Case) -> Fix | None:
    """Imports a module of the repository by the name that it has from the program's folder.

    Where it lies outside that folder, the program looks there as well.
    """
    match = _MODULE.search(case.failure.message) if case.exception == "ModuleNotFoundError" else None
    path, file = case.path, failing_file(case)
    if match is None or path is None or file is None or not case.inside:
        return None
    program = case.inside[0].file
    folder = posixpath.dirname(program)
    found = _found(case, match[1])
    if found is None:
        return None
    new = file.edited(_renamed(case, file, folder, match[1].partition(".")[0]))
    if new is not None:
        return Fix({path: new}, f"import {match[1]} from where it lies")
    parents = [parent.as_posix() for parent in PurePosixPath(program).parents]
    root = found[0] or "."
    return _looking(case, program, parents.index(root)) if root in parents[1:] else None


def _found(case: Case, module: str) -> tuple[str, str] | None:
    """The folder from which an import finds `module`, and its file or folder; None unless there is exactly one."""
    parts = module.split(".")
    files, folders = set[tuple[str, str]](), set[tuple[str, str]]()
    for path in case.tree.python_files():
        there = path.removesuffix(".py").removesuffix("/__init__").split("/")
        for start in range(len(there) - len(parts) + 1):
            if there[start : start + len(parts)] == parts:
                place = "/".join(there[:start]), "/".join(there[: start + len(parts)])
                (files if start + len(parts) == len(there) else folders).add(place)
    places = files or folders
    return places.pop() if len(places) == 1 else None


def _imports(file: PythonFile, top: str) -> Iterator[ast.ImportFrom | ast.Import]:
    for node in ast.walk(file.module):
        if isinstance(node, ast.ImportFrom):
            modules = [] if node.level else [node.module or ""]
        else:
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom | ast.Import) and any(one.partition(".")[0] == top for one in modules):
            yield node


def _renamed(case: Case, file: PythonFile, folder: str, top: str) -> Iterator[Change]:
    """Every import below `top` in the file, by the name that it has from `folder`."""
    for node in _imports(file, top):
        if isinstance(node, ast.ImportFrom):
            old = node.module or ""
            new = _name(case, old, folder)
            head = re.match(rf"from\s+{re.escape(old)}\b", file.text(node))
            if new and new != old and head:
                line, column, _, _ = span(node)
                yield (line, column, line, column + len(head[0])), f"from {new}"
        else:
            for alias in node.names:
                new = _name(case, alias.name, folder)
                if new and new != alias.name and (alias.asname or "." not in alias.name):
                    yield span(alias), f"{new} as {alias.asname or alias.name}"


def _name(case: Case, module: str, folder: str) -> str | None:
    found = _found(case, module)
    if found is None:
        return None
    prefix = f"{folder}/" if folder else ""
    return found[1].removeprefix(prefix).replace("/", ".") if found[1].startswith(prefix) else None


def _looking(case: Case, program: str, up: int) -> Fix | None:
    """The program, which then looks for modules `up` folders above its own as well."""
    content = case.tree.files[program]
    module = parsed(content)
    first = next((n for n in module.body if n.lineno == case.inside[0].line), None) if module else None
    if module is None or first is None:
        return None
    before = ast.Module([node for node in module.body if node.lineno < first.lineno], [])
    meaning = Meaning(before)
    above, needed = _above(meaning, up)
    inserted, lacking = meaning.written("sys.path")
    text = read_text(content)
    new = text.spliced(first.lineno - 1, first.lineno - 1, [f"{inserted}.insert(0, {above})"]).encode()
    for statement in filter(None, (needed, lacking)):
        new = with_import(new, before, statement)
    return Fix({program: new}, f"let {program} look for modules in the folder above its own")


def _above(meaning: Meaning, up: int) -> tuple[str, str]:
    """The folder `up` above the program's own, with what is imported already, and the import that it lacks."""
    path, needed = meaning.written("pathlib.Path")
    join, lacking = meaning.written("os.path.join")
    if needed and not lacking:
        above = ', ".."' * up
        folder = meaning.written("os.path.dirname")[0]
        return f"{join}({folder}(__file__){above})", ""
    return f"str({'Path' if needed else path}(__file__).resolve().parents[{up}])", needed and "from pathlib import Path"
