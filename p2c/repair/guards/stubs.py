"""No body that does nothing where something was done, or is asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from p2c.repair.guards.change import Function, Objection, PythonChange, Repair, definitions, functions, is_test

_CONTAINERS = frozenset({"tensor", "array", "zeros", "ones", "empty", "float", "dict", "list", "set", "DataFrame"})


def stubbed(repair: Repair) -> Iterator[Objection]:
    """Functions emptied by the repair, and new ones that were never filled."""
    for change in repair.python:
        if is_test(change.path):
            continue
        old = functions(change.before) if change.before else {}
        for name, node in functions(change.after).items():
            if name in old and _constant_now(old[name], node):
                reason = f"`{name}` computed what it returns, and now returns a constant; mend the computation"
                yield Objection("stub", change.path, node.lineno, reason)
            if not is_stub(node):
                continue
            if name in old and not is_stub(old[name]):
                yield Objection("stub", change.path, node.lineno, f"the body of `{name}` is taken out; mend it instead")
            elif (name not in old and change.before is not None and _must_work(name, node, change)) or (
                change.before is None and _must_work(name, node, change) and _is_new(node, change)
            ):
                yield Objection(
                    "stub", change.path, node.lineno, f"the new `{name}` does nothing; write what it is for"
                )
        yield from _empty_classes(change)


def is_stub(node: Function) -> bool:
    """Whether a body is nothing but a docstring, `pass`, `...`, a constant, or NotImplementedError."""
    body = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    return all(_is_nothing(s) for s in body)


def _constant_now(old: Function, new: Function) -> bool:
    """Whether every value that a function returns is a constant now, and not all were before."""
    before, now = ([n.value for n in ast.walk(f) if isinstance(n, ast.Return) and n.value] for f in (old, new))
    if old.name in ("main", "run", "cli") or is_stub(new) or not now:
        return False
    told = any(not (isinstance(value, ast.Constant) and value.value is None) for value in now)
    return told and all(map(_is_constant, now)) and not all(map(_is_constant, before)) and len(now) <= len(before)


def _is_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass | ast.Global | ast.Nonlocal):
        return True
    if isinstance(statement, ast.Return):
        return statement.value is None or _is_constant(statement.value)
    if isinstance(statement, ast.Raise):
        return "NotImplementedError" in ast.unparse(statement)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return ast.unparse(statement.value.func) == "print" and all(map(_is_constant, statement.value.args))
    return False


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return _is_constant(node.operand)
    if isinstance(node, ast.Tuple | ast.List):
        return all(map(_is_constant, node.elts))
    if isinstance(node, ast.Dict):
        return all(v is not None and _is_constant(v) for v in node.values)
    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _CONTAINERS:
        return all(map(_is_constant, [*node.args, *(k.value for k in node.keywords if k.arg != "dtype")]))
    return isinstance(node, ast.Constant)


def _must_work(name: str, node: Function, change: PythonChange) -> bool:
    """Whether a function ought to have a body: not abstract, not dunder, not a property, not of a protocol."""
    bare = name.rpartition(".")[2]
    if bare.startswith("__") or node.decorator_list:
        return False
    returns = [s for s in node.body if isinstance(s, ast.Return)]
    if returns and isinstance(returns[0].value, ast.Constant) and returns[0].value.value is not None:
        return "." not in name
    owner = definitions(change.after).get(name.rpartition(".")[0])
    bases = " ".join(map(ast.unparse, owner.bases)) if isinstance(owner, ast.ClassDef) else ""
    return not any(word in bases for word in ("ABC", "Protocol", "Base", "Callback", "Abstract"))


def _is_new(node: Function, change: PythonChange) -> bool:
    return change.new_lines[node.lineno - 1].strip() not in change.old_lines


def _empty_classes(change: PythonChange) -> Iterator[Objection]:
    old = definitions(change.before) if change.before else {}
    for name, node in definitions(change.after).items():
        if not isinstance(node, ast.ClassDef) or name in old or node.bases or node.decorator_list:
            continue
        empty = all(
            isinstance(s, ast.Pass) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
            for s in node.body
        )
        if empty and change.new_lines[node.lineno - 1].strip() not in change.old_lines:
            yield Objection("stub", change.path, node.lineno, f"the new class `{name}` is empty; write what it is for")
