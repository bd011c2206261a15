"""Names of modules, functions and classes that a well-known library has removed: by the table."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from p2c.repair.fixers.case import Case, Fix, Span, span
from p2c.repair.fixers.meaning import module_of
from p2c.repair.fixers.python_file import Change, PythonFile, files_with
from p2c.repair.fixers.table import Name, libraries

_QUOTED = re.compile(r"[`'\"]([\w.]+)[`'\"]")
_GONE = re.compile(r"no attribute|cannot import name|No module named|was removed|is removed|has been removed")


def removed_name(case: Case) -> Fix | None:
    """Writes the successor in place of a name that is gone, wherever the repository uses it."""
    if case.exception not in ("AttributeError", "ImportError", "ModuleNotFoundError"):
        return None
    said = case.failure.message
    quoted = set(_QUOTED.findall(said)) if _GONE.search(said) else set()
    for library in libraries():
        for row in library.names:
            if not _speaks_of(row, quoted):
                continue
            word = row.old.rpartition(".")[2]
            changes = {path: new for path, file in files_with(case, word) if (new := replaced(file, row))}
            if changes:
                return Fix(changes, f"write {row.new} for {row.old} ({library.name} {row.gone} {library.source})")
    return None


def _speaks_of(row: Name, quoted: set[str]) -> bool:
    parent, _, last = row.old.rpartition(".")
    return row.old in quoted or (last in quoted and (not parent or any(one in quoted for one in _ways_to(parent))))


def _ways_to(parent: str) -> tuple[str, ...]:
    """How a message may name a module: `matplotlib.pyplot.cm` is `matplotlib.cm`."""
    parts = parent.split(".")
    return parent, f"{parts[0]}.{parts[-1]}", "nx" if parent == "networkx" else parent


def replaced(file: PythonFile, row: Name) -> bytes | None:
    """The file with the successor of `row` in place of what is gone; None where it does not use it."""
    return file.edited([*_imports(file, row), *_uses(file, row)])


def _uses(file: PythonFile, row: Name) -> Iterator[Change]:
    meaning = file.meaning
    for node in ast.walk(file.module):
        if isinstance(node, ast.Call) and "(" in row.new and meaning.of(node.func) == row.old:
            too_many = row.arguments is not None and len(node.args) + len(node.keywords) > row.arguments
            new = None if too_many else file.called_anew(node, row.new)
            if new is not None:
                yield span(node), new
        elif "(" not in row.new and isinstance(node, ast.Attribute) and meaning.of(node) == row.old:
            yield span(node), file.written(row.new)
        elif isinstance(node, ast.Name) and "." in _beyond(row.new) and meaning.of(node) == row.old:
            yield span(node), _beyond(row.new)


def _beyond(name: str) -> str:
    """What of a qualified name stands after its module: `ConfusionMatrixDisplay.from_estimator`."""
    return name.removeprefix(module_of(name)).lstrip(".") or name


def _imports(file: PythonFile, row: Name) -> Iterator[Change]:
    """Where the name is imported; the name that the file has for it stays, where it can."""
    if "(" in row.new:
        return
    parent, _, last = row.old.rpartition(".")
    for node in ast.walk(file.module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == row.old and (new := _imported_as(alias, row)):
                    yield span(alias), new
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module == row.old:
            yield from _of_module(file, node, row)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module == parent:
            for alias in node.names:
                if alias.name == last:
                    yield from _of_name(node, alias, row)


def _imported_as(alias: ast.alias, row: Name) -> str | None:
    """What stands for `import old`; None where the file goes by its whole name and the new one has another top."""
    if alias.asname is None and "." in row.old:
        return row.new if row.new.partition(".")[0] == row.old.partition(".")[0] else None
    return f"{row.new} as {alias.asname or alias.name}"


def _of_module(file: PythonFile, node: ast.ImportFrom, row: Name) -> Iterator[Change]:
    """`from old import a, b`."""
    old = re.match(rf"from\s+{re.escape(row.old)}\b", file.text(node))
    if old:
        line, column = node.lineno, node.col_offset
        yield (line, column, line, column + len(old[0])), f"from {row.new}"


def _of_name(node: ast.ImportFrom, alias: ast.alias, row: Name) -> Iterator[Change]:
    """`from parent import old`."""
    bound = alias.asname or alias.name
    beyond = _beyond(row.new)
    module, name = row.new.removesuffix(beyond).rstrip("."), beyond.partition(".")[0]
    shown = name if "." in beyond or name == bound else f"{name} as {bound}"
    if module == node.module:
        yield span(alias), shown
        return
    statement = f"from {module} import {shown}" if module else _of_top(row.new, bound)
    if len(node.names) == 1:
        yield span(node), statement
        return
    line, column, _, _ = span(node)
    yield (line, column, line, column), f"{statement}\n{' ' * column}"
    yield _with_comma(node, alias), ""


def _of_top(name: str, bound: str) -> str:
    """A statement that binds a builtin, or a module at the top, to `bound`."""
    if hasattr(builtins, name):
        return f"{bound} = {name}"
    return f"import {name}" if name == bound else f"import {name} as {bound}"


def _with_comma(node: ast.ImportFrom, alias: ast.alias) -> Span:
    """The place of an imported name together with the comma that goes with it."""
    index = node.names.index(alias)
    line, column, last, end = span(alias)
    if index + 1 < len(node.names):
        following = node.names[index + 1]
        return line, column, following.lineno, following.col_offset
    before = node.names[index - 1]
    return before.end_lineno or line, before.end_col_offset or column, last, end
