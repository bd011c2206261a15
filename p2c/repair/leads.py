"""What in the code of a module leads to what was seen: who makes, gives, tries or prints it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator

from p2c.repair.statements import dotted, own_nodes
from p2c.repair.syntax import nodes_of

_SETTINGS = re.compile(r"config|cfg|settings|params", re.I)
_LITERAL = 8
"""Characters from which on a text of the code tells where a message was printed."""


def names_in(statement: ast.stmt) -> set[str]:
    """The names and attributes that a statement uses."""
    return {name for node in own_nodes(statement) for name in _names(node)}


def _names(node: ast.AST) -> Iterator[str]:
    """The name that a node is."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.alias):
        yield node.name.rpartition(".")[2]


def places_of(module: ast.Module | None, is_given: Callable[[ast.AST], bool]) -> tuple[int, ...]:
    """The lines of what is looked for."""
    found = [node for node in nodes_of(module) if is_given(node)] if module else []
    return tuple(dict.fromkeys(node.lineno for node in found if isinstance(node, ast.expr | ast.keyword)))


def gives(node: ast.AST, names: Collection[str]) -> bool:
    """Whether an argument of one of the names is given, or one of them is a text."""
    if isinstance(node, ast.keyword):
        return node.arg in names
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names


def made_by(module: ast.Module | None, names: Collection[str]) -> set[str]:
    """What is called where something is assigned to one of the names, or to an attribute of that name."""
    found = set()
    for node in nodes_of(module) if module else ():
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(dotted(target).rpartition(".")[2] in names for target in targets):
                found.add(dotted(node.value.func).rpartition(".")[2])
    return found - {""}


def behind(module: ast.Module | None, lines: Collection[int]) -> set[str]:
    """What leads to one of the lines: what is used where the exception is tried that is handled there, and what makes
    the values of a condition.
    """
    found: set[str] = set()
    for node in nodes_of(module) if module else ():
        holders = node.handlers if isinstance(node, ast.Try) else [node] if isinstance(node, ast.If) else []
        if not any(one.lineno <= line <= (one.end_lineno or one.lineno) for one in holders for line in lines):
            continue
        if isinstance(node, ast.Try):
            found |= {name for statement in node.body for inner in ast.walk(statement) for name in _names(inner)}
        elif isinstance(node, ast.If):
            found |= made_by(module, {name for inner in ast.walk(node.test) for name in _names(inner)})
    return found


def printed_at(module: ast.Module | None, said: str) -> tuple[int, ...]:
    """The lines of a module with a text of some length that was seen, the longest first."""
    found: dict[int, int] = {}
    for node in nodes_of(module) if module else ():
        text = node.value.strip() if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if len(text) >= _LITERAL and text in said and isinstance(node, ast.expr):
            found[node.lineno] = max(found.get(node.lineno, 0), len(text))
    return tuple(sorted(found, key=lambda line: (-found[line], line)))


def settings_read(module: ast.Module | None) -> tuple[int, ...]:
    """The lines where something that is called settings, or the like, is read by a key."""
    found: set[int] = set()
    for node in nodes_of(module) if module else ():
        reads = node.value if isinstance(node, ast.Subscript) else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            reads = node.func.value
        if reads is not None and _SETTINGS.search(dotted(reads)):
            found.add(reads.lineno)
    return tuple(sorted(found))
