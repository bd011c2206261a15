"""Imports from the repository's own modules of what is not there: unused, or defined in another module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import PurePosixPath

from p2c.repair.fixers.case import Case, Fix, span
from p2c.repair.fixers.missing_import import bound_in
from p2c.repair.fixers.python_file import Change, PythonFile, failing_file
from p2c.repair.syntax import python_tree
from p2c.repair.text import SourceText, read_text
from sandbox.requirements.names import generic

_NAME = re.compile(r"cannot import name ['\"](\w+)['\"] from ['\"]([\w.]+)['\"] \(([^()]+\.py)\)")
_MODULE = re.compile(r"No module named ['\"]([\w.]+)['\"]")
_ALIKE = 0.8
_NO_PARENT = "attempted relative import with no known parent package"


def unused_import(case: Case) -> Fix | None:
    """Takes names out of an import that has not got them, where nothing uses them."""
    path, file, node = case.path, failing_file(case), case.statement
    if path is None or file is None or not isinstance(node, ast.ImportFrom):
        return None
    absent = _absent(case, path, node)
    if not absent or path.endswith("__init__.py") or any(_is_used(case, path, file.module, a) for a in absent):
        return None
    new = _without(file, node, absent)
    names = ", ".join(alias.name for alias in absent)
    return Fix({path: new}, f"{path} imports {names} without use, and it is not there") if new else None


def moved_name(case: Case) -> Fix | None:
    """Imports a name from the one module of the repository that defines it."""
    match = _NAME.search(case.failure.message) if case.exception == "ImportError" else None
    path, file, node = case.path, failing_file(case), case.statement
    if match is None or path is None or file is None or not isinstance(node, ast.ImportFrom) or node.level:
        return None
    source = _file_of(case, match[3])
    defining = [p for p in case.tree.python_files() if p not in (path, source) and _defines(case, p, match[1])]
    alias = next((alias for alias in node.names if alias.name == match[1]), None)
    if source is None or alias is None or len(defining) != 1 or path in _reached(case, defining[0]):
        return None
    module = _dotted(defining[0], source, match[2])
    if not module:
        return None
    bound = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
    statement = f"from {module} import {bound}"
    if len(node.names) == 1:
        new = file.edited([(span(node), statement)])
    else:
        line, column, _, _ = span(node)
        rest = _without(file, node, [alias])
        above: Change = ((line, column, line, column), f"{statement}\n{' ' * column}")
        new = PythonFile(rest, file.module).edited([above]) if rest else None
    return Fix({path: new}, f"import {match[1]} from {module}, which defines it") if new else None


def _absent(case: Case, path: str, node: ast.ImportFrom) -> list[ast.alias]:
    """The names of `node` that are surely not there: all of a module that is missing, or those it does not define."""
    if node.names[0].name == "*":
        return []
    if node.level and case.exception in ("ImportError", "ModuleNotFoundError"):
        said = _NO_PARENT in case.failure.message or _MODULE.search(case.failure.message)
        if said and node.module and not _beside(case, path, node):
            return list(node.names)
    missing = _MODULE.search(case.failure.message)
    if missing and not node.level and missing[1] == node.module and missing[1].partition(".")[0] in generic():
        return list(node.names)
    match = _NAME.search(case.failure.message)
    source = _file_of(case, match[3]) if match else None
    if match is None or source is None:
        return []
    there = _defined(case, source)
    return [a for a in node.names if a.name == match[1] or ("*" not in there and not _is_part(case, source, a, there))]


def _is_part(case: Case, source: str, alias: ast.alias, there: frozenset[str]) -> bool:
    """Whether the module `source` defines a name, or is a package that has a module of that name."""
    folder = source.removesuffix("__init__.py") if source.endswith("__init__.py") else ""
    parts = (f"{folder}{alias.name}.py", f"{folder}{alias.name}/")
    return alias.name in there or (bool(folder) and any(p.startswith(parts) for p in case.tree.files))


def _beside(case: Case, path: str, node: ast.ImportFrom) -> bool:
    parents = PurePosixPath(path).parents
    if node.level > len(parents):
        return True
    stem = (parents[node.level - 1] / (node.module or "").replace(".", "/")).as_posix()
    return any(p.startswith((f"{stem}.py", f"{stem}/")) for p in case.tree.files)


def _file_of(case: Case, said: str) -> str | None:
    """The path in the tree of a file that a message names in full."""
    found = [p for p in case.tree.python_files() if f"/{said}".endswith(f"/{p}")]
    return max(found, key=len) if found and "site-packages" not in said else None


def _defined(case: Case, path: str) -> frozenset[str]:
    """The names that a module binds at its top, `*` where they cannot be known."""
    module = python_tree(case.tree.files[path])
    found: set[str] = set() if module else {"*"}
    for node in _top(module.body) if module else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add("*" if node.name == "__getattr__" else node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update(_bound(node))
        else:
            found.update(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load))
    return frozenset(found)


def _defines(case: Case, path: str, name: str) -> bool:
    """Whether a module defines or assigns `name`, and does not import it as well: `except ImportError: name = None`."""
    module = python_tree(case.tree.files[path])
    imports = (n for n in _top(module.body) if isinstance(n, ast.Import | ast.ImportFrom)) if module else ()
    return name in _defined(case, path) and not any(name in _bound(node) for node in imports)


def _bound(node: ast.Import | ast.ImportFrom) -> set[str]:
    return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}


def _top(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, and those in its branches."""
    for node in body:
        yield node
        for field in ("body", "orelse", "finalbody", "handlers"):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from _top(getattr(node, field, []))


