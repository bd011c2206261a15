"""No new handler that swallows what it catches."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from p2c.repair.guards.change import Objection, Repair, Sighting, dotted, folded, scoped, targets_of, tokens

_BROAD = frozenset({"Exception", "BaseException"})
_TALK = frozenset({"print", "debug", "info", "warning", "warn", "error", "exception", "log", "print_exc", "write"})
_FIGURES = frozenset({"loss", "losses", "score", "scores", "accuracy", "acc", "metric", "metrics", "error", "reward"})
_PARENTS = {
    "ModuleNotFoundError": {"ImportError"},
    "IndexError": {"LookupError"},
    "KeyError": {"LookupError"},
    "FileNotFoundError": {"OSError", "IOError"},
    "PermissionError": {"OSError", "IOError"},
    "ZeroDivisionError": {"ArithmeticError"},
    "FloatingPointError": {"ArithmeticError"},
    "OverflowError": {"ArithmeticError"},
    "UnboundLocalError": {"NameError"},
    "NotImplementedError": {"RuntimeError"},
    "UnicodeDecodeError": {"ValueError", "UnicodeError"},
    "JSONDecodeError": {"ValueError"},
}


def swallowed(repair: Repair) -> Iterator[Objection]:
    """New `except` clauses, `suppress` and `finally: return` that make an exception vanish."""
    names = sorted(repair.exceptions)
    hidden = {*names, *(parent for name in names for parent in _PARENTS.get(name, ()))}
    for change in repair.python:
        for seen in change.new(_broad_handlers):
            reason = (
                f"`{seen.key.partition('|')[2]}` swallows every error; catch only what is expected, and raise it "
                "again where it cannot be handled. Mend the cause instead"
            )
            yield Objection("swallow", change.path, seen.line, reason)
        for seen in change.new(lambda module: _silent_handlers(module, hidden)):
            shown = " or ".join(names)
            reason = (
                f"the new handler catches {shown} and does nothing with it: that hides the failure; mend its cause, "
                "or compute there what was to be computed, or raise"
            )
            yield Objection("swallow", change.path, seen.line, reason)
        for seen in change.new(_leaving_finally):
            reason = "a `return` or `break` in `finally` swallows every exception; leave the block at its end"
            yield Objection("swallow", change.path, seen.line, reason)


def _broad_handlers(module: ast.Module) -> Iterator[Sighting]:
    for scope, node in scoped(module):
        if isinstance(node, ast.ExceptHandler) and _caught(node.type) & {"", *_BROAD} and not _gives_up(node.body):
            shown = f"except {ast.unparse(node.type)}" if node.type else "except"
            yield Sighting(f"{scope}|{shown}", node.lineno)
        if isinstance(node, ast.Call) and dotted(node.func).endswith("suppress"):
            broad = {dotted(a) for a in node.args} & _BROAD
            if broad:
                yield Sighting(f"{scope}|suppress({broad.pop()})", node.lineno)


def _silent_handlers(module: ast.Module, hidden: set[str]) -> Iterator[Sighting]:
    for scope, node in scoped(module):
        if isinstance(node, ast.ExceptHandler) and _caught(node.type) & hidden and all(map(_does_nothing, node.body)):
            yield Sighting(f"{scope}|except {ast.unparse(node.type) if node.type else ''}", node.lineno)
        if isinstance(node, ast.Call) and dotted(node.func).endswith("suppress"):
            caught = {dotted(a).rpartition(".")[2] for a in node.args} & hidden
            if caught:
                yield Sighting(f"{scope}|suppress", node.lineno)


def _leaving_finally(module: ast.Module) -> Iterator[Sighting]:
    for scope, node in scoped(module):
        if isinstance(node, ast.Try):
            for statement in node.finalbody:
                if isinstance(statement, ast.Return | ast.Break | ast.Continue):
                    yield Sighting(f"{scope}|finally", statement.lineno)


def _caught(kind: ast.expr | None) -> set[str]:
    if kind is None:
        return {""}
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return {dotted(k).rpartition(".")[2] for k in kinds}


def _gives_up(body: list[ast.stmt]) -> bool:
    """Whether the handler's last statement raises, or ends the program with an error."""
    last = body[-1]
    if isinstance(last, ast.Raise):
        return True
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        call = last.value
        if dotted(call.func) in ("sys.exit", "exit", "os._exit") and call.args:
            return not (isinstance(call.args[0], ast.Constant) and call.args[0].value in (0, None, False))
    return False


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass | ast.Continue | ast.Break):
        return True
    if isinstance(statement, ast.Return):
        return statement.value is None or isinstance(statement.value, ast.Constant)
    if not isinstance(statement, ast.Expr):
        return _is_placeholder(statement)
    call = statement.value
    if isinstance(call, ast.Constant):
        return True
    return isinstance(call, ast.Call) and dotted(call.func).rpartition(".")[2] in _TALK


def _is_placeholder(statement: ast.stmt) -> bool:
    """Whether a figure or a loss is set to a constant: `loss = torch.tensor(0.0)`, `score = 0`."""
    names = frozenset[str]().union(*(tokens(dotted(target)) for target in targets_of(statement)))
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Call) and dotted(value.func).rpartition(".")[2] in ("tensor", "array", "zeros"):
        value = value.args[0] if value.args else None
    return bool(names & _FIGURES) and folded(value) is not None
