"""A file of the repository with the name of a package that is meant elsewhere: it gets another name."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from p2c.repair.fixers.case import Case, Fix, span
from p2c.repair.fixers.python_file import Change, PythonFile, files_with

_SHADOWS = re.compile(
    r"(?P<file>[\w./-]+\.py) of the repository stands in the way of (?:the package|.* module) (?P<name>\w+)"
)


class _Unclear(Exception):
    """An import could mean either."""


def shadowing_module(case: Case) -> Fix | None:
    """Renames the file, and has those import it by its new name who mean it: what they take is defined in it.

    Not where the file is what the smoke command runs, or where an import takes something of both.
    """
    match = _SHADOWS.search(case.failure.message)
    entry = case.verdict.entry
    if match is None or (entry and posixpath.basename(match["file"]) in entry.command):
        return None
    path, name = match["file"], match["name"]
    files = dict(files_with(case, name))
    new = posixpath.join(posixpath.dirname(path), f"local_{name}.py")
    if path not in files or new in case.tree.files:
        return None
    defined = _defined(files[path].module)
    changes: dict[str, bytes | None] = {path: None, new: case.tree.files[path]}
    try:
        for other, file in files.items():
            edited = None if other == path else file.edited(_imports(file, name, defined))
            changes |= {other: edited} if edited is not None else {}
    except _Unclear:
        return None
    return Fix(changes, f"call {path} {posixpath.basename(new)}: it stands in the way of {name}")


def _defined(module: ast.Module) -> set[str]:
    """What the file itself defines at its top, not what it imports."""
    names: set[str] = set()
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    return names


def _imports(file: PythonFile, name: str, defined: set[str]) -> Iterator[Change]:
    for node in ast.walk(file.module):
        if isinstance(node, ast.ImportFrom) and node.module == name:
            if node.level or _means_own({alias.name for alias in node.names}, defined):
                head = re.match(rf"from\s+\.*{name}\b", file.text(node))
                if head is None:
                    raise _Unclear
                line, column, _, _ = span(node)
                yield (line, column, line, column + len(head[0])), f"{head[0][: -len(name)]}local_{name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == name and _means_own(_used(file.module, alias.asname or name), defined):
                    yield span(alias), f"local_{name} as {alias.asname or name}"


def _means_own(taken: set[str], defined: set[str]) -> bool:
    if taken & defined and not taken <= defined:
        raise _Unclear
    return bool(taken) and taken <= defined


def _used(module: ast.Module, name: str) -> set[str]:
    return {
        n.attr for n in ast.walk(module)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == name
    }  # fmt: skip