def _reached(case: Case, path: str) -> set[str]:
    """The files of the repository that importing `path` imports, by the last parts of their names."""
    found: set[str] = set()
    left = [path]
    while left:
        module = python_tree(case.tree.files[left.pop()])
        for node in ast.walk(module) if module else ():
            if isinstance(node, ast.ImportFrom):
                named = [node.module or "", *(f"{node.module or ''}.{a.name}".lstrip(".") for a in node.names)]
            else:
                named = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            ends = tuple(f"/{name.replace('.', '/')}{end}" for name in named if name for end in (".py", "/__init__.py"))
            new = [p for p in case.tree.python_files() if f"/{p}".endswith(ends) and p not in found] if ends else []
            found.update(new)
            left += new
    return found


def _dotted(path: str, source: str, module: str) -> str:
    """How `path` is imported where `source` is imported as `module`; the empty string where it cannot be."""
    stem = source.removesuffix(".py").removesuffix("/__init__")
    root = stem.removesuffix(module.replace(".", "/"))
    if root == stem or not path.startswith(root):
        return ""
    name = path.removeprefix(root).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return name if all(part.isidentifier() for part in name.split(".")) else ""


def _is_used(case: Case, path: str, module: ast.Module, alias: ast.alias) -> bool:
    """Whether the file uses the name, or one much like it that nothing defines, or has it in a text; or another file
    takes it from this one.
    """
    bound = alias.asname or alias.name
    word = re.compile(rf"\b{bound}\b")
    read = {node.id for node in ast.walk(module) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    if bound in read or get_close_matches(bound, read - bound_in(module), 1, _ALIKE):  # a name that is only mistyped
        return True
    docstrings = {id(n.value) for n in ast.walk(module) if isinstance(n, ast.Expr)}
    texts = (n for n in ast.walk(module) if isinstance(n, ast.Constant) and id(n) not in docstrings)
    if any(isinstance(n.value, str) and word.search(n.value) for n in texts):
        return True
    taken = re.compile(rf"\b(?:import|from)\b.*\b{PurePosixPath(path).stem}\b")
    others = (case.tree.text(p) for p in case.tree.python_files() if p != path)
    return any(word.search(text) and taken.search(text) for text in others)


def _without(file: PythonFile, node: ast.ImportFrom, absent: list[ast.alias]) -> bytes | None:
    """The file without the names `absent` of the import `node`; None where it would not parse, or where all goes and
    another statement stands on its lines.
    """
    kept = [alias for alias in node.names if alias not in absent]
    text = read_text(file.content)
    last = node.end_lineno or node.lineno
    if not kept and not _is_alone(text, node):
        return None
    lines = {a.lineno for a in absent} if kept else set(range(node.lineno, last + 1))
    others = {node.lineno, last, *(a.lineno for a in kept)} if kept else set()
    if not lines & others:
        for number in sorted(lines, reverse=True):
            text = text.spliced(number - 1, number, [])
        new = text.encode()
        return new if python_tree(new) else None
    shorter = ast.ImportFrom(node.module, kept, node.level)
    return file.edited([(span(node), ast.unparse(shorter))])


def _is_alone(text: SourceText, node: ast.stmt) -> bool:
    """Whether the lines of `node` hold nothing else but a comment."""
    first, last = (text.lines[n - 1].encode("utf-8", "surrogateescape") for n in (node.lineno, span(node)[2]))
    rest = last[span(node)[3] :].lstrip(b"; \t")
    return not first[: node.col_offset].strip() and (not rest or rest.startswith(b"#"))
