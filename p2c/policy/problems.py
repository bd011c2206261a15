"""What a verdict holds against a repository, one value each: the failure, what is missing, what was found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sandbox.verdict import Failure, Finding, Missing, Outcome, Refused, Verdict

Level = Literal["error", "warning", "note"]
_FOUND_ELSEWHERE = {"syntax": ("parse",), "static": ("ruff", "mypy")}
"""Kinds of failure that stand for their findings: those are listed, the failure is not."""


@dataclass(frozen=True)
class Problem:
    """One thing that speaks against a repository.

    Attributes:
        rule: what sort of thing, e.g. `ruff/F821`, `failure/exception`, `missing/data`, `refused/package`.
        level: `error` speaks against the code, `warning` is advice or a need, `note` is for the reader.
        message: one sentence; what a program printed may be part of it.
        key: the same for the same problem in another state of the repository, whatever its line number.
        file: relative to the repository, or None.
        line: from 1; None where it is unknown.
        column: from 1, in characters; 0 where it is unknown.
        text: the line of code.
        finding: the static finding that it is, if it is one.
    """

    rule: str
    level: Level
    message: str
    key: str
    file: str | None = None
    line: int | None = None
    column: int = 0
    text: str = ""
    finding: Finding | None = None

    @property
    def fingerprint(self) -> str:
        """Hex digest of the key, 32 characters."""
        return hashlib.sha256(self.key.encode("utf-8", "replace")).hexdigest()[:32]

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        return f"{where}{self.message} [{self.rule}]"


def problems(verdict: Verdict) -> tuple[Problem, ...]:
    """Everything that `verdict` holds against its repository, the worst first; nothing where the sandbox failed."""
    if verdict.outcome is Outcome.infrastructure:
        return ()
    found = [*_failure(verdict), *map(_missing, verdict.missing)]
    found += [_refused(one) for one in verdict.refused if not one.optional]
    found += map(_finding, verdict.findings)
    return tuple(sorted(found, key=lambda one: ("error", "warning", "note").index(one.level)))


def is_standing(finding: Finding) -> bool:
    """Whether a finding predicts a crash and no run has refuted it."""
    return finding.severity == "fatal" and not finding.refuted


def said(failure: Failure) -> str:
    """What a failure is, in one line."""
    named = failure.exception and not failure.limit
    return f"{failure.exception}: {failure.message}" if named else failure.message


def _failure(verdict: Verdict) -> Iterator[Problem]:
    failure = verdict.failure
    if failure is None:
        return
    tools = _FOUND_ELSEWHERE.get(failure.kind, ())
    if any(one.tool in tools and is_standing(one) for one in verdict.findings):
        return
    yield Problem(
        rule=f"failure/{failure.kind}",
        level="warning" if verdict.outcome is Outcome.blocked else "error",
        message=said(failure),
        key=f"failure | {failure.signature}",
        file=failure.file,
        line=failure.line,
        text=next((frame.code for frame in reversed(failure.frames) if frame.in_repository), ""),
    )


def _missing(missing: Missing) -> Problem:
    return Problem(
        rule=f"missing/{missing.kind}",
        level="note",
        message=f"it needs what the sandbox withholds: {missing.what}",
        key=f"missing | {missing.kind} | {missing.what}",
    )


def _refused(refused: Refused) -> Problem:
    return Problem(
        rule="refused/package",
        level="warning",
        message=f"{refused.name} is not installed: {refused.reason}",
        key=f"refused | {refused.name}",
        file=refused.file,
        line=refused.line,
    )


def _finding(finding: Finding) -> Problem:
    ran = " (refuted: the line ran)" if finding.refuted else ""
    advice: Level = "note" if finding.refuted else "warning"
    return Problem(
        rule=f"{finding.tool}/{finding.code}",
        level="error" if is_standing(finding) else advice,
        message=f"{finding.message}{ran}",
        key=f"{finding.tool} {finding.code} | {finding.file} | {' '.join(finding.text.split()) or finding.message}",
        file=finding.file,
        line=finding.line,
        column=finding.column,
        text=finding.text,
        finding=finding,
    )
