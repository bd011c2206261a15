"""Interfaces: the names that a note promises, those that code has, and imports between the planned files."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

_HEADING = re.compile(r"^#{1,6}[ \t]*(?:\d+[.)]?[ \t]*)?\**interface\b.*$", re.I | re.M)
_FENCE = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)\n[ \t]*```", re.S | re.I)
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def promised(note: str) -> frozenset[str] | None:
    """The public names that an analysis promises: `function`, `Class` and `Class.method`.

    They stand as Python signatures in the code fence below the note's heading `Interface`.
    None when there is no such fence, or it does not hold Python.
    """
    heading = _HEADING.search(note)
    fence = _FENCE.search(note, heading.end()) if heading else None
    tree = _parsed(fence.group(1)) if fence else None
    return None if tree is None else frozenset(name for name in _defined(tree) if not _private(name))


def missing(note: str, source: str) -> tuple[str, ...]:
    """The names that `note` promises and `source` (which must parse) has not, sorted."""
    wanted = promised(note) or frozenset()
    tree = ast.parse(source)
    has = set(_defined(tree)) | top_level_names(tree)
    # A method may be inherited, and an attribute of another module is not seen here: only own classes count.
    inheriting = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.bases}
    return tuple(
        sorted(name for name in wanted - has if name.partition(".")[0] not in inheriting or name.count(".") == 0)
    )


def top_level_names(tree: ast.Module) -> set[str]:
    """Every name that importing the module binds, wherever in its top-level statements."""
    names: set[str] = set()
    for node in _outside_functions(tree):
        if isinstance(node, _Definition):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def wrong_imports(path: str, source: str, written: Mapping[str, str], planned: Collection[str]) -> tuple[str, ...]:
    """What `source` imports from the repository's own modules and will not find there.

    Args:
        path: where `source` (which must parse) will stand.
        source: Python code.
        written: path -> source of the files that are there already.
        planned: every path of the plan.
    """
    modules = {module_name(name): name for name in planned if name.endswith(".py")}
    packages = {
        ".".join(PurePosixPath(name).parts[: n + 1]) for name in modules.values() for n in range(name.count("/"))
    }
    problems: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            wanted: list[tuple[str, str | None]] = [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(path, node)
            wanted = [(base, alias.name) for alias in node.names]
        else:
            continue
        for module, name in wanted:
            if found := _unfound(module, name, modules, packages, written):
                problems.append(f"line {node.lineno}: {found}")
    return tuple(dict.fromkeys(problems))


def outline(source: str) -> str:
    """The signatures and first docstring lines of `source`; an empty string when it does not parse."""
    tree = _parsed(source)
    if tree is None:
        return ""
    return "\n".join(_outlined(tree, 0))


def module_name(path: str) -> str:
    """`data/loader.py` -> `data.loader`; a package's `__init__.py` -> the package."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _unfound(
    module: str, name: str | None, modules: Mapping[str, str], packages: Collection[str], written: Mapping[str, str]
) -> str:
    ours = {known.partition(".")[0] for known in modules}
    if module.partition(".")[0] not in ours:
        return ""
    if module not in modules and module not in packages:
        return f"imports `{module}`, which is no module of the plan"
    if name is None or name == "*" or f"{module}.{name}" in modules or f"{module}.{name}" in packages:
        return ""
    there = modules.get(module)
    source = written.get(there or "")
    tree = _parsed(source) if source is not None else None
    if tree is None or name in top_level_names(tree) or "__getattr__" in top_level_names(tree):
        return ""
    return f"imports `{name}` from `{module}`, but {there} has no such name"


def _absolute(path: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = PurePosixPath(path).parent.parts
    kept = package[: len(package) - (node.level - 1)]
    return ".".join((*kept, *([node.module] if node.module else ())))


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in _outside_functions(tree):
        if isinstance(node, _Definition):
            yield node.name
            if isinstance(node, ast.ClassDef):
                yield from (f"{node.name}.{part.name}" for part in node.body if isinstance(part, _Definition))


def _outside_functions(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node that runs when the module is imported; bodies of functions and classes are passed over."""
    waiting: list[ast.AST] = list(reversed(tree.body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _Definition | ast.Lambda):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _private(name: str) -> bool:
    return any(part.startswith("_") for part in name.split("."))


def _outlined(node: ast.Module | ast.ClassDef, depth: int) -> Iterator[str]:
    for part in node.body:
        if not isinstance(part, _Definition):
            continue
        margin = "    " * depth
        if isinstance(part, ast.ClassDef):
            bases = ", ".join(ast.unparse(base) for base in part.bases)
            yield f"{margin}class {part.name}{f'({bases})' if bases else ''}:"
        else:
            kind = "async def" if isinstance(part, ast.AsyncFunctionDef) else "def"
            returns = f" -> {ast.unparse(part.returns)}" if part.returns else ""
            yield f"{margin}{kind} {part.name}({ast.unparse(part.args)}){returns}: ..."
        if text := ast.get_docstring(part):
            yield f'{margin}    """{text.splitlines()[0]}"""'
        if isinstance(part, ast.ClassDef):
            yield from _outlined(part, depth + 1)
