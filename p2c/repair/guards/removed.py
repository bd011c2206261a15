"""Nothing that was planned or used may vanish: no class, function, file, call, or check."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

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
)
from p2c.repair.lines import moves


def removed(repair: Repair) -> Iterator[Objection]:
    """Definitions, calls and checks that the repair takes away."""
    yield from _files(repair)
    yield from _definitions(repair)
    yield from _calls(repair)
    yield from _checks(repair)


def _files(repair: Repair) -> Iterator[Objection]:
    gone = set(repair.before.files) - set(repair.after.files) - set(moves(repair.before, repair.after))
    planned = {f.path for f in repair.plan.logic.files} if repair.plan else set()
    for path in sorted(gone):
        if path.endswith(".py") and not is_test(path) and (path in planned or path in repair.all_before):
            yield Objection("removed", path, None, "the file is deleted; mend it")
    for path in repair.changed:
        if path.endswith(".py") and path in repair.before.files and not repair.after.files.get(path, b"x").strip():
            yield Objection("removed", path, None, "the file is emptied; mend it")


def _definitions(repair: Repair) -> Iterator[Objection]:
    planned = _planned_names(repair)
    for change in repair.python:
        path, both = change.path, repair.both(change.path) if _loses(change) else None
        if both is None or is_test(path):
            continue
        before, after = both
        now = definitions(after)
        lost = {name: node for name, node in definitions(before).items() if name not in now}
        elsewhere = {n.rpartition(".")[2] for m in repair.all_after.values() for n in definitions(m)} if lost else set()
        assigned = _assigned(after) if lost else {}
        for name, node in lost.items():
            bare = name.rpartition(".")[2]
            if _is_attribute(name, after) or bare in elsewhere or _inside_function(name, before):
                continue
            if bare in assigned:
                if not isinstance(assigned[bare], ast.Name | ast.Attribute):
                    yield Objection("removed", path, node.lineno, f"`{name}` is replaced by a mere value")
            elif bare in planned:
                yield Objection("removed", path, node.lineno, f"`{name}` is part of the plan and must stay")
            elif _mentions(repair.all_after, name, path) or (
                _mentions(repair.all_before, name, path) and not _renamed(node, before, after)
            ):
                yield Objection("removed", path, node.lineno, f"`{name}` is removed although it is used; mend it")


def _is_attribute(qualified: str, module: ast.Module) -> bool:
    """Whether a method, a property say, is an attribute of `self` now."""
    owner, _, bare = qualified.rpartition(".")
    node = definitions(module).get(owner)
    return node is not None and any(
        isinstance(n, ast.Attribute) and n.attr == bare and isinstance(n.ctx, ast.Store) and dotted(n.value) == "self"
        for n in ast.walk(node)
    )


def _loses(change: PythonChange) -> bool:
    """Whether any name that was defined in what changed is not defined there now."""
    return change.before is not None and not definitions(change.before).keys() <= definitions(change.after).keys()


def _planned_names(repair: Repair) -> set[str]:
    text = repair.plan.architecture.class_diagram if repair.plan else ""
    return set(re.findall(r"^\s*class\s+(\w+)", text, re.MULTILINE))


def _inside_function(name: str, module: ast.Module) -> bool:
    outer = name.rpartition(".")[0]
    return bool(outer) and isinstance(definitions(module).get(outer), Function)


def _assigned(module: ast.Module) -> dict[str, ast.expr]:
    found = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign):
            found.update({t.id: node.value for t in node.targets if isinstance(t, ast.Name)})
    return found


def _mentions(modules: dict[str, ast.Module], qualified: str, path: str) -> bool:
    """Whether a definition of the file `path` is used: a method of any object, a function by itself or its module."""
    owner, _, name = qualified.rpartition(".")
    stem = path.removesuffix(".py").rpartition("/")[2]
    for module in modules.values():
        for node in ast.walk(module):
            used = (
                (isinstance(node, ast.Name) and node.id == name and not owner)
                or (isinstance(node, ast.alias) and node.name == name)
                or (isinstance(node, ast.Attribute) and node.attr == name and (owner or _stem(node.value) == stem))
            )
            if used:
                return True
    return False


def _stem(node: ast.expr) -> str:
    return dotted(node).rpartition(".")[2]


def _renamed(node: ast.AST, before: ast.Module, after: ast.Module) -> bool:
    """Whether a new definition in the same file has for the most part the same body."""
    old_names = definitions(before)
    old = Counter(ast.dump(n) for n in ast.walk(node) if isinstance(n, ast.stmt))
    for name, other in definitions(after).items():
        if name in old_names:
            continue
        new = Counter(ast.dump(n) for n in ast.walk(other) if isinstance(n, ast.stmt))
        same = (old & new).total()
        if same * 2 >= max(1, min(old.total(), new.total()) - 1):
            return True
    return False


def _calls(repair: Repair) -> Iterator[Objection]:
    """A function of the repository that nobody calls any more, where nothing came in its place."""
    for change in repair.python:
        path, old, new = change.path, change.before, change.after
        if old is None:
            continue
        gone = calls(old) - calls(new)
        came = calls(new) - calls(old)
        for name in sorted(gone) if not came else ():
            if (
                not name.startswith("__")
                and name in _functions(repair)
                and not any(calls(m)[name] for m in repair.all_after.values())
            ):
                yield Objection("removed", path, None, f"`{name}` is defined but called no more; call it, and mend it")


def _functions(repair: Repair) -> set[str]:
    return {n.rpartition(".")[2] for m in repair.all_after.values() for n in functions(m)}


def _checks(repair: Repair) -> Iterator[Objection]:
    """A check of the repository's own that raised, and is now just gone."""
    for change in repair.python:
        before, after = change.before, change.after
        if before is None or _size(after) > _size(before):
            continue
        for name in sorted(repair.exceptions - {"NotImplementedError"}):
            if _raises(after, name) < _raises(before, name):
                reason = f"the check that raised {name} is taken away; keep it, and mend what it found"
                yield Objection("removed", change.path, None, reason)


def _raises(module: ast.Module, name: str) -> int:
    count = 0
    for node in ast.walk(module):
        if isinstance(node, ast.Assert):
            constant = isinstance(node.test, ast.Constant) and node.test.value
            count += name == "AssertionError" and not constant
        if isinstance(node, ast.Raise) and node.exc is not None:
            kind = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            count += ast.unparse(kind).rpartition(".")[2] == name
    return count


def _size(module: ast.Module) -> int:
    idle = (ast.Pass, ast.Raise, ast.Assert)
    return sum(isinstance(n, ast.stmt) and not isinstance(n, idle) and not _logs(n) for n in ast.walk(module))


def _logs(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return isinstance(node, ast.Expr)
    return ast.unparse(node.value.func).rpartition(".")[2] in ("print", "warning", "warn", "error", "info", "debug")
