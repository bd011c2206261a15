"""The names that a module binds, without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""Where a statement holds further statements."""
STATEMENTS = (ast.stmt, ast.ExceptHandler, ast.match_case)
_TARGETS = ("target", "targets", "items", "optional_vars")
_BINDING = (*STATEMENTS, ast.withitem)
_DYNAMIC = re.compile(rb"globals|setattr|:=")
"""Text without which no expression binds a name at module level."""


def bound(tree: ast.Module, content: bytes) -> frozenset[str]:
    """Names that the statements of a module bind, those in its `if`, `try`, `with` and loops included.

    Holds `*` when they cannot be known (star import, `__getattr__`, `globals()`).

    Args:
        content: the text of `tree`, which tells quickly whether its expressions have to be looked at.
    """
    return frozenset(_bound(tree.body, dynamic=bool(_DYNAMIC.search(content))))


def _bound(body: list[ast.stmt], *, dynamic: bool) -> Iterator[str]:
    waiting: list[ast.AST] = [*body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield "*" if node.name == "__getattr__" else node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0]
        elif isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                yield node.id
            elif node.id in {"globals", "setattr"}:
                yield "*"
        elif dynamic or not isinstance(node, _BINDING):
            waiting += ast.iter_child_nodes(node)
        else:
            for name in (*_TARGETS, *BLOCKS):
                found = getattr(node, name, None)
                waiting += found if isinstance(found, list) else [found] if found is not None else []
