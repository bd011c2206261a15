"""Tests stay, and go on testing."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from p2c.repair.guards.change import Function, Objection, Repair, Sighting, dotted, functions, is_test, scoped
from p2c.repair.lines import moves

_SKIPS = frozenset({"skip", "skipif", "xfail", "skipIf", "skipUnless", "skipTest", "importorskip", "SkipTest"})


def weakened_tests(repair: Repair) -> Iterator[Objection]:
    """Tests deleted, skipped, or left with fewer or empty assertions."""
    gone = set(repair.before.files) - set(repair.after.files) - set(moves(repair.before, repair.after))
    for path in sorted(gone):
        if is_test(path) and path.endswith(".py"):
            yield Objection("test", path, None, "a test file is deleted; mend the code that it tests")
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
            if name in new:
                yield from _compared(change.path, name, node, new[name], repair.exceptions)
            elif not any(is_test(path) and name in functions(module) for path, module in repair.all_after.items()):
                yield Objection("test", change.path, None, f"the test `{name}` is deleted; mend the code that it tests")


def _skips(module: ast.Module) -> Iterator[Sighting]:
    for scope, node in scoped(module):
        name = dotted(node) if isinstance(node, ast.Attribute | ast.Name) else ""
        switched_off = name == "__test__" and isinstance(getattr(node, "ctx", None), ast.Store)
        if switched_off or name.rpartition(".")[2] in _SKIPS:
            yield Sighting(f"{scope}|{name}", getattr(node, "lineno", 1))


def _compared(path: str, name: str, old: Function, new: Function, exceptions: frozenset[str]) -> Iterator[Objection]:
    if _assertions(new) < _assertions(old):
        reason = f"the test `{name}` checks less than before; mend the code that it tests"
        reason += " or, where it expects a wrong value, that value"
        yield Objection("test", path, new.lineno, reason)
    expected = sorted(exceptions & set(_expected(new) - _expected(old)))
    if expected and _asserts(new) < _asserts(old):
        reason = f"the test `{name}` now expects the very failure, {expected[0]}; mend the code that it tests"
        yield Objection("test", path, new.lineno, reason)


def _asserts(node: ast.AST) -> int:
    return sum(isinstance(n, ast.Assert) for n in ast.walk(node))


def _expected(node: ast.AST) -> Counter[str]:
    """The exceptions that `raises` is given."""
    return Counter(
        dotted(call.args[0]).rpartition(".")[2]
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and call.args
        and dotted(call.func).rpartition(".")[2] in ("raises", "assertRaises")
    )


def _says_something(test: ast.expr) -> bool:
    """Whether an assertion can fail for a wrong value: not a constant, `is not None`, `isinstance`, or `x == x`."""
    if isinstance(test, ast.BoolOp):
        parts = [_says_something(value) for value in test.values]
        return all(parts) if isinstance(test.op, ast.Or) else any(parts)
    if isinstance(test, ast.Call):
        return dotted(test.func) not in ("isinstance", "callable", "hasattr")
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = test.left, test.comparators[0]
        if isinstance(right, ast.Call) and dotted(right.func).endswith("approx") and right.args:
            right = right.args[0]
        nothing = isinstance(right, ast.Constant) and right.value is None and isinstance(test.ops[0], ast.IsNot)
        return not nothing and ast.dump(left) != ast.dump(right)
    return not isinstance(test, ast.Constant)


def _assertions(node: ast.AST) -> int:
    count = 0
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assert):
            count += _says_something(inner.test)
        elif isinstance(inner, ast.Call):
            name = dotted(inner.func).rpartition(".")[2]
            count += name.startswith("assert") or name == "raises"
    return count
