"""A summary in Markdown, e.g. for `$GITHUB_STEP_SUMMARY`.

What programs wrote stands in code spans and fenced blocks only, whose fences are longer than any in the text: there
CommonMark (sections 4.5 and 6.1) knows no link, no image, no HTML and no mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from p2c.policy import Problem, problems
from p2c.report.plain import plain, plain_lines
from sandbox.verdict import Outcome, Rung, Verdict
from sandbox.words import counted

MOST_PROBLEMS = 30
_TICKS = re.compile("`+")
_SIGNS = {"error": "🔴", "warning": "🟡", "note": "🔵"}
_COLOURS = {Outcome.blocked: "🟡", Outcome.infrastructure: "🟣"}


def render(verdict: Verdict, prefix: str = "") -> str:
    """The summary, at most about 60 KB (a step's summary may hold 1 MiB)."""
    passed = verdict.decision.exit_status == 0 if verdict.decision else verdict.verified
    sign = "🟢" if passed else _COLOURS.get(verdict.outcome, "🔴")
    reached = f"rung {int(verdict.rung)} ({verdict.rung.name})" if verdict.rung is not Rung.none else "no rung"
    word = "verified" if verdict.verified else "not verified"
    parts = [f"## {sign} p2c: {word}, {verdict.outcome.value}, {reached}", ""]
    parts += [f"{code(verdict.repository)}: {code(verdict.summary, 800)}", ""]
    if verdict.decision:
        parts += [f"**Exit status {verdict.decision.exit_status}**: {code(verdict.decision.reason, 600)}", ""]
        parts += _changes(verdict)
    parts += _problems(problems(verdict), prefix)
    if verdict.failure is not None and verdict.failure.evidence:
        parts += ["<details><summary>Evidence</summary>", "", *block(verdict.failure.evidence), "", "</details>", ""]
    parts += _steps(verdict)
    return "\n".join(parts)


def code(text: str, limit: int = 300) -> str:
    """`text` as a code span."""
    said = plain(text, limit)
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(said)), default=0))
    padded = f" {said} " if said.startswith("`") or said.endswith("`") or not said else said
    return f"{fence}{padded}{fence}"


def block(text: str) -> list[str]:
    """`text` as a fenced block."""
    lines = plain_lines(text, lines=80)
    longest = max((len(run) for line in lines for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *lines, fence]


def _changes(verdict: Verdict) -> list[str]:
    """New and fixed against a baseline."""
    decision = verdict.decision
    found = {"New": decision.new, "Fixed": decision.fixed} if decision else {}
    return [line for name, items in found.items() for line in _list(name, items)]


def _list(name: str, items: Sequence[str]) -> list[str]:
    shown = [f"- {code(item)}" for item in items[:MOST_PROBLEMS]]
    more = [f"- and {len(items) - MOST_PROBLEMS} more"] if len(items) > MOST_PROBLEMS else []
    return [f"**{name}**", "", *shown, *more, ""] if items else []


def _problems(found: Sequence[Problem], prefix: str) -> list[str]:
    if not found:
        return []
    rows = (
        (_SIGNS[one.level], _place(one, prefix), code(one.message), code(one.rule, 80)) for one in found[:MOST_PROBLEMS]
    )
    more = len(found) - MOST_PROBLEMS
    rest = [f"and {counted(more, 'more problem')} in the verdict file.", ""] if more > 0 else []
    return [*_table(("", "where", "what", "rule"), rows), "", *rest]


def _place(one: Problem, prefix: str) -> str:
    if not one.file:
        return ""
    return code(f"{prefix}{one.file}:{one.line}" if one.line else f"{prefix}{one.file}")


def _steps(verdict: Verdict) -> list[str]:
    rows = (
        (
            code(one.name, 40),
            one.rung.name if one.rung is not Rung.none else "",
            one.state,
            f"{one.seconds:.1f} s",
            code(one.detail, 160) if one.detail else "",
        )
        for one in verdict.steps
    )
    return [*_table(("step", "rung", "state", "time", "detail"), rows), ""]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; a bar in a cell becomes a broken one, as parsers differ on which backslash escapes it."""
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return lines + ["| " + " | ".join(cell.replace("|", "¦") for cell in row) + " |" for row in rows]
