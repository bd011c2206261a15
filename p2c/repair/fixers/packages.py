"""Packages and relative imports: a folder without `__init__.py`, a script that imports as if it were a package."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath

from p2c.repair.fixers.case import Case, Fix, Span, edited

_MODULE = re.compile(r"No module named ['\"]([\w.]+)['\"]")
_UNKNOWN = re.compile(r"cannot import name ['\"]\w+['\"] from ['\"]([\w.]+)['\"] \(unknown location\)")
_RELATIVE = re.compile(rb"(\bfrom\s+)(\.+)\s*(\w[\w.]*)?(\s+import\b)")


def package_init(case: Case) -> Fix | None:
    """Makes a folder of modules a package, where a library of the same name hides it."""
    match = _UNKNOWN.search(case.failure.message) or _MODULE.search(case.failure.message)
    if match is None:
        return None
    parts = match[1].split(".")
    if len(parts) == 1 and match.re is _MODULE:
        return None  # nothing of that name was found at all: no `__init__.py` would change that
    missing = {}
    for depth in range(1, len(parts) + 1):
        folder = "/".join(parts[:depth])
        holds = any(p.startswith(folder + "/") and p.endswith(".py") for p in case.tree.files)
        if holds and f"{folder}/__init__.py" not in case.tree.files and f"{folder}.py" not in case.tree.files:
            missing[f"{folder}/__init__.py"] = b""
    return Fix(missing, f"make {', '.join(missing)}: the folder is a package") if missing else None


def relative_import(case: Case) -> Fix | None:
    """Makes the relative imports of a file that runs as a script absolute, where the modules lie beside it."""
    if "attempted relative import with no known parent package" not in case.failure.message:
        return None
    path, module = case.path, case.module
    if path is None or module is None:
        return None
    folder = PurePosixPath(path).parent
    changes: list[tuple[Span, str]] = []
    lines = case.tree.files[path].split(b"\n")
    for node in ast.walk(module):
        if not isinstance(node, ast.ImportFrom) or node.level == 0:
            continue
        line = lines[node.lineno - 1]
        match = _RELATIVE.search(line, node.col_offset)
        new = _absolute(case, folder, node)
        if match is None or node.level > 1 or new is None:
            return None
        changes.append(((node.lineno, match.start(), node.lineno, match.end()), new))
    if not changes:
        return None
    return Fix({path: edited(case.tree.files[path], changes)}, f"import absolutely in {path}, which runs as a script")


def _absolute(case: Case, folder: PurePosixPath, node: ast.ImportFrom) -> str | None:
    """What stands in place of `from .x import`; None where the module is not beside the file."""
    if node.module is None:
        beside = all(_exists(case, folder, alias.name) for alias in node.names)
        return "import" if beside and node.lineno == node.end_lineno and "(" not in _source(case, node) else None
    return f"from {node.module} import" if _exists(case, folder, node.module) else None


def _exists(case: Case, folder: PurePosixPath, module: str) -> bool:
    stem = (folder / module.replace(".", "/")).as_posix()
    return f"{stem}.py" in case.tree.files or any(p.startswith(stem + "/") for p in case.tree.files)


def _source(case: Case, node: ast.ImportFrom) -> str:
    path = case.path or ""
    return case.tree.text(path).split("\n")[node.lineno - 1]
