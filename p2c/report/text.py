"""The report as Markdown (`report.md`) and on the terminal. What a program or a model wrote is shown as data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from p2c.report.comparison import Comparison, agreement, furthest
from p2c.report.plain import counted, plain
from p2c.report.summary import Report
from p2c.types import LineCount, Usage
from sandbox.verdict import Rung


def money(usage: Usage) -> str:
    """Cost in US dollars, or that it is unknown."""
    return "unknown" if usage.cost_usd is None else f"${usage.cost_usd:.4f}"


def count(lines: LineCount) -> str:
    """`12 (10 Python, 2 other)`."""
    return f"{lines.total} ({lines.python} Python, {lines.other} other)"


def headline(report: Report) -> str:
    """One sentence: the ending, the rung and the lines modified."""
    rung = report.verdict.rung
    where = f"rung {int(rung)} ({rung.name})" if rung is not Rung.none else "no rung"
    share = report.lines_modified.share * 100
    return (
        f"{report.ending.value}: reached {where}, {report.verdict.outcome.value}; "
        f"{counted(report.lines_modified.reduced.total, 'line')} modified ({share:.2f} % of the generated lines)"
    )


def as_markdown(report: Report) -> str:
    """The whole report as Markdown."""
    parts = [f"# {_cell(report.title)}", "", headline(report) + ".", "", plain(report.verdict.summary, 1000), ""]
    if report.recorded:
        parts += ["The model's replies in this run were recorded earlier; everything else ran for real.", ""]
    parts += ["## Repository", "", *_table(("what", "figure"), _repository_rows(report)), ""]
    if report.attempts:
        parts += ["## Repair", "", *_table(_ATTEMPT_HEAD, _attempt_rows(report)), ""]
    parts += ["## Lines modified", "", *_table(("figure", "lines"), _line_rows(report)), ""]
    if report.comparison:
        parts += ["## The paper's numbers beside the reproduced ones", "", agreement(report.comparison) + ".", ""]
        parts += [*_table(_COMPARISON_HEAD, map(_comparison_row, report.comparison)), ""]
    if report.usage:
        parts += ["## Model", "", *_table(_USAGE_HEAD, _usage_rows(report)), ""]
    parts += ["## Ladder", "", *_table(("step", "state", "seconds", "detail"), _step_rows(report)), ""]
    return "\n".join(parts)


def show(report: Report, console: Console, folder: str) -> None:
    """The end of a run on the terminal: what was made, where, the verdict, lines modified, tokens."""
    colour = "green" if report.verdict.verified else "red"
    console.print()
    console.print(f"[bold {colour}]{escape(headline(report))}[/]", soft_wrap=True)
    console.print(escape(plain(report.verdict.summary, 600)), soft_wrap=True)
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
    if report.usage:
        console.print(_rich_table("Model", _USAGE_HEAD, _usage_rows(report)))
    rows = [*_repository_rows(report), *_line_rows(report)]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        console.print(f"{escape(name):<{width}}  {escape(value)}", soft_wrap=True)
    console.print(f"{'repository':<{width}}  {escape(folder)}/{escape(report.repository)}", soft_wrap=True)
    console.print(f"{'report':<{width}}  {escape(folder)}/report.md", soft_wrap=True)
    if report.recorded:
        console.print("The model's replies were recorded earlier; everything else ran for real.")


_ATTEMPT_HEAD = ("attempt", "failure", "by", "result", "lines")
_USAGE_HEAD = ("stage", "calls", "prompt tokens", "of them cached", "reply tokens", "cost")
_COMPARISON_HEAD = ("name", "paper", "reproduced", "difference")


def _repository_rows(report: Report) -> list[tuple[str, str]]:
    verdict = report.verdict
    rows = [("files", str(report.files)), ("Python lines", str(report.python_lines))]
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
    rows.append(("before repair", f"rung {int(report.first_verdict.rung)}, {report.first_verdict.outcome.value}"))
    rows.append(("time", f"{report.seconds:.1f} s, of which {report.sandbox_seconds:.1f} s in the sandbox"))
    return rows


def _line_rows(report: Report) -> list[tuple[str, str]]:
    lines = report.lines_modified
    rows = [
        ("generated (non-blank)", str(lines.baseline_lines)),
        ("lines modified, net", count(lines.net)),
        ("lines modified, gross", count(lines.gross)),
        ("lines modified, reduced", f"{count(lines.reduced)}, {lines.share * 100:.2f} %"),
    ]
    if lines.rewritten.total:
        rows.append(("written again", count(lines.rewritten)))
    return rows


def _attempt_rows(report: Report) -> list[tuple[str, ...]]:
    return [
        (
            str(attempt.number),
            plain(attempt.failure, 90),
            attempt.origin,
            ("accepted: " if attempt.accepted else "refused: ") + plain(attempt.reason, 90),
            str(attempt.lines.total),
        )
        for attempt in report.attempts
    ]


def _attempt_lines(report: Report) -> list[str]:
    lines = []
    for attempt in report.attempts:
        verb = "accepted" if attempt.accepted else "refused"
        lines_changed = counted(attempt.lines.total, "line")
        lines.append(f"  {attempt.number}. {plain(attempt.failure, 100)}")
        lines.append(f"     {verb}, {lines_changed} by {attempt.origin}: {plain(attempt.reason, 76)}")
    return lines


def _usage_rows(report: Report) -> list[tuple[str, ...]]:
    stages = [*report.usage_by_stage().items(), ("all", report.total_usage)]
    return [
        (
            stage,
            str(usage.calls),
            f"{usage.prompt_tokens:,}",
            f"{usage.cached_tokens:,}",
            f"{usage.reply_tokens:,}",
            money(usage),
        )
        for stage, usage in stages
    ]


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
