"""JUnit XML: a test case for each rung, so that a CI system keeps their history; the evidence is the failure's text.

Only what the strictest reader knows is written: the schema `junit-10.xsd` of Jenkins' xUnit plugin. GitLab's and
GitHub's readers (dorny/test-reporter, EnricoMi) take the same. Where the policy lets a repository pass, what it lets
pass is `skipped` with the reason: readers that fail a job on a failed case must not overrule the policy.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from p2c.policy import Problem, problems
from p2c.policy.problems import said
from p2c.report.plain import plain, plain_lines
from sandbox.verdict import Outcome, Rung, Step, Verdict
from sandbox.words import counted

WORKS_FOR = {
    "parse": Rung.parses,
    "requirements": Rung.installs,
    "install": Rung.installs,
    "import": Rung.imports,
    "start": Rung.starts,
    "smoke": Rung.runs,
    "replay": Rung.replays,
}
"""The ladder's step -> the rung that it works for; every other step is a case of its own."""
STATIC = "static"


@dataclass(frozen=True)
class _Case:
    name: str
    seconds: float
    state: Literal["passed", "failure", "error", "skipped"]
    kind: str = ""
    message: str = ""
    text: str = ""


def render(verdict: Verdict, _prefix: str = "") -> str:
    """The report as XML text, with its declaration; it holds no file names that a reader would resolve."""
    cases = list(_cases(verdict))
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.state == "failure" for case in cases)),
        "errors": str(sum(case.state == "error" for case in cases)),
    }
    time = {"time": f"{verdict.seconds:.3f}"}
    name = plain(f"p2c verify {verdict.repository}")
    suites = ET.Element("testsuites", {"name": "p2c verify", **counts, **time})
    skipped = str(sum(case.state == "skipped" for case in cases))
    suite = ET.SubElement(suites, "testsuite", {"name": name, **counts, "skipped": skipped, **time})
    properties = ET.SubElement(suite, "properties")
    for key, value in _properties(verdict):
        ET.SubElement(properties, "property", {"name": key, "value": plain(value)})
    for case in cases:
        _add(suite, case, plain(verdict.repository))
    if verdict.smoke is not None:
        ET.SubElement(suite, "system-out").text = _lines(verdict.smoke.stdout)
        ET.SubElement(suite, "system-err").text = _lines(verdict.smoke.stderr)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _add(suite: ET.Element, case: _Case, repository: str) -> None:
    attributes = {"name": case.name, "classname": f"p2c.{repository}", "time": f"{case.seconds:.3f}"}
    element = ET.SubElement(suite, "testcase", attributes)
    if case.state != "passed":
        told = {"type": case.kind} if case.kind and case.state != "skipped" else {}
        ET.SubElement(element, case.state, {"message": plain(case.message), **told}).text = _lines(case.text) or None


def _cases(verdict: Verdict) -> Iterator[_Case]:
    if verdict.outcome is Outcome.infrastructure:
        yield _Case("sandbox", verdict.seconds, "error", "infrastructure", verdict.summary)
    has_failed = False
    for rung in Rung:
        if rung is not Rung.none:
            case = _rung(verdict, rung)
            has_failed |= case.state == "failure"
            yield case
    for step in verdict.steps:
        if step.name not in (*WORKS_FOR, STATIC, "infrastructure"):
            yield _Case(plain(step.name), step.seconds, "skipped" if step.state == "skipped" else "passed")
    static = _static(verdict)
    yield static
    decision = verdict.decision
    if decision is not None and decision.exit_status == 1 and not has_failed and static.state != "failure":
        lines = "\n".join(decision.new)
        yield _Case("policy", 0.0, "failure", "policy", decision.reason, lines)


def _rung(verdict: Verdict, rung: Rung) -> _Case:
    steps = [step for step in verdict.steps if WORKS_FOR.get(step.name) is rung]
    seconds = sum(step.seconds for step in steps)
    if rung <= verdict.rung:
        return _Case(rung.name, seconds, "passed")
    stopped = [step for step in steps if step.state in ("failed", "blocked")]
    if not stopped or verdict.outcome is Outcome.infrastructure:
        return _Case(rung.name, seconds, "skipped", message=_why_not(steps))
    failure = verdict.failure
    message = said(failure) if failure else stopped[-1].detail or verdict.summary
    where = f"{failure.file}:{failure.line}: " if failure and failure.file else ""
    evidence = failure.evidence if failure else ""
    needs = "".join(f"missing {one.kind}: {one.what}\n" for one in verdict.missing)
    text = f"{verdict.summary}\n{where}{message}\n{needs}\n{evidence}"
    return _judged(verdict, _Case(rung.name, seconds, "failure", _kind(verdict), f"{where}{message}", text))


def _why_not(steps: list[Step]) -> str:
    return steps[-1].detail or "skipped" if steps else "not reached"


def _kind(verdict: Verdict) -> str:
    """What a reader shows as the failure's type: the exception, or the outcome."""
    named = verdict.failure.exception if verdict.failure and not verdict.failure.limit else None
    return plain(named or verdict.outcome.value, 100)


def _static(verdict: Verdict) -> _Case:
    """Parse, ruff and mypy in one case: fatal findings fail it, advice stands beside it."""
    seconds = sum(step.seconds for step in verdict.steps if step.name == STATIC)
    found = [one for one in problems(verdict) if one.finding is not None]
    fatal = [one for one in found if one.level == "error"]
    text = "\n".join(map(str, found))
    if fatal:
        message = f"{counted(len(fatal), 'fatal finding')}, the first: {fatal[0]}"
        return _judged(verdict, _Case(STATIC, seconds, "failure", _rule(fatal[0]), message, text))
    if not any(step.name == STATIC and step.state != "skipped" for step in verdict.steps):
        return _Case(STATIC, seconds, "skipped", message="not reached")
    return _Case(STATIC, seconds, "passed")


def _rule(problem: Problem) -> str:
    return plain(problem.rule, 100)


def _judged(verdict: Verdict, case: _Case) -> _Case:
    """A failure; `skipped` where the policy lets it pass."""
    decision = verdict.decision
    if decision is None or decision.exit_status != 0:
        return case
    message = f"the policy lets it pass ({decision.reason}): {case.message}"
    return _Case(case.name, case.seconds, "skipped", "", message, case.text)


def _properties(verdict: Verdict) -> Iterator[tuple[str, str]]:
    yield "p2c.outcome", verdict.outcome.value
    yield "p2c.rung", verdict.rung.name
    yield "p2c.tree", verdict.tree
    yield "p2c.summary", verdict.summary
    if verdict.entry is not None:
        yield "p2c.smoke", verdict.entry.command
    if verdict.environment is not None:
        yield "p2c.environment", verdict.environment.key
        yield "p2c.python", verdict.environment.python
    if verdict.decision is not None:
        yield "p2c.exit-status", str(verdict.decision.exit_status)
        yield "p2c.reason", verdict.decision.reason


def _lines(text: str) -> str:
    return "\n".join(plain_lines(text))
