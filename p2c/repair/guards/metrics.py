"""No figure that was written by hand instead of measured."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

from p2c.repair.guards.change import Objection, Repair, Sighting, dotted, folded, is_test, scoped, tokens
from p2c.repair.guards.commands import is_script
from p2c.repair.text import words

_METRICS = words(
    """
    accuracy acc loss f1 auc auroc roc rmse mse mae mape bleu rouge psnr ssim fid precision recall perplexity
    ppl r2 score error reward return iou map ndcg mrr dice nll elbo correlation pearson spearman regret
    """
)
_NOT_MEASURED = words(
    """
    target min max threshold weight weights lambda tol tolerance default early best init initial coef
    coefficient scale factor expected limit bound eps lr paper reported patience delta margin clip gamma alpha
    beta fn type name interval every freq frequency period size dim num window epochs epoch steps step port id idx
    """
)
_RESULTS = words("metrics metric results result scores report")
_RANDOM = words("normal uniform random rand randn gauss randint standard_normal")
_RESULT_FILE = re.compile(
    r"(?:metric|result|score|cached?_)[\w-]*\.(?:json|csv|npy|npz|pkl|yaml|yml)$|/metrics\.\w+$", re.I
)
_NAMED_FILE = re.compile(r"[\w./-]*(?:metrics|results|scores)[\w-]*\.(?:json|csv)")
_COPY = re.compile(r"^\s*(?:cp|ln|install|cat)\s+(?:-\w+\s+)*([\w./-]+)")
_WRITTEN = re.compile(r"[\"'](\w+)[\"']\s*:\s*-?\d+\.?\d*")
_WRITES = ("write", "write_text", "write_bytes", "writelines")


def invented(repair: Repair) -> Iterator[Objection]:
    """New constants in the place of measured figures, in code, in scripts, and as a finished metrics file."""
    for change in repair.python:
        if is_test(change.path):
            continue
        for seen in change.new(_constants):
            reason = f"`{seen.key.partition('|')[2]}` is written by hand; a metric must be computed by the run"
            yield Objection("metric", change.path, seen.line, reason)
        for seen in change.new(_shaped):
            reason = f"`{seen.key.partition('|')[2]}` makes the figure look right; report what the run measures"
            yield Objection("metric", change.path, seen.line, reason)
        for seen in change.new(_chosen):
            reason = (
                f"`{seen.key.partition('|')[2]}` answers a chosen case with a figure written by hand; compute it as "
                "for every other case"
            )
            yield Objection("metric", change.path, seen.line, reason)
        if change.before is not None:
            computed, after = _computed(change.before), _computed(change.after)
            for key in computed.keys() & after.keys():
                if computed[key] and not after[key]:
                    reason = f"`{key.partition('|')[2]}` was computed and is a constant now; compute it"
                    yield Objection("metric", change.path, None, reason)
    promised = repair.plan.logic.smoke.metrics_file if repair.plan else None
    for path in repair.changed:
        added = repair.after.files.get(path)
        if added is not None and (path == promised or _RESULT_FILE.search(path)) and not path.endswith(".py"):
            if _has_figures(added):
                yield Objection(
                    "metric", path, None, "a finished file of results is put there by hand; the run must write it"
                )
        elif is_script(path):
            yield from _script(repair, path)


def _script(repair: Repair, path: str) -> Iterator[Objection]:
    """Metrics that a shell script writes, copies from a file of the repository, or looks at no more."""
    old, new = (tree.text(path) if path in tree.files else "" for tree in (repair.before, repair.after))
    lines = set(old.splitlines())
    for number, line in enumerate(new.splitlines(), 1):
        if line in lines:
            continue
        if any(_is_metric(key) for key in _WRITTEN.findall(line.replace("\\", ""))):
            reason = "the script writes a metric by hand; the run must compute it"
            yield Objection("metric", path, number, reason)
        copied = _COPY.match(line)
        if copied and copied[1].removeprefix("./") in repair.before.files and _NAMED_FILE.search(line):
            reason = (
                f"`{line.strip()}` puts figures that lay ready in the place of the run's own; the run must write them"
            )
            yield Objection("metric", path, number, reason)
    named, now = (set(_NAMED_FILE.findall("\n".join(_code(text)))) for text in (old, new))
    if named and not now and new:
        reason = f"the script no longer looks at {', '.join(sorted(named))}; check what the run wrote"
        yield Objection("metric", path, None, reason)


def _code(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.lstrip().startswith("#")]


def _constants(module: ast.Module) -> Iterator[Sighting]:
    for scope, node in scoped(module):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and _is_metric(str(key.value)) and _is_figure(value):
                    yield Sighting(f"{scope}|{key.value!r}: {ast.unparse(value)}", value.lineno)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                name = _target(target)
                if name and _is_metric(name) and _is_figure(node.value):
                    yield Sighting(f"{scope}|{ast.unparse(target)} = {ast.unparse(node.value)}", node.lineno)
        elif isinstance(node, ast.Call):
            yield from _arguments(scope, node)
        elif isinstance(node, ast.Return) and _is_figure(node.value) and _is_metric(scope.rpartition(".")[2]):
            yield Sighting(f"{scope}|{ast.unparse(node)}", node.lineno)


def _shaped(module: ast.Module) -> Iterator[Sighting]:
    """Metrics drawn at random, held above or below a bound, read from a file, or comparing a thing with itself."""
    for scope, node in scoped(module):
        if isinstance(node, ast.Call) and len(node.args) > 1 and _compares(dotted(node.func).rpartition(".")[2]):
            first, second = node.args[:2]
            if not isinstance(first, ast.Constant) and ast.dump(first) == ast.dump(second):
                yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", node.lineno)
    for scope, name, value in _results(module):
        for node in ast.walk(value):
            called = dotted(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
            chosen = [node.body, node.orelse] if isinstance(node, ast.IfExp) else []
            chosen += node.values if isinstance(node, ast.BoolOp) else []
            if any(_is_figure(part) and folded(part) != _CHANCE for part in chosen):
                yield Sighting(f"{scope}|{name}: {ast.unparse(value)[:60]}", value.lineno)
            bounded = called in ("max", "min", "clip", "clamp", "maximum", "minimum") and isinstance(node, ast.Call)
            bounds = [folded(a) for a in node.args] if isinstance(node, ast.Call) and bounded else []
            if called in _RANDOM or any(b not in (None, 0.0, 1.0) and _TINY < abs(b or 0) < _GENEROUS for b in bounds):
                yield Sighting(f"{scope}|{name}: {ast.unparse(value)[:60]}", value.lineno)
    for scope, node in scoped(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
            read = node.args and isinstance(node.args[0], ast.Call) and dotted(node.args[0].func).endswith("load")
            if read and tokens(dotted(node.func.value)) & _RESULTS:
                yield Sighting(f"{scope}|{ast.unparse(node)[:60]}", node.lineno)


_CHANCE = 0.5
"""What a curve's area is where it says nothing."""
_TINY, _GENEROUS = 1e-3, 10.0
"""Bounds outside keep a logarithm, a division or `exp` in order; they make no figure look better."""


