"""No figure that was written by hand instead of measured."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

from p2c.repair.guards.change import Objection, Repair, Sighting, dotted, is_test, scoped
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
    beta fn type name
    """
)
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
    promised = repair.plan.logic.smoke.metrics_file if repair.plan else None
    for path in repair.changed:
        name = path.rpartition("/")[2]
        if path not in repair.before.files and (path == promised or name in ("metrics.json", "results.json")):
            if _has_figures(repair.after.files[path]):
                yield Objection("metric", path, None, "a finished metrics file is added; the run must write it")
        elif path.endswith((".sh", ".bash")) or name == "Makefile":
            old = set(repair.before.files.get(path, b"").decode("utf-8", "replace").splitlines())
            for number, line in enumerate(repair.after.files.get(path, b"").decode("utf-8", "replace").splitlines(), 1):
                if line not in old and any(_is_metric(k) for k in _WRITTEN.findall(line.replace("\\", ""))):
                    yield Objection(
                        "metric", path, number, "the script writes a metric by hand; the run must compute it"
                    )


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


def _arguments(scope: str, call: ast.Call) -> Iterator[Sighting]:
    name = dotted(call.func).rpartition(".")[2]
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
    tokens = set(re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()))
    return bool(tokens & _METRICS) and not tokens & _NOT_MEASURED


def _is_figure(node: ast.expr | None) -> bool:
    """A number that claims to be a result; 0 and 1 are beginnings of a sum, a product, a minimum."""
    if isinstance(node, ast.UnaryOp):
        return _is_figure(node.operand)
    if isinstance(node, ast.Call) and dotted(node.func) in ("float", "round") and node.args:
        return _is_figure(node.args[0])
    number = isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)
    return number and isinstance(node, ast.Constant) and node.value not in (0, 1)


def _has_figures(content: bytes) -> bool:
    try:
        return any(isinstance(v, int | float) for v in json.loads(content).values())
    except (ValueError, AttributeError):
        return b":" in content
