"""What a run exercised: coverage measures the replay, so that the smoke run itself is not slowed down.

A run that ends with exit status 0 and exercised next to nothing is `vacuous`. The rule looks at the modules that
the smoke command's scripts need (not at the whole repository, which may hold other programs), without tests and
documentation:

- with functions: vacuous below one function in ten entered; or, where the run wrote no file, below one in three
  entered and below one line in three run (a program that finds no data, or swallows its first exception, comes to
  about a quarter of both);
- a script without functions, of ten lines or more: vacuous below one line in five run.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from pydantic import BaseModel, ValidationError

from sandbox.job import Job, RunResult
from sandbox.smoke.script import Script
from sandbox.tree import Tree
from sandbox.verdict import Exercised

REPORT = "/job/coverage.json"
SLOWER = 4.0
"""Measured runs of pure Python take up to so many times as long."""
_CONFIGURATION = """\
[run]
source = /workspace
include_namespace_packages = true
data_file = /job/measured/data
parallel = true
sigterm = true
patch = _exit, fork
disable_warnings = no-data-collected, module-not-measured, module-not-imported, couldnt-parse, already-imported
[report]
ignore_errors = true
"""
_STARTUP = """\
try:
    import coverage
    coverage.process_startup()
except Exception:  # measuring must never change what the program does
    pass
"""
_COMMAND = """\
mkdir -p /job/measured
if [ "$2" = 0 ]; then bash -o pipefail -c "$1"; else timeout -s INT -k 5 "$2" bash -o pipefail -c "$1"; fi
status=$?
unset COVERAGE_PROCESS_START
cd /workspace && {
    python -m coverage combine --quiet --rcfile=/job/coveragerc
    python -m coverage json --quiet --rcfile=/job/coveragerc -o /job/coverage.json
} >/dev/null 2>&1
exit $status
"""


class _Region(BaseModel):
    executed_lines: list[int]
    missing_lines: list[int]


class _File(_Region):
    functions: dict[str, _Region] = {}


class _Report(BaseModel):
    files: dict[str, _File]


@dataclass(frozen=True)
class Measured:
    """What a measured run executed.

    Attributes:
        lines: path -> the lines that ran, without those that a printed traceback names: they may have crashed.
    """

    exercised: Exercised
    lines: dict[str, frozenset[int]]


def measuring(job: Job, command: str, seconds: float, watch: float = 0.0) -> Job:
    """`job` as a run of `command` under coverage, with time for its being slower than `seconds`.

    Args:
        watch: a program that never ends is interrupted (SIGINT, as Ctrl-C would) after so many seconds, so that
            coverage can be saved; 0 lets it end by itself.
    """
    path = ":".join(part for part in ("/job/startup", "/opt/p2c/coverage", job.env.get("PYTHONPATH", "")) if part)
    return replace(
        job,
        argv=("bash", "-c", _COMMAND, "bash", command, f"{watch:g}"),
        env={**job.env, "PYTHONPATH": path, "COVERAGE_PROCESS_START": "/job/coveragerc"},
        extra={
            **job.extra,
            "startup/sitecustomize.py": _STARTUP.encode(),
            "coveragerc": _CONFIGURATION.encode(),
        },
        collect=(*job.collect, REPORT),
        limits=replace(
            job.limits,
            wall_seconds=max(job.limits.wall_seconds, SLOWER * seconds) + 30,
            cpu_seconds=max(job.limits.cpu_seconds, SLOWER * seconds) + 30,
        ),
    )


def measure(result: RunResult, tree: Tree, relevant: frozenset[str]) -> Measured | None:
    """What a measured run exercised of the `relevant` files; None when it left no report that can be read."""
    report = _read(result)
    if report is None:
        return None
    ran = _ran(report, tree, _named_in_tracebacks(result))
    entered = functions = run = lines = 0
    for path in sorted(relevant & report.files.keys() & tree.files.keys()):
        file = report.files[path]
        own = {name: region for name, region in file.functions.items() if name and not _is_special(name)}
        functions += len(own)
        entered += sum(bool(region.executed_lines) for region in own.values())
        body_run, body_all = _working_lines(file, Script.of(tree, path))
        run, lines = run + body_run, lines + body_all
    return Measured(Exercised(functions=functions, functions_entered=entered, lines=lines, lines_run=run), ran)


def ran_before_failing(result: RunResult, tree: Tree) -> dict[str, frozenset[int]]:
    """path -> the lines that a measured run executed before an exception ended it.

    Left out are the statements that a printed traceback names, of which nobody knows how far they came.
    """
    report = _read(result)
    if report is None:
        return {}
    named = _named_in_tracebacks(result)
    failed = {(path, row) for path, line in named if path in tree.files for row in _statement(tree, path, line)}
    return _ran(report, tree, named | failed)


def is_vacuous(exercised: Exercised, *, wrote: bool) -> bool:
    """Whether a run that ended with exit status 0 did next to nothing; the rule is the module's docstring."""
    lines = exercised.lines_run / exercised.lines if exercised.lines else 1.0
    if not exercised.functions:
        return exercised.lines >= 10 and lines < 0.2
    entered = exercised.functions_entered / exercised.functions
    if exercised.lines < 10:
        return False
    return entered < 0.1 or (not wrote and entered < 1 / 3 and lines < 1 / 3)


def _read(result: RunResult) -> _Report | None:
    try:
        return _Report.model_validate(json.loads(result.files[REPORT]))
    except (KeyError, ValueError, ValidationError, RecursionError):
        return None


def _ran(report: _Report, tree: Tree, without: AbstractSet[tuple[str, int]]) -> dict[str, frozenset[int]]:
    return {
        path: frozenset(line for line in file.executed_lines if (path, line) not in without)
        for path, file in report.files.items()
        if path in tree.files
    }


def _statement(tree: Tree, path: str, line: int) -> range:
    """The lines of the statement that `line` belongs to; of one with a body, those of its head."""
    found = range(line, line + 1)
    for node in Script.of(tree, path).nodes:  # outer ones come first
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            body = getattr(node, "body", None)
            end = body[0].lineno if isinstance(body, list) and body else (node.end_lineno or node.lineno) + 1
            found = range(node.lineno, max(end, node.lineno + 1))
    return found


def _named_in_tracebacks(result: RunResult) -> frozenset[tuple[str, int]]:
    said = result.stderr.text() + result.stdout.text()
    return frozenset(
        (path, int(line)) for path, line in re.findall(r'File "/workspace/([^"\n]+)", line (\d{1,7})', said)
    )


def _is_special(name: str) -> bool:
    last = name.rsplit(".", 1)[-1]
    return last.startswith("__") and last.endswith("__") and last not in ("__init__", "__call__", "__main__")


def _working_lines(file: _File, script: Script) -> tuple[int, int]:
    """Lines run, and all: bodies of functions and statements of the module; imports and definitions do no work."""
    idle: set[int] = set()
    for node in script.nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            idle.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            idle.update(range(first, node.body[0].lineno))
            idle.update(_docstring(node))
    run = len(set(file.executed_lines) - idle)
    return run, run + len(set(file.missing_lines) - idle)


def _docstring(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> range:
    first = node.body[0]
    is_text = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return range(first.lineno, (first.end_lineno or first.lineno) + 1) if is_text else range(0)