def _compares(name: str) -> bool:
    return bool(tokens(name) & {"score", "allclose", "isclose", "close", "accuracy", "error", "mse", "equal"})


def _results(module: ast.Module) -> Iterator[tuple[str, str, ast.expr]]:
    """Every value that is given the name of a metric, or is put among the results."""
    for scope, node in scoped(module):
        if isinstance(node, ast.Dict):
            returned = any(_is_metric(str(k.value)) for k in node.keys if isinstance(k, ast.Constant))
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    random = returned or isinstance(value, ast.Call)
                    if random and not tokens(key.value) & _NOT_MEASURED and _is_metric_or_float(key.value, value):
                        yield scope, key.value, value
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                among = isinstance(target, ast.Subscript) and tokens(dotted(target.value)) & _RESULTS
                if among or (_is_metric(_target(target)) and "loss" not in tokens(_target(target))):
                    yield scope, ast.unparse(target), node.value


def _is_metric_or_float(key: str, value: ast.expr) -> bool:
    """A figure by its key, or what is made a plain number for a file of results."""
    return _is_metric(key) or (isinstance(value, ast.Call) and dotted(value.func) in ("float", "round"))


def _chosen(module: ast.Module) -> Iterator[Sighting]:
    """Answers by hand under a condition that names literal inputs, or that asks whether tests are running."""
    for scope, node in scoped(module):
        if isinstance(node, ast.Constant) and node.value == "PYTEST_CURRENT_TEST":
            yield Sighting(f"{scope}|PYTEST_CURRENT_TEST", node.lineno)
        asked = node.left.value if isinstance(node, ast.Compare) and isinstance(node.left, ast.Constant) else None
        if isinstance(node, ast.Compare) and asked in ("pytest", "unittest") and "sys.modules" in ast.unparse(node):
            yield Sighting(f"{scope}|{ast.unparse(node)}", node.lineno)
        if isinstance(node, ast.If) and isinstance(node.body[-1], ast.Return) and _is_figure(node.body[-1].value):
            literal = any(
                isinstance(c, ast.Compare) and isinstance(c.ops[0], ast.Eq) and _is_literal(c.comparators[0])
                for c in ast.walk(node.test)
            )
            if literal:
                yield Sighting(f"{scope}|{ast.unparse(node.body[-1])}", node.body[-1].lineno)


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple | ast.List | ast.Dict):
        return bool(list(ast.iter_child_nodes(node))[:-1])
    number = folded(node)
    return number is not None and number not in (0.0, 1.0, -1.0)


