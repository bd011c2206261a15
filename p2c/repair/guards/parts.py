"""The parts of the method stay: layers, training steps, checks, and what ends the program with an error."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from p2c.repair.guards.change import (
    Function,
    Objection,
    PythonChange,
    Repair,
    calls,
    definitions,
    dotted,
    functions,
    is_test,
    scoped,
)
from p2c.repair.text import words

_TRAINING = words("backward step fit partial_fit fit_transform cross_val_score cross_validate minimize train_on_batch")
_FORWARD = frozenset({"forward", "call", "__call__"})
_IDENTITIES = frozenset({"Identity", "DummyClassifier", "DummyRegressor"})
_REDUNDANT = frozenset({"Softmax", "LogSoftmax", "Sigmoid"})
"""Layers that a loss may have in it already."""
_TALK = frozenset({"print", "debug", "info", "warning", "warn", "error", "exception", "log", "write"})
_VALUE = "a value"
_ENTRY = frozenset({"main", "run", "cli", "check"})


def dismantled(repair: Repair) -> Iterator[Objection]:
    """Layers, training steps, checks and error statuses that the repair takes away."""
    yield from _training(repair)
    for path in repair.changed:
        if re.fullmatch(r"requirements[\w.-]*\.txt", path.rpartition("/")[2]):
            yield from _requirements(repair, path)
    for change in repair.python:
        if change.before is None or is_test(change.path):
            continue
        yield from _layers(repair, change)
        yield from _softened(change)
        yield from _commented_out(change)
        if _error_ends(change.before) - _error_ends(change.after) > max(
            0, _raises(change.after) - _raises(change.before)
        ):
            reason = "the status that told of a failure is taken away; keep it, and mend what made it fail"
            yield Objection("removed", change.path, None, reason)


def _training(repair: Repair) -> Iterator[Objection]:
    """Calls without which nothing is learned, made nowhere any more."""
    for change in repair.python:
        path, old, new = change.path, change.before, change.after
        if old is None or is_test(path):
            continue
        lost = _TRAINING & set(calls(old) - calls(new))
        if not lost:
            continue
        before, after = (_called(modules) for modules in (repair.all_before, repair.all_after))
        came = after - before
        for name in sorted(lost - after):
            if not any(name.split("_")[0] in other for other in came) and not came & _TRAINING:
                reason = f"`{name}` is called nowhere any more, so that nothing is learned; call it, and mend what it"
                yield Objection("removed", path, None, f"{reason} needs")


def _called(modules: dict[str, ast.Module]) -> set[str]:
    return {name for path, module in modules.items() if not is_test(path) for name in calls(module)}


def _requirements(repair: Repair, path: str) -> Iterator[Objection]:
    old, new = (
        [line for line in (tree.text(path) if path in tree.files else "").splitlines() if re.match(r"\s*[\w-]", line)]
        for tree in (repair.before, repair.after)
    )
    if len(old) > 1 and not new and path in repair.after.files:
        yield Objection("removed", path, None, "every requirement is taken out; correct the one that does not fit")


def _layers(repair: Repair, change: PythonChange) -> Iterator[Objection]:
    """Parts of a module with a `forward` that are built no more, or are an identity now."""
    now = definitions(change.after)
    for name, node in definitions(change.before).items() if change.before else ():
        other: ast.AST | None = now.get(name)
        if not isinstance(node, ast.ClassDef) or not isinstance(other, ast.ClassDef):
            continue
        if not _FORWARD & {m.name for m in node.body if isinstance(m, Function)}:
            continue
        old, new = _attributes(node), _attributes(other)
        used = _read([node])
        for part in sorted(set(old) - set(new)):
            if part in used and old[part] not in ("", _VALUE) and not set(new) - set(old):
                reason = f"`self.{part}` of `{name}` is taken out; the method needs it: mend its shapes or settings"
                yield Objection("removed", change.path, other.lineno, reason)
        for part in sorted(set(old) & set(new)):
            if new[part] in _IDENTITIES | {""} and old[part] not in _IDENTITIES | {""}:
                reason = f"`self.{part}` of `{name}` was {old[part]} and does nothing now; mend its shapes or settings"
                yield Objection("removed", change.path, other.lineno, reason)
        for part in sorted(used & set(old) & set(new) - _read(repair.all_after.values())):
            if old[part] not in _REDUNDANT | {"", _VALUE} and not calls(other) - calls(node):
                reason = f"`self.{part}` of `{name}` is built and used no more; the method needs it: call it, and mend"
                yield Objection("removed", change.path, other.lineno, f"{reason} its shapes or settings")


def _read(nodes: Iterable[ast.AST]) -> set[str]:
    """The attributes that are read below any of `nodes`."""
    inner = (n for node in nodes for n in ast.walk(node))
    return {n.attr for n in inner if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load)}


def _attributes(node: ast.ClassDef) -> dict[str, str]:
    """The attributes that are set to the result of a call, or to None, with the name of what is called (or ``)."""
    found: dict[str, str] = {}
    for inner in ast.walk(node):
        if not isinstance(inner, ast.Assign):
            continue
        for target in inner.targets:
            if isinstance(target, ast.Attribute) and dotted(target.value) == "self":
                if isinstance(inner.value, ast.Call):
                    found[target.attr] = dotted(inner.value.func).rpartition(".")[2] or "a call"
                elif isinstance(inner.value, ast.Lambda) or ast.unparse(inner.value) == "None":
                    found.setdefault(target.attr, "")
                else:
                    found.setdefault(target.attr, _VALUE)
    return found


def _softened(change: PythonChange) -> Iterator[Objection]:
    """Checks whose condition is still looked at, but which raise no more."""
    if change.before is None or _raises(change.after) >= _raises(change.before):
        return
    raising = Counter(key for key, raises, _ in _checks(change.before) if raises)
    raising -= Counter(key for key, raises, _ in _checks(change.after) if raises)
    for key, raises, node in _checks(change.after):
        if not raises and raising[key] > 0 and isinstance(node, ast.If) and _is_soft(node):
            reason = "a check that raised goes on as if nothing were wrong; let it raise, and mend what it found"
            yield Objection("removed", change.path, node.lineno, reason)


def _checks(module: ast.Module) -> Iterator[tuple[str, bool, ast.stmt]]:
    """Conditions, as what must not be, whether their branch raises, and the statement."""
    for scope, node in scoped(module):
        if isinstance(node, ast.Assert):
            yield f"{scope}|{ast.unparse(ast.UnaryOp(ast.Not(), node.test))}", True, node
        elif isinstance(node, ast.If):
            raises = any(isinstance(n, ast.Raise) for s in node.body for n in ast.walk(s))
            yield f"{scope}|{ast.unparse(node.test)}", raises, node


def _is_soft(node: ast.If) -> bool:
    """Whether a branch only talks, leaves with a constant, or writes a constant into what it found wrong."""
    tested = {n.id for n in ast.walk(node.test) if isinstance(n, ast.Name)}
    return all(_goes_on(statement, tested) for statement in node.body)


def _goes_on(statement: ast.stmt, tested: set[str]) -> bool:
    if isinstance(statement, ast.Return):
        return not any(isinstance(n, ast.Call) and (n.args or n.keywords) for n in ast.walk(statement))
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return dotted(statement.value.func).rpartition(".")[2] in _TALK
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
        # `if seed is None: seed = 0` is a default value, and no check any more for a good reason.
        return not tested & {t.id for t in statement.targets if isinstance(t, ast.Name)}
    return isinstance(statement, ast.Pass | ast.Continue | ast.Break)


def _commented_out(change: PythonChange) -> Iterator[Objection]:
    """Calls that are a comment now and made nowhere in the file any more."""
    made = calls(change.after)
    for number, line in enumerate(change.new_lines, 1):
        text = line.strip()
        if not text.startswith("#") or text in change.old_lines:
            continue
        code = text.lstrip("# ").rstrip()
        name = re.fullmatch(r"(?:[\w.]+\.)?(\w+)\(.*\)", code)
        if name and code in change.old_lines and not made[name[1]] and name[1] not in _TALK:
            reason = f"`{code[:60]}` is commented out; let it run, and mend what fails in it"
            yield Objection("removed", change.path, number, reason)


def _error_ends(module: ast.Module) -> int:
    """How often an entry function or an exit names a status other than success."""
    count = 0
    for name, function in functions(module).items():
        if name.rpartition(".")[2] in _ENTRY:
            returned = [n.value for n in ast.walk(function) if isinstance(n, ast.Return) and n.value is not None]
            count += sum(_names_failure(value) for value in returned)
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and dotted(node.func) in ("sys.exit", "exit", "os._exit"):
            count += any(_names_failure(argument) for argument in node.args)
    return count


def _raises(module: ast.Module) -> int:
    return sum(isinstance(node, ast.Raise | ast.Assert) for node in ast.walk(module))


def _names_failure(node: ast.expr) -> bool:
    return any(isinstance(n, ast.Constant) and type(n.value) is int and n.value in (1, 2, 3) for n in _outcomes(node))


def _outcomes(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.IfExp):
        yield from _outcomes(node.body)
        yield from _outcomes(node.orelse)
    else:
        yield node
