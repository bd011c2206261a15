"""The report as Markdown (`report.md`) and on the terminal. What a program or a model wrote is shown as data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from p2c.report import costs, metrics
from p2c.report.comparison import Comparison, agreement, furthest
from p2c.report.plain import plain
from p2c.report.repairs import Reduced
from p2c.report.summary import Report
from p2c.run.outputs import OUTPUTS
from p2c.shorten import shorten
from p2c.types import Attempt, LineCount
from sandbox.verdict import Finding, Rung, Verdict
from sandbox.words import counted

MAX_FINDINGS = 50
"""Rows of the table of findings."""
MAX_WRITTEN = 50
"""Rows of the table of files that the smoke run wrote."""
_SIDE_BY_SIDE = " (calls at the same time added up)"
_FIGURE = re.compile(r"\d[\d.,]*")
_WHOLE = 4_000
"""Characters from which on what an attempt came to is cut even in `report.md`."""


def count(lines: LineCount) -> str:
    """`12 (10 Python, 2 other)`."""
    return f"{lines.total} ({lines.python} Python, {lines.other} other)"


def share_line(share: float, lines: int, python_share: float, python: int) -> str:
    """`0.48 % of 2,104 lines; 0.52 % of the 1,730 Python lines`; of no lines there is no share."""
    if not lines:
        return "none: there was no line that counts before"
    of_python = f"{python_share * 100:.2f} % of the {python:,} Python lines" if python else "none of them Python"
    return f"{share * 100:.2f} % of {lines:,} lines; {of_python}"


def headline(report: Report) -> str:
    """One sentence: the ending, the rung and the lines modified."""
    rung = report.verdict.rung
    where = f"rung {int(rung)} ({rung.name})" if rung is not Rung.none else "no rung"
    lines = report.lines_modified
    of_python = f", {lines.python_share * 100:.2f} % of the Python ones" if lines.baseline_python else ""
    return (
        f"{report.ending.value}: reached {where}, {report.verdict.outcome.value}; "
        f"{counted(lines.reduced.total, 'line')} modified ({lines.share * 100:.2f} % of the generated lines{of_python})"
    )


def ended_by(report: Report) -> str:
    """Why it ended and what to do next, where the verdict does not say it; the seconds of another run say nothing."""
    why, said = plain(report.ending_reason, 1000), plain(report.verdict.summary, 1000)
    if _FIGURE.sub("", why) == _FIGURE.sub("", said):
        return ""
    return why.removeprefix(said).strip() if said and why.startswith(said) else f"Why it ended: {why}"


def scaled(report: Report) -> str:
    """The settings that the repair made smaller, in one sentence; empty where there are none."""
    found = [f"{one.file} {one.name} {one.before:.15g} -> {one.after:.15g}" for one in report.made_smaller]
    return f"Settings made smaller by the repair: {plain('; '.join(found), _WHOLE)}." if found else ""


def as_markdown(report: Report) -> str:
    """The whole report as Markdown."""
    parts = [f"# {_cell(report.title)}", "", headline(report) + ".", "", plain(report.verdict.summary, 1000), ""]
    parts += [line for said in (ended_by(report), _cell(scaled(report))) if said for line in (said, "")]
    if report.recorded:
        parts += ["The model's replies in this run were recorded earlier; everything else ran for real.", ""]
    if report.paper_notes:
        parts += ["## What the model read of the paper", "", *(f"- {_cell(note)}" for note in report.paper_notes), ""]
    parts += ["## Repository", "", *_table(("what", "figure"), _repository_rows(report)), ""]
    if report.attempts:
        parts += ["## Repair", "", *_table(_ATTEMPT_HEAD, _attempt_rows(report)), ""]
    if report.edit_notes:
        parts += [*(f"- Edits: {_cell(note)}." for note in report.edit_notes), ""]
    parts += ["## Lines modified", "", *_table(("figure", "lines"), _line_rows(report)), ""]
    if report.comparison:
        parts += ["## The paper's numbers beside the reproduced ones", "", agreement(report.comparison) + ".", ""]
        parts += [*_table(_COMPARISON_HEAD, map(_comparison_row, report.comparison)), ""]
    parts += _metric_parts(report)
    parts += _output_parts(report)
    if report.usage:
        parts += _model_parts(report)
    parts += ["## Ladder", "", *_table(("step", "state", "seconds", "detail"), _step_rows(report)), ""]
    parts += _finding_parts(report.verdict.findings)
    return "\n".join(parts)


def show(report: Report, console: Console, folder: str, *, asked: bool = True) -> None:
    """The end of a run on the terminal: what was made, where, the verdict, lines modified, tokens."""
    colour = "green" if report.verdict.verified else "red"
    console.print()
    console.print(f"[bold {colour}]{escape(headline(report))}[/]", soft_wrap=True)
    console.print(escape(plain(report.verdict.summary, 600)), soft_wrap=True)
    for said in filter(None, (ended_by(report), scaled(report))):
        console.print(escape(said), soft_wrap=True)
    if report.comparison:
        shown = furthest(report.comparison)
        title = f"The paper's numbers beside the reproduced ones: {agreement(report.comparison)}"
        console.print(_rich_table(title, _COMPARISON_HEAD, map(_comparison_row, shown)))
        if len(shown) < len(report.comparison):
            console.print(f"These {len(shown)} of {len(report.comparison)} differ most; report.md has them all.")
    if report.attempts:
        console.print("[bold]Repair[/]")
        for line in _attempt_lines(report):
            console.print(escape(line), soft_wrap=True)
    costs.show(report.usage, console, is_recorded=report.recorded, asked=asked)
    rows = [*_repository_rows(report), *_line_rows(report)]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        console.print(f"{escape(name):<{width}}  {escape(value)}", soft_wrap=True)
    console.print(f"{'repository':<{width}}  {escape(folder)}/{escape(report.repository)}", soft_wrap=True)
    if report.outputs:
        console.print(f"{'its outputs':<{width}}  {escape(folder)}/{OUTPUTS}", soft_wrap=True)
    console.print(f"{'report':<{width}}  {escape(folder)}/report.md", soft_wrap=True)
    if report.recorded:
        console.print("The model's replies were recorded earlier; everything else ran for real.")


_ATTEMPT_HEAD = ("attempt", "failure", "by", "result", "lines")
_FINDING_HEAD = ("place", "weight", "message", "rule")
_COMPARISON_HEAD = ("name", "paper", "reproduced", "difference")


def _repository_rows(report: Report) -> list[tuple[str, str]]:
    verdict = report.verdict
    before = report.lines_modified.baseline_python
    rows = [("files", str(report.files)), ("Python lines", f"{before} before repair, {report.python_lines} after")]
    if verdict.entry:
        rows.append(("smoke command", plain(verdict.entry.command)))
    if verdict.exercised:
        seen = verdict.exercised
        rows.append(
            (
                "exercised",
                f"{seen.functions_entered} of {seen.functions} functions, {seen.lines_run} of {seen.lines} lines",
            )
        )
    rows.append(("before repair", _state(report.first_verdict)))
    rows.append(("after repair", _state(verdict)))
    rows.append(
        (
            "time",
            f"{report.seconds:.1f} s; the sandbox worked {report.sandbox_seconds:.1f} s, "
            f"the model {report.model_seconds:.1f} s{_SIDE_BY_SIDE if report.model_seconds > report.seconds else ''}",
        )
    )
    return rows


def _state(verdict: Verdict) -> str:
    name = f" ({verdict.rung.name})" if verdict.rung is not Rung.none else ""
    return f"rung {int(verdict.rung)}{name}, {verdict.outcome.value}"


def _line_rows(report: Report) -> list[tuple[str, str]]:
    lines, repair = report.lines_modified, report.repair
    python = lines.baseline_python
    rows = [
        ("generated lines", count(LineCount(python=python, other=lines.baseline_lines - python))),
        ("lines modified, net", count(lines.net)),
        ("lines modified, gross", count(lines.gross)),
        ("lines modified, reduced", _reduced(lines.reduced, repair.reduction)),
        ("share of the generated", share_line(report.share, lines.baseline_lines, report.python_share, python)),
    ]
    if lines.rewritten.total:
        rows.append(("written again", count(lines.rewritten)))
    if lines.by_hand.total:
        rows.append(("edited by hand", count(lines.by_hand)))
    for name, edits in (("by fixers", repair.fixers), ("by the model", repair.model)):
        if edits.tried:
            gave_up = f", {edits.gave_up} without an edit" if edits.gave_up else ""
            rows.append((name, f"{edits.accepted} accepted, {edits.refused} refused{gave_up}; {count(edits.lines)}"))
    return rows


def _reduced(lines: LineCount, reduction: Reduced) -> str:
    """What is left, and of how many hunks; or why nothing was reduced."""
    why = plain(reduction.unfinished, _WHOLE)
    if not reduction.hunks_before:
        return f"not reduced: {why}" if why else count(lines)
    hunks = f"{reduction.hunks_after} of {counted(reduction.hunks_before, 'hunk')}"
    if reduction.is_minimal:
        return f"{count(lines)}; {hunks} needed"
    return f"{count(lines)}; {hunks} left, not proven minimal{': ' if why else ''}{why}"


def _by(attempt: Attempt) -> str:
    """`model`, `fixer:NAME`, or `model, 2 of 3` where several edits were made at the same time."""
    return attempt.origin + (f", {attempt.candidate} of {attempt.candidates}" if attempt.candidates > 1 else "")


def _became(attempt: Attempt) -> str:
    return "accepted" if attempt.accepted else "no edit" if attempt.gave_up else "refused"


def _attempt_rows(report: Report) -> list[tuple[str, ...]]:
    return [
        (
            str(attempt.number),
            plain(attempt.failure, _WHOLE),
            _by(attempt),
            f"{_became(attempt)}: {plain(attempt.reason, _WHOLE)}",
            str(attempt.lines.total),
        )
        for attempt in report.attempts
    ]


def _attempt_lines(report: Report) -> list[str]:
    lines = []
    for attempt in report.attempts:
        lines_changed = counted(attempt.lines.total, "line")
        lines.append(f"  {attempt.number}. {shorten(plain(attempt.failure, _WHOLE), 100)}")
        reason = shorten(plain(attempt.reason, _WHOLE), 160)
        lines.append(f"     {_became(attempt)}, {lines_changed} by {_by(attempt)}: {reason}")
    return lines


def _model_parts(report: Report) -> list[str]:
    parts = ["## Model", "", *_table(costs.HEAD, map(costs.row, report.costs)), ""]
    if costs.is_unknown(report.costs) and not report.recorded:
        parts += [_cell(costs.UNKNOWN), ""]
    steps = [costs.step_row(cost, report.refused) for cost in costs.by_step(report.usage)]
    return [*parts, "### Step by step", "", *_table(costs.STEP_HEAD, steps), ""]


def _metric_parts(report: Report) -> list[str]:
    smoke = report.verdict.smoke
    found = metrics.rows(smoke.metrics, report.comparison) if smoke else ()
    if not found:
        return []
    width = 3 if any(paper for *_, paper in found) else 2
    shown = [row[:width] for row in found[: metrics.MAX_ROWS]]
    said = ["## What the smoke run measured", "", *_table(metrics.HEAD[:width], shown), ""]
    return said + _more(len(found) - len(shown), "verdict.json")


def _output_parts(report: Report) -> list[str]:
    smoke = report.verdict.smoke
    written = smoke.files_written if smoke else ()
    if not written:
        return []
    kept = frozenset(report.outputs)
    ordered = sorted(written, key=lambda path: path not in kept)
    shown = [(path, f"{OUTPUTS}/{path}" if path in kept else "not kept") for path in ordered[:MAX_WRITTEN]]
    said = ["## What the smoke run wrote", "", *_table(("file", "kept in the run folder as"), shown), ""]
    return said + _more(len(written) - len(shown), "verdict.json")


def _finding_parts(findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return []
    ordered = sorted(findings, key=lambda one: (one.severity != "fatal", one.refuted, one.file, one.line, one.column))
    shown = [_finding_row(one) for one in ordered[:MAX_FINDINGS]]
    said = ["## Static findings", "", "Advice blocks nothing; a fatal finding predicts a crash.", ""]
    return [*said, *_table(_FINDING_HEAD, shown), "", *_more(len(ordered) - len(shown), "verdict.json")]


def _finding_row(one: Finding) -> tuple[str, ...]:
    weight = "fatal, but the line ran" if one.refuted else one.severity
    return f"{one.file}:{one.line}", weight, plain(one.message, 160), f"{one.tool} {one.code}"


def _more(number: int, where: str) -> list[str]:
    return [f"And {number:,} more; {where} has them all.", ""] if number > 0 else []


def _comparison_row(row: Comparison) -> tuple[str, ...]:
    difference = row.relative_difference
    reproduced = "not measured" if row.reproduced is None else f"{row.reproduced:.4g}"
    return (row.name, f"{row.paper:.4g}", reproduced, "" if difference is None else f"{difference * 100:.1f} %")


def _step_rows(report: Report) -> list[tuple[str, ...]]:
    return [(step.name, step.state, f"{step.seconds:.2f}", plain(step.detail, 120)) for step in report.verdict.steps]


def _cell(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>|])", r"\\\1", plain(text))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return lines


def _rich_table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in head:
        table.add_column(name)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    return table
