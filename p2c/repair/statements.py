"""What stands at a line of a module: the statement, the calls in it, the names that imports bind."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


def statement_at(module: ast.Module, line: int) -> ast.stmt | None:
    """The innermost statement that covers `line` (from 1); None where there is none."""
    covering = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return max(covering, key=lambda node: (node.lineno, node.col_offset), default=None)


def own_nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement without those of the statements inside it: of a loop only its head."""
    inside: list[ast.AST] = [statement]
    while inside:
        node = inside.pop()
        yield node
        for name, value in ast.iter_fields(node):
            if node is statement and name in _BODIES:
                continue
            inside.extend(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, ast.AST))


def calls_in(statement: ast.stmt) -> tuple[ast.Call, ...]:
    """The calls of a statement's own, in the order of their places."""
    found = [node for node in own_nodes(statement) if isinstance(node, ast.Call)]
    return tuple(sorted(found, key=lambda call: (call.lineno, call.col_offset)))


def dotted(node: ast.expr) -> str:
    """`a.b.c` as it stands; empty where the expression is something else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def bound_by_imports(module: ast.Module) -> Mapping[str, str]:
    """Each name that an absolute import of the module binds, wherever it stands, and the dotted name behind it."""
    bound: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                bound[alias.asname or name] = name
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            bound |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return bound
