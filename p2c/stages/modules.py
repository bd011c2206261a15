"""A repository's modules, read by parsing: their names, and what each binds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@lru_cache(maxsize=64)
def parsed(source: str) -> ast.Module | None:
    """The syntax tree of `source`, or None when it does not parse. It is shared: nobody changes it."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def module_name(path: str) -> str:
    """`data/loader.py` -> `data.loader`; a package's `__init__.py` -> the package."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def program_name(path: str) -> str | None:
    """What `python -m` calls a file: `src/run.py` -> `src.run`, `src/__main__.py` -> `src`; None if it cannot."""
    place = PurePosixPath(path)
    if place.suffix != ".py" or place.name == "__init__.py":
        return None
    return module_name(str(place.parent if place.name == "__main__.py" else place))


def top_level_names(tree: ast.Module) -> set[str]:
    """Every name that importing the module binds, wherever in its top-level statements; `*` for unknown ones."""
    names: set[str] = set()
    for node in outside_functions(tree):
        if isinstance(node, Definition):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
    return names


def outside_functions(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node that runs when the module is imported; bodies of functions and classes are passed over."""
    waiting: list[ast.AST] = list(reversed(tree.body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Definition | ast.Lambda):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))
