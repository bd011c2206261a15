"""What the static findings are worth once the code has run.

A fatal finding predicts a crash, so a repository that has one is not verified, even when the smoke run passed;
unless coverage shows that the very line ran without it: then it is refuted, and counts as advice. So it is where the
smoke run crashed, elsewhere: that run is made once more under coverage, so that nobody mends what did not fail. Advice,
too, is a finding in a file that the smoke command neither needs nor ran.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sandbox.ladder.replay import measure_failed_run, measure_run
from sandbox.ladder.state import State
from sandbox.ladder.steps import PROVEN, Report
from sandbox.smoke.outcome import Judged
from sandbox.tree import Tree
from sandbox.verdict import Failure, Finding, Outcome, Rung
from sandbox.words import counted

MAX_ADVICE = 50
"""Findings of advice kept, for each tool."""
MEASURED_AGAIN = 20.0
"""A smoke run that crashed after at most so many seconds is made once more, measured, where findings stand."""
MAX_TEXT = 200
"""Characters kept of a finding's line."""
_LINE_END = re.compile("\r\n|\r|\n")
"""As Python counts lines; `str.splitlines` knows more ends."""


def settle_findings(state: State) -> Report:
    """Read what ruff and mypy say; fail a tree that passed when a fatal finding stands."""
    found = [*state.findings, *(finding for check in state.begun.checks for finding in state.read(check))]
    state.findings = tuple(_without_doubles(found))
    if state.outcome in PROVEN and _standing(state) and state.rung >= Rung.runs and state.measured is None:
        measure_run(state)
    if state.outcome in PROVEN:
        _refute(state, state.measured.lines if state.measured else {})
        _spare_what_is_not_reached(state)
    elif _standing(state) and _has_crashed_soon(state):
        _refute(state, measure_failed_run(state))
    standing = _standing(state)
    advice = sum(finding.severity == "advice" or finding.refuted for finding in state.findings)
    state.findings = tuple(_capped(state))
    detail = f"{len(standing)} fatal, {advice} advice"
    if standing and state.outcome in PROVEN:
        return Report(detail, judged=Judged(Outcome.failed, _failure(standing, state)))
    return Report(detail, skipped=not state.begun.checks, flagged=bool(standing))


def with_text(findings: Iterable[Finding], tree: Tree) -> tuple[Finding, ...]:
    """`findings`, each with its line of code."""
    found, lines = [], dict[str, list[str]]()
    for one in findings:
        if one.file not in lines:
            lines[one.file] = _LINE_END.split(tree.text(one.file)) if one.file in tree.files else []
        here = lines[one.file][one.line - 1 : one.line] if one.line > 0 else []
        found.append(one.model_copy(update={"text": "".join(here).strip()[:MAX_TEXT].replace("\0", "\ufffd")}))
    return tuple(found)


def _standing(state: State) -> tuple[Finding, ...]:
    return tuple(one for one in state.findings if one.severity == "fatal" and not one.refuted and one.tool != "parse")


def _has_crashed_soon(state: State) -> bool:
    """Whether the smoke run ended with an exception that it printed, before long."""
    failure, smoke = state.failure, state.smoke
    crashed = failure is not None and (failure.step, failure.kind) == ("smoke", "exception")
    return crashed and smoke is not None and smoke.seconds <= MEASURED_AGAIN


def _refute(state: State, ran: Mapping[str, frozenset[int]]) -> None:
    state.findings = tuple(
        one.model_copy(update={"refuted": True})
        if one.severity == "fatal" and one.line in ran.get(one.file, frozenset())
        else one
        for one in state.findings
    )


def _spare_what_is_not_reached(state: State) -> None:
    """Make advice of what stands in files that the smoke command does not need; where it is known what it needs."""
    ran = state.measured.lines if state.measured else {}
    reached = {script.path for script in state.scripts} | {path for path, lines in ran.items() if lines}
    spared = [one for one in _standing(state) if state.scripts and one.file not in reached]
    for path in dict.fromkeys(one.file for one in spared):
        here = [one for one in spared if one.file == path]
        more = f" (and {len(here) - 1} more)" if len(here) > 1 else ""
        said = f"{here[0].message} [{here[0].code}]{more}"
        state.notes.append(f"{path}:{here[0].line} would crash, but the smoke command does not need {path}: {said}")
    state.findings = tuple(
        one.model_copy(update={"severity": "advice"}) if one in spared else one for one in state.findings
    )


def _without_doubles(findings: Iterable[Finding]) -> Iterable[Finding]:
    """mypy's undefined names are left out: ruff says the same, and knows more about names."""
    return (one for one in findings if (one.tool, one.code) != ("mypy", "name-defined"))


def _capped(state: State) -> Iterable[Finding]:
    kept: dict[str, int] = {}
    for one in sorted(state.findings, key=lambda f: (f.severity != "fatal", f.refuted, f.file, f.line, f.column)):
        is_advice = one.severity == "advice"
        kept[one.tool] = kept.get(one.tool, 0) + is_advice
        if not is_advice or kept[one.tool] <= MAX_ADVICE:
            yield one
    for tool, count in sorted(kept.items()):
        if count > MAX_ADVICE:
            state.notes.append(f"{tool}: left out {counted(count - MAX_ADVICE, 'finding')} more of advice")


def _failure(standing: tuple[Finding, ...], state: State) -> Failure:
    first = standing[0]
    lines = state.tree.text(first.file).splitlines()
    code = lines[first.line - 1].strip() if 0 < first.line <= len(lines) else ""
    more = f" (and {len(standing) - 1} more)" if len(standing) > 1 else ""
    return Failure(
        step=first.tool,
        kind="static",
        message=f"{first.message} [{first.code}]{more}",
        file=first.file,
        line=first.line,
        signature=f"{first.tool} {first.code} | {first.file}: {' '.join(code.split())} | {first.message}",
        evidence="\n".join(f"{one.file}:{one.line}:{one.column}: {one.message} [{one.code}]" for one in standing[:20]),
    )
