"""Dotted names of a syntax tree, read step by step: a chain may be too long for what goes down into it."""

from __future__ import annotations

import ast

MAX_PARTS = 64
"""So many parts of a dotted name are read, from its end."""


def dotted(node: ast.AST) -> str:
    """`a.b().c` of a name, or of a chain of attributes and calls; what else stands in it is empty.

    `ast.unparse` raises RecursionError where a few hundred are chained.
    """
    parts: list[str] = []
    called = ""
    while len(parts) < MAX_PARTS:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr + called)
            node, called = node.value, ""
        elif isinstance(node, ast.Call):
            node, called = node.func, f"(){called}"
        else:
            parts.append((node.id if isinstance(node, ast.Name) else "") + called)
            break
    return ".".join(reversed(parts))


def last_part(node: ast.AST) -> str:
    """`c` of `a.b.c` and of `c`; empty for anything else."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