def _computed(module: ast.Module) -> dict[str, bool]:
    """Names and keys of measured figures in each scope, and whether any of their values is computed."""
    found: dict[str, bool] = {}
    for scope, node in scoped(module):
        pairs: list[tuple[str, ast.expr]] = []
        if isinstance(node, ast.Assign):
            pairs = [(ast.unparse(t), node.value) for t in node.targets if isinstance(t, ast.Name | ast.Subscript)]
        elif isinstance(node, ast.Dict):
            keyed = zip(node.keys, node.values, strict=True)
            pairs = [(str(k.value), v) for k, v in keyed if isinstance(k, ast.Constant)]
        for name, value in pairs:
            constant = not any(isinstance(n, ast.Name | ast.Call) for n in ast.walk(value))
            if constant and not (_is_metric(name) or _is_figure(value, floats=True)):
                continue
            computed = isinstance(value, ast.Call | ast.BinOp | ast.IfExp | ast.ListComp) and not constant
            if constant or computed:
                found[f"{scope}|{name}"] = found.get(f"{scope}|{name}", False) or computed
    return found


def _arguments(scope: str, call: ast.Call) -> Iterator[Sighting]:
    name = dotted(call.func).rpartition(".")[2]
    key = call.args[0] if name in ("get", "setdefault", "pop") and len(call.args) == 2 else None
    if isinstance(key, ast.Constant) and _is_metric(str(key.value)) and _is_figure(call.args[1]):
        yield Sighting(f"{scope}|{ast.unparse(call)[:60]}", call.lineno)
    if name == "dict":
        for keyword in call.keywords:
            if keyword.arg and _is_metric(keyword.arg) and _is_figure(keyword.value):
                yield Sighting(f"{scope}|{keyword.arg}={ast.unparse(keyword.value)}", call.lineno)
    if isinstance(call.func, ast.Attribute) and call.func.attr in _WRITES:
        for argument in call.args:
            text = argument.value if isinstance(argument, ast.Constant) else None
            if isinstance(text, str) and any(_is_metric(key) for key in _WRITTEN.findall(text)):
                yield Sighting(f"{scope}|{text[:60]}", call.lineno)


def _target(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return dotted(node).rpartition(".")[2]


def _is_metric(name: str) -> bool:
    parts = tokens(name)
    return bool((parts | {part.removesuffix("s") for part in parts}) & _METRICS) and not parts & _NOT_MEASURED


def _is_figure(node: ast.expr | None, *, floats: bool = False) -> bool:
    """A number (or a row of them) that claims to be a result; 0 and 1 are beginnings of a sum, a product, a minimum."""
    if isinstance(node, ast.List | ast.Tuple):
        return bool(node.elts) and all(_is_figure(element, floats=floats) for element in node.elts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List):
        return _is_figure(node.left, floats=floats)
    number = folded(node)
    if floats and number is not None and number.is_integer():
        return False
    return number is not None and abs(number) not in (0.0, 1.0)


def _has_figures(content: bytes) -> bool:
    try:
        return any(isinstance(v, int | float) for v in json.loads(content).values())
    except (ValueError, AttributeError):
        return b":" in content
