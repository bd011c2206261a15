"""No new way out before the work is done."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

from p2c.repair.guards.change import Function, Objection, Repair, Sighting, dotted, folded, scoped, statements

_EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit", "SystemExit", "os.abort", "os.kill"})
_TALK = frozenset({"print", "debug", "info", "warning", "warn", "error", "log", "write", "flush"})
_UNREACHED = 1e7
"""A count that no small run comes to."""
_ENTRY = frozenset({"main", "run", "cli", "app", "start"})


def early_exits(repair: Repair) -> Iterator[Objection]:
    """New exits with status 0, code made unreachable, and returns that cut an entry function short."""
    for change in repair.python:
        for seen in change.new(_successful_exits):
            yield Objection(
                "exit",
                change.path,
                seen.line,
                "ending the program with success hides what did not run; let it fail, and mend why",
            )
        for seen in change.new(_unreachable):
            reason = "what stands below this line would never run any more; mend it instead of passing it by"
            yield Objection("exit", change.path, seen.line, reason)
        for seen in change.new(_short_cuts):
            reason = (
                "returning here leaves the rest of the entry function undone and still ends with success; raise, "
                "or mend what made it impossible to go on"
            )
            yield Objection("exit", change.path, seen.line, reason)


def _successful_exits(module: ast.Module) -> Iterator[Sighting]:
    harmless = set(_last_of_main(module))
    for scope, node in scoped(module):
        if not isinstance(node, ast.Call) or dotted(node.func) not in _EXITS or id(node) in harmless:
            continue
        name = dotted(node.func)
        value = node.args[0] if node.args else ast.Constant(None)
        success = isinstance(value, ast.Constant) and value.value in (0, None, False)
        if success or name == "os.abort":
            yield Sighting(f"{scope}|{ast.unparse(node)}", node.lineno)
    for scope, node in scoped(module):
        if isinstance(node, ast.Raise) and dotted(node.exc) == "SystemExit":
            yield Sighting(f"{scope}|raise SystemExit", node.lineno)


def _last_of_main(module: ast.Module) -> Iterator[int]:
    """The exit at the very end, after the work was called: it changes nothing."""
    for node in module.body[-1:]:
        if (
            isinstance(node, ast.If)
            and "__name__" in ast.unparse(node.test)
            and len(node.body) > 1
            and isinstance(node.body[-1], ast.Expr)
        ):
            value = node.body[-1].value
            if isinstance(value, ast.Call) and dotted(value.func) != "os._exit":
                yield id(value)


def _unreachable(module: ast.Module) -> Iterator[Sighting]:
    for block in statements(module):
        for here, following in pairwise(block):
            if _leaves(here) and not isinstance(following, Function | ast.ClassDef):
                yield Sighting(f"after|{ast.unparse(following)[:200]}", here.lineno)
    for scope, node in scoped(module):
        if not isinstance(node, ast.If | ast.While):
            continue
        truth = _truth(node.test)
        if truth is False or (truth is True and isinstance(node, ast.If) and _leaves(node.body[-1])):
            yield Sighting(f"{scope}|never|{ast.unparse(node.test)}", node.lineno)


def _truth(test: ast.expr) -> bool | None:
    """What a condition always comes to, or None: a constant, `... or True`, `... and False`, `x < 10**9`."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _truth(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        parts = [_truth(value) for value in test.values]
        decides = isinstance(test.op, ast.Or)
        if decides in parts:
            return decides
        return None if None in parts else not decides
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Lt | ast.LtE):
        limit = folded(test.comparators[0])
        return True if limit is not None and limit >= _UNREACHED else None
    return None


def _leaves(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.If) and _truth(statement.test):
        return any(_leaves(s) for s in statement.body)
    if isinstance(statement, ast.Return | ast.Raise | ast.Break | ast.Continue):
        return True
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) and (
        dotted(statement.value.func) in _EXITS - {"SystemExit", "os.kill"}
    )  # fmt: skip


def _short_cuts(module: ast.Module) -> Iterator[Sighting]:
    """Returns in an entry function that come before its end and before any work of their own branch."""
    for scope, node in scoped(module):
        if not isinstance(node, Function) or node.name not in _ENTRY:
            continue
        for statement in node.body[:-1]:
            for where, branch in _branches(statement):
                leaving = branch[-1]
                idle = all(_is_talk(s) for s in branch[:-1])
                if isinstance(leaving, ast.Return) and idle and _succeeds(leaving.value):
                    yield Sighting(f"{scope}.{node.name}|{where}", leaving.lineno)


def _branches(statement: ast.stmt) -> Iterator[tuple[str, Sequence[ast.stmt]]]:
    """The branches of a statement, each with when it is taken."""
    if isinstance(statement, ast.If):
        test = ast.unparse(statement.test)
        yield from (
            (f"{word} {test}", block) for word, block in (("if", statement.body), ("not", statement.orelse)) if block
        )
    elif isinstance(statement, ast.Try):
        for handler in statement.handlers:
            yield f"except {ast.unparse(handler.type) if handler.type else ''}", handler.body


def _succeeds(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and (not value.value or value.value is True))


def _is_talk(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and dotted(call.func).rpartition(".")[2] in _TALK
