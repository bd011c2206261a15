"""Tests stay, and go on testing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from p2c.repair.guards.change import Objection, Repair, Sighting, dotted, functions, is_test, scoped
from p2c.repair.lines import moves


def weakened_tests(repair: Repair) -> Iterator[Objection]:
    """Tests deleted, skipped, or left with fewer or empty assertions."""
    gone = set(repair.before.files) - set(repair.after.files) - set(moves(repair.before, repair.after))
    for path in sorted(gone):
        if is_test(path) and path.endswith(".py"):
            yield Objection("test", path, None, "a test file is deleted; mend the code that it tests")
    everywhere = {n for path, module in repair.all_after.items() if is_test(path) for n in functions(module)}
    for change in repair.python:
        if not is_test(change.path):
            continue
        for seen in change.new(_skips):
            yield Objection("test", change.path, seen.line, "a test is skipped; mend the code that it tests")
        old = functions(change.before) if change.before else {}
        new = functions(change.after)
        for name, node in old.items():
            if not name.rpartition(".")[2].startswith("test"):
                continue
            if name not in everywhere:
                yield Objection("test", change.path, None, f"the test `{name}` is deleted; mend the code that it tests")
            elif name in new and _assertions(new[name]) < _assertions(node):
                yield Objection("test", change.path, new[name].lineno, f"the test `{name}` checks less than before")


def _skips(module: ast.Module) -> Iterator[Sighting]:
    for scope, node in scoped(module):
        name = dotted(node) if isinstance(node, ast.Attribute) else ""
        if name.endswith((".skip", ".skipif", ".xfail", ".skipIf", ".skipTest", ".importorskip")):
            yield Sighting(f"{scope}|{name}", getattr(node, "lineno", 1))


def _assertions(node: ast.AST) -> int:
    count = 0
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assert):
            count += not isinstance(inner.test, ast.Constant)
        elif isinstance(inner, ast.Call):
            name = dotted(inner.func).rpartition(".")[2]
            count += name.startswith("assert") or name == "raises"
    return count
