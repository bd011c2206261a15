"""A verdict on the terminal. What a program printed is shown as data: no control characters, no markup."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from p2c.report.plain import plain, plain_lines
from sandbox.verdict import Decision, Finding, Outcome, Rung, Step, Verdict
from sandbox.words import counted

_MARKS = {"ok": ("✓", "green"), "failed": ("✗", "red"), "blocked": ("■", "yellow"), "skipped": ("-", "dim")}
_COLOURS = {
    Outcome.passed: "green",
    Outcome.survived: "green",
    Outcome.blocked: "yellow",
    Outcome.infrastructure: "magenta",
}
MAX_FINDINGS = 10
MAX_NOTES = 12
EVIDENCE_LINES = 24


def step_line(step: Step) -> Text:
    """One step as it ends: mark, name, seconds, the rung that is reached now, detail."""
    mark, colour = _MARKS[step.state]
    return Text.assemble(
        (f"  {mark} ", colour),
        f"{plain(step.name, 14):<14}",
        (f"{step.seconds:6.1f} s  ", "dim"),
        f"{step.rung.name if step.rung is not Rung.none else '':<10}",
        plain(step.detail, 160),
    )


def show_verdict(verdict: Verdict, console: Console) -> None:
    """Print the verdict: rung and outcome, the sentence, the evidence, what else there is to know."""
    where = f"rung {int(verdict.rung)} ({verdict.rung.name})" if verdict.rung is not Rung.none else "no rung"
    colour = _COLOURS.get(verdict.outcome, "red")
    verified = "verified" if verdict.verified else "not verified"
    console.print()
    console.print(Text.assemble((f"{verified}: {verdict.outcome.value}", f"bold {colour}"), f", {where}"))
    console.print(Text(plain(verdict.summary, 800)), soft_wrap=True)
    for label, text in _facts(verdict):
        console.print(Text.assemble((f"  {label:<14}", "dim"), text), soft_wrap=True)
    if verdict.failure is not None and verdict.failure.evidence:
        console.print(Text("  evidence", style="dim"))
        for line in plain_lines(verdict.failure.evidence, lines=EVIDENCE_LINES, width=200):
            console.print(Text(f"    {line}"), soft_wrap=True)


def show_decision(decision: Decision, console: Console) -> None:
    """Print what the policy makes of the verdict: against a baseline what is new and what is mended; the reason."""
    for label, colour, items in (("new", "red", decision.new), ("fixed", "green", decision.fixed)):
        for item in items[:MAX_FINDINGS]:
            console.print(Text.assemble((f"  {label:<14}", colour), plain(item)), soft_wrap=True)
        if len(items) > MAX_FINDINGS:
            console.print(f"  {'':<14}and {len(items) - MAX_FINDINGS} more; they are in the verdict file")
    console.print(Text.assemble((f"  exit status {decision.exit_status}: ", "bold"), plain(decision.reason, 600)))


def _facts(verdict: Verdict) -> Iterator[tuple[str, str]]:
    if verdict.entry is not None:
        yield "smoke command", f"{plain(verdict.entry.command)}  [{plain(verdict.entry.source, 160)}]"
        for other in verdict.entry.candidates[:3] if not verdict.verified else ():
            yield "or", plain(other)
    if verdict.requirements:
        yield "packages", plain(", ".join(f"{r.distribution}{r.specifier}" for r in verdict.requirements), 300)
    for refused in [one for one in verdict.refused if not one.optional][:5]:
        place = f" ({plain(refused.file)}:{refused.line})" if refused.file else ""
        yield "refused", f"{plain(refused.name)}{place}: {plain(refused.reason, 200)}"
    if verdict.exercised is not None:
        done = verdict.exercised
        yield (
            "exercised",
            (f"{done.functions_entered} of {done.functions} functions, {done.lines_run} of {done.lines} lines"),
        )
    if verdict.smoke is not None and verdict.smoke.files_written:
        written = verdict.smoke.files_written
        more = f" and {len(written) - 6} more" if len(written) > 6 else ""
        yield "files written", plain(", ".join(written[:6])) + more
    for missing in verdict.missing:
        yield "missing", f"{missing.kind}: {plain(missing.what)}"
    fatal = [one for one in verdict.findings if one.severity == "fatal"]
    yield from (("fatal finding" if not one.refuted else "refuted", _finding(one)) for one in fatal[:MAX_FINDINGS])
    if advice := len(verdict.findings) - len(fatal):
        yield "advice", f"{counted(advice, 'finding')} of ruff and mypy, in the verdict file; they block nothing"
    yield from (("note", plain(note, 240)) for note in verdict.notes[:MAX_NOTES])


def _finding(finding: Finding) -> str:
    rule = f"{finding.tool} {plain(finding.code, 60)}"
    return f"{plain(finding.file)}:{finding.line}: {plain(finding.message, 200)} [{rule}]"
