"""Rung 0: every Python file compiles with the Python of the sandbox. Nothing is executed.

The parser runs inside a container, because a hostile file can exhaust or crash it. What does not compile is
told apart: a mistake in code, Python 2, code cut off at the output limit, and files that were never code
(prose, Markdown fences, shell commands, one line of literal `\\n`), which are written again rather than edited.
ruff, which is as much a tool of ours, runs beside the parser: a container's start costs more than either. Both look at
one file at a time, so where it is known what they said of a tree, only the files that have changed since need go there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from pydantic import BaseModel, ValidationError

from sandbox.checks import ruff
from sandbox.checks.limits import tool_limits
from sandbox.checks.source import is_template
from sandbox.errors import CheckFailed, RunnerLost
from sandbox.inside import parsing
from sandbox.job import Job, Runner
from sandbox.settings import Limits
from sandbox.tree import Tree
from sandbox.verdict import Ended, Failure, Finding
from sandbox.words import counted

NEVER_CODE = frozenset({"one-line", "fence", "fence-cut", "prose", "shell", "not-text"})
"""Codes of findings on files that were never code."""
REPORT = parsing.RUFF.as_posix()
COMMAND = ("python", "/opt/p2c/inside/parsing.py", *ruff.COMMAND)
"""It is in the image."""


class _Broken(BaseModel):
    file: str
    line: int
    column: int
    code: str
    message: str


class _End(BaseModel):
    checked: int
    ruff: str


@dataclass(frozen=True)
class Parsed:
    """What one container said of a tree.

    Attributes:
        findings: a fatal one for each Python file that does not compile.
        tree: what was parsed, without templates that are no Python files yet.
        report: ruff's own, which ran beside the parser.
        trouble: why ruff gave no answer; else empty.
    """

    findings: tuple[Finding, ...]
    tree: Tree
    report: bytes = b"[]"
    trouble: str = ""

    @property
    def whole(self) -> bool:
        """Whether every file compiles, and ruff has answered."""
        return not self.findings and not self.trouble

    def ruff(self) -> tuple[Finding, ...]:
        """What ruff says; fatal where it predicts a crash. To be asked for when every file compiles.

        Raises:
            CheckFailed: ruff crashed, or ran out of its limits.
        """
        if self.trouble:
            raise CheckFailed(f"ruff ended: {self.trouble}")
        return ruff.read_report(self.report.decode("utf-8", "replace"), self.tree)


def job(limits: Limits | None) -> Job:
    """The job of the parser and ruff, all but its tree."""
    return Job(COMMAND, Tree({}), None, tool_limits(limits), collect=(REPORT,), ahead=True)


def parse_changed(runner: Runner, tree: Tree, limits: Limits | None, before: Parsed | None) -> Parsed:
    """As `parse` of all of `tree`; where it is known what that said of another tree, of what differs only.

    What ruff says of a package's `__init__.py` depends on the files beside it: where one has changed, or the tree has
    other files than `before` had, all of it is parsed; so it is where a report of ruff's cannot be read.

    Args:
        before: of the same repository, by the same runner and with the same limits; it must be `whole`.
    """
    paths = frozenset(tree.python_files())
    changed = [path for path in sorted(paths) if before is None or tree.files[path] != before.tree.files.get(path)]
    packages = any(path.endswith("__init__.py") for path in changed)
    if before is None or packages or tree.files.keys() != before.tree.files.keys():
        return parse(runner, tree, limits)
    few = parse(runner, replace(tree, files={path: tree.files[path] for path in changed}), limits)
    left = tree.changed(dict.fromkeys(set(changed) - set(few.tree.files)))
    try:
        report = few.report if few.trouble else ruff.merged(before.report, few.report, frozenset(changed))
    except CheckFailed:
        return parse(runner, tree, limits)
    return Parsed(few.findings, left, report, few.trouble)


def parse(runner: Runner, tree: Tree, limits: Limits | None = None) -> Parsed:
    """Compile every Python file of `tree`, and let ruff look at them, in one container.

    A template (see `sandbox.checks.source.is_template`) that does not compile is no Python file yet: no check reads it.

    Raises:
        InfrastructureError: the container could not be run, or ended before it had reported.
    """
    paths = tree.python_files()
    if not paths:
        return Parsed((), tree)
    sources = replace(tree, files={path: tree.files[path] for path in paths})
    templates = frozenset(path for path in paths if is_template(tree, path))
    result = runner.run(replace(job(limits), tree=sources))
    lines = result.stdout.text().splitlines()
    if result.ended is not Ended.exited or result.exit_status != 0 or not lines or '"checked"' not in lines[-1]:
        raise RunnerLost(f"the parser ended ({result.ended}) before it had reported: {result.stderr.text()[-300:]}")
    try:
        broken = [_Broken.model_validate(json.loads(line)) for line in lines[:-1]]
        end = _End.model_validate_json(lines[-1])
    except (ValueError, ValidationError) as error:
        raise RunnerLost(f"the parser's report cannot be read: {error}") from error
    tree = tree.changed({one.file: None for one in broken if one.file in templates})
    wrong = (one for one in broken if one.file not in templates)
    findings = (Finding(tool="parse", severity="fatal", **one.model_dump()) for one in wrong)
    report = result.files.get(REPORT)
    trouble = end.ruff or ("" if report is not None else f"its report {result.uncollected.get(REPORT, 'is missing')}")
    return Parsed(tuple(sorted(findings, key=lambda one: one.file)), tree, report or b"", trouble)


def parse_failure(findings: tuple[Finding, ...], tree: Tree) -> Failure:
    """The failure of rung 0: the first finding, with all of them as evidence."""
    first = findings[0]
    others = f" (and {counted(len(findings) - 1, 'file')} more)" if len(findings) > 1 else ""
    return Failure(
        step="parse",
        kind="syntax",
        exception="SyntaxError",
        message=f"{first.message}{others}",
        file=first.file,
        line=first.line,
        signature=f"SyntaxError | {first.file} | {first.code}: {first.message} | {_line(tree, first)}",
        evidence="\n".join(f"{f.file}:{f.line}:{f.column}: {f.message}\n    {_line(tree, f)}" for f in findings[:20]),
    )


def _line(tree: Tree, finding: Finding) -> str:
    lines = tree.text(finding.file).splitlines()
    return lines[finding.line - 1].strip()[:200] if 0 < finding.line <= len(lines) else ""
