"""No stand-in for the real thing: no mock, no forged module, no random numbers for data that was read."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from p2c.repair.guards.change import Objection, Repair, Sighting, calls, dotted, functions, is_test, scoped
from p2c.repair.guards.libraries import Libraries
from p2c.repair.text import words

_FORGED = re.compile(r"^_?(?:Mock|Fake|Dummy|Stub)(?=[A-Z_]|$)|^_?(?:mock|fake|dummy|stub)_")
_MOCKS = frozenset({"Mock", "MagicMock", "AsyncMock", "patch", "ModuleType", "SimpleNamespaceMock"})
_READS = words(
    """
    open read_csv read_json read_parquet read_excel read_pickle loadtxt genfromtxt load load_dataset
    fetch_openml imread read_text read_bytes load_iris load_digits load_wine load_breast_cancer load_diabetes
    MNIST CIFAR10 ImageFolder
    """
)
_RANDOM = words(
    """
    rand randn randint random normal uniform choice standard_normal integers random_sample zeros ones
    zeros_like ones_like empty full make_classification make_regression make_blobs rand_like randn_like
    """
)
_FORGED_LIBRARY = (
    "a library that is not installed is not written anew under its name ({why}); declare its distribution, call "
    "an installed library that does the same, or write what is needed of it under a name of the repository's own"
)
_DUMMIES = frozenset({"DummyClassifier", "DummyRegressor"})


def substituted(repair: Repair) -> Iterator[Objection]:
    """Mocks, modules forged under a library's name, and made-up data in place of data that was read."""
    libraries = Libraries(repair)
    for path in repair.changed:
        why = libraries.forged(path) if path.endswith(".py") and path not in repair.before.files else ""
        if why:
            yield Objection("substitute", path, None, _FORGED_LIBRARY.format(why=why))
    for change in repair.python:
        if is_test(change.path):
            continue
        for seen in change.new(_stand_ins):
            reason = f"`{seen.key.partition('|')[2]}` stands in for the real thing; mend or import the real thing"
            yield Objection("substitute", change.path, seen.line, reason)
        gone = calls(change.before) - calls(change.after) if change.before else Counter[str]()
        for name in sorted(_DUMMIES & set(calls(change.after))):
            if change.before is not None and gone and not calls(change.before)[name]:
                reason = f"`{name}` stands in for {', '.join(sorted(gone))}; mend the call of the real one"
                yield Objection("substitute", change.path, None, reason)
        old = functions(change.before) if change.before else {}
        for name, node in functions(change.after).items():
            if name in old and _made_up(calls(old[name]), calls(node)):
                reason = f"`{name}` makes its data up instead of reading it; mend the reading"
                yield Objection("substitute", change.path, node.lineno, reason)


def _stand_ins(module: ast.Module) -> Iterator[Sighting]:
    for scope, node in scoped(module):
        line = getattr(node, "lineno", 1)
        if isinstance(node, ast.ImportFrom | ast.Import):
            source = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            names = {a.name for a in node.names}
            if "mock" in source.split(".") or names & {"unittest.mock", "mock", *_MOCKS - {"ModuleType", "patch"}}:
                yield Sighting(f"{scope}|{ast.unparse(node)}", line)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef) and _FORGED.match(node.name):
            yield Sighting(f"{scope}|{node.name}", line)
        elif isinstance(node, ast.Assign) and any(_is_module_table(t) for t in node.targets):
            yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", line)
        elif isinstance(node, ast.Call) and dotted(node.func).endswith(("sys.modules.setdefault", "types.ModuleType")):
            yield Sighting(f"{scope}|{dotted(node.func)}", line)


def _is_module_table(node: ast.expr) -> bool:
    return isinstance(node, ast.Subscript) and dotted(node.value).endswith("sys.modules")


def _made_up(old: Counter[str], new: Counter[str]) -> bool:
    read_before, read_now = (sum(c[n] for n in _READS) for c in (old, new))
    made_before, made_now = (sum(c[n] for n in _RANDOM) for c in (old, new))
    return read_before > 0 and read_now == 0 and made_now > made_before
