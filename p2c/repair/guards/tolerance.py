"""What tests and checks ask for stays as it was: which are run, how their outcome is told, how near is near enough."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from p2c.repair.guards.change import (
    Function,
    Objection,
    PythonChange,
    Repair,
    Sighting,
    dotted,
    folded,
    is_test,
    scoped,
    targets_of,
    tokens,
)
from p2c.repair.guards.commands import NARROWED

_SETTINGS = frozenset({"pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini", ".pytest.ini"})
_HOOKS = frozenset(
    {
        "pytest_runtest_makereport",
        "pytest_runtest_protocol",
        "pytest_runtest_call",
        "pytest_pyfunc_call",
        "pytest_collection_modifyitems",
        "pytest_ignore_collect",
        "pytest_sessionfinish",
        "pytest_report_teststatus",
    }
)
_NAMES = frozenset({"atol", "rtol", "abs", "rel", "tol", "tolerance", "delta", "places", "decimal"})
_RELATIVE = frozenset({"rel", "rtol"})
_WIDER = 100.0
_HUGE = 10.0


def relaxed(repair: Repair) -> Iterator[Objection]:
    """Fewer tests collected, outcomes rewritten by hooks, tolerances that nothing can miss."""
    for path in repair.changed:
        if path.rpartition("/")[2] in _SETTINGS and path in repair.after.files:
            yield from _collected(repair, path)
    for change in repair.python:
        if is_test(change.path) or change.path.endswith("conftest.py"):
            for seen in change.new(_hooks):
                reason = f"`{seen.key.partition('|')[2]}` decides which tests run or what their outcome is; "
                yield Objection("test", change.path, seen.line, reason + "mend the code that is tested")
            yield from _mocked(repair, change)
        yield from _tolerances(change)


def _collected(repair: Repair, path: str) -> Iterator[Objection]:
    """Pytest's own settings: options that leave tests out, folders that are searched no more."""
    old, new = (tree.text(path).splitlines() if path in tree.files else [] for tree in (repair.before, repair.after))
    for number, line in enumerate(new, 1):
        if line not in old and "addopts" in line and NARROWED.search(line.replace('"', " ")):
            yield Objection("test", path, number, f"`{line.strip()}` leaves tests out; mend the code that they test")
    for key in ("testpaths", "python_files"):
        before, now = (_values(lines, key) for lines in (old, new))
        if before and now and not before <= now:
            reason = f"`{key}` no longer finds the tests in {', '.join(sorted(before - now))}; leave it"
            yield Objection("test", path, None, reason)


def _values(lines: list[str], key: str) -> set[str]:
    found = [line.partition("=")[2] for line in lines if re.match(rf"\s*{key}\s*=", line)]
    return set(re.findall(r"[^\s\"',\[\]]+", " ".join(found)))


def _hooks(module: ast.Module) -> Iterator[Sighting]:
    for scope, node in scoped(module):
        if isinstance(node, Function) and node.name in _HOOKS:
            yield Sighting(f"{scope}|{node.name}", node.lineno)
        for target in targets_of(node):
            if dotted(target) in ("collect_ignore", "collect_ignore_glob"):
                yield Sighting(f"{scope}|{dotted(target)}", target.lineno)


def _mocked(repair: Repair, change: PythonChange) -> Iterator[Objection]:
    """What a test imported from the repository, and is now a mock."""
    if change.before is None:
        return
    own = {path.removesuffix(".py").split("/")[0] for path in repair.before.python_files()}
    imported = {
        alias.asname or alias.name
        for node in ast.walk(change.before)
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").split(".")[0] in own)
        for alias in node.names
    }
    for node in ast.walk(change.after):
        value = getattr(node, "value", None)
        for target in targets_of(node):
            if dotted(target) in imported and isinstance(value, ast.Call) and "Mock" in dotted(value.func):
                reason = f"`{dotted(target)}` is a mock now, so that the test tests nothing; test the real one"
                yield Objection("test", change.path, target.lineno, reason)


def _tolerances(change: PythonChange) -> Iterator[Objection]:
    before = _widest(change.before) if change.before else {}
    for (scope, name), (width, line) in _widest(change.after).items():
        old = before.get((scope, name), (0.0, 0))[0]
        if name in ("places", "decimal"):
            wider = old > 0 and width <= 0
        elif is_test(change.path):
            limit = 1.0 if name in _RELATIVE else 1e3
            wider = width > old and (width > old * _WIDER if old else width >= limit)
        else:
            wider = old > 0 and width >= max(_HUGE, old * _WIDER)
        if wider:
            reason = f"the tolerance `{name}={width:g}` lets anything pass; compute what is compared correctly"
            yield Objection("test", change.path, line, reason)


def _widest(module: ast.Module) -> dict[tuple[str, str], tuple[float, int]]:
    """The widest tolerance of each name in each function, and its line."""
    found: dict[tuple[str, str], tuple[float, int]] = {}

    def note(scope: str, name: str | None, value: ast.expr | None) -> None:
        width = folded(value)
        if name is None or value is None or width is None or not tokens(name) & _NAMES:
            return
        key = (scope, name.lower())
        if key not in found or width > found[key][0]:
            found[key] = (width, value.lineno)

    for scope, node in scoped(module):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                note(scope, keyword.arg, keyword.value)
        elif isinstance(node, ast.arguments):
            named = [*node.posonlyargs, *node.args]
            pairs = zip(named[len(named) - len(node.defaults) :], node.defaults, strict=True)
            for argument, default in [*pairs, *zip(node.kwonlyargs, node.kw_defaults, strict=True)]:
                note(scope, argument.arg, default)
        for target in targets_of(node):
            note(scope, dotted(target).rpartition(".")[2], getattr(node, "value", None))
    return found
