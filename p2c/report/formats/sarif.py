"""SARIF 2.1.0, as GitHub's code scanning and other viewers read it.

Rules: the OASIS standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0" (section numbers below)
and GitHub's "SARIF support for code scanning", which wants a location for every result, shows `codeFlows` but not
`stacks`, and tells alerts apart by `primaryLocationLineHash` alone. No path of this machine is in the log.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from urllib.parse import quote

from p2c.policy import Problem, problems
from p2c.report.formats.rules import rule
from p2c.report.plain import plain, plain_lines
from sandbox.verdict import Frame, Outcome, Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "SRCROOT"
MAX_PATH = 4096
"""Linux knows no longer one."""
_LIBRARY = "/site-packages/"

Json = dict[str, object]


def render(verdict: Verdict, prefix: str = "") -> str:
    """The log as JSON text: one run."""
    found = problems(verdict)
    rules = {one.rule: rule(one) for one in reversed(found)}
    order = {name: index for index, name in enumerate(rules)}
    seen: Counter[str] = Counter()
    results = []
    for one in found:
        seen[one.fingerprint] += 1
        results.append(_result(one, order[one.rule], seen[one.fingerprint], verdict, prefix))
    driver: Json = {
        "name": "p2c",
        "semanticVersion": version("p2c"),
        "rules": list(rules.values()),
    }
    run: Json = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"p2c/{quote(plain(verdict.repository), safe='')}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the checkout."}}},
        "invocations": [_invocation(verdict)],
        "results": results,
        "properties": {
            "outcome": verdict.outcome.value,
            "rung": verdict.rung.name,
            "tree": verdict.tree,
            "summary": plain(verdict.summary, 1000),
        },
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _invocation(verdict: Verdict) -> Json:
    """How the run ended (3.20); a sandbox that failed is a notification, never a result."""
    ours = verdict.outcome is Outcome.infrastructure
    invocation: Json = {"executionSuccessful": not ours}
    if verdict.decision is not None:
        invocation["exitCode"] = verdict.decision.exit_status
        invocation["exitCodeDescription"] = plain(verdict.decision.reason, 1000)
    if ours:
        told = {"level": "error", "message": {"text": plain(verdict.summary, 1000)}}
        invocation["toolExecutionNotifications"] = [told]
    return invocation


def _result(one: Problem, index: int, occurrence: int, verdict: Verdict, prefix: str) -> Json:
    result: Json = {
        "ruleId": plain(one.rule, 120),
        "ruleIndex": index,
        "level": one.level,
        "message": {"text": _message(one, verdict)},
        "locations": [_location(one, verdict, prefix)],
        "partialFingerprints": {
            "primaryLocationLineHash": f"{one.fingerprint}:{occurrence}",
            "p2cKey/v1": f"{one.fingerprint}:{occurrence}",
        },
    }
    frames = verdict.failure.frames if verdict.failure and one.rule.startswith("failure/") else ()
    if frames:
        result["stacks"] = [_stack(frames, prefix)]
        own = [frame for frame in frames if frame.in_repository]
        if own:
            result["codeFlows"] = [_flow(own, prefix)]
    return result


def _message(one: Problem, verdict: Verdict) -> str:
    """One sentence; for the failure its evidence below. What would be read as a link (3.11.6) is taken apart."""
    said = plain(one.message, 800)
    evidence = verdict.failure.evidence if verdict.failure and one.rule.startswith("failure/") else ""
    text = "\n".join([said, "", *plain_lines(evidence, lines=40, width=200)]) if evidence else said
    return text.replace("](", "] (").replace("/workspace/", "")


def _location(one: Problem, verdict: Verdict, prefix: str) -> Json:
    file = one.file or _likely(verdict)
    physical: Json = {"artifactLocation": _artifact(f"{prefix}{file}")}
    region: Json = {"startLine": max(one.line or 1, 1)} if one.file else {"startLine": 1}
    if one.file and one.column > 0:
        region["startColumn"] = one.column
    if one.file and one.text:
        region["snippet"] = {"text": plain(one.text)}
    return {"physicalLocation": {**physical, "region": region}}


def _likely(verdict: Verdict) -> str:
    """A file for a problem that is in none, as every alert needs one: what the smoke command runs."""
    words = verdict.entry.command.split() if verdict.entry else []
    named = [word for word in words if word.endswith((".py", ".sh", ".ipynb")) and not word.startswith(("/", "."))]
    return next((word for word in named if ".." not in word), "README.md")


def _artifact(path: str) -> Json:
    return {"uri": quote(path[:MAX_PATH].encode("utf-8", "replace")), "uriBaseId": ROOT}


def _stack(frames: tuple[Frame, ...], prefix: str) -> Json:
    """The traceback, innermost frame first (3.44)."""
    return {"frames": [{"location": _frame(frame, prefix)} for frame in reversed(frames)]}


def _flow(frames: list[Frame], prefix: str) -> Json:
    """The frames of the repository in the order in which they were entered (3.36)."""
    return {"threadFlows": [{"locations": [{"location": _frame(frame, prefix)} for frame in frames]}]}


def _frame(frame: Frame, prefix: str) -> Json:
    name = plain(frame.function, 120)
    if not frame.in_repository:
        told = f"{_library(frame.file)}:{frame.line} in {name}"
        logical: Mapping[str, str] = {"fullyQualifiedName": name, "kind": "function"}
        return {"message": {"text": told}, "logicalLocations": [logical]}
    region: Json = {"startLine": max(frame.line, 1)}
    if frame.code:
        region["snippet"] = {"text": plain(frame.code)}
    place = {"artifactLocation": _artifact(f"{prefix}{frame.file}"), "region": region}
    return {"message": {"text": f"in {name}"}, "physicalLocation": place}


def _library(file: str) -> str:
    """A library's file as one knows it: without the folders of the sandbox above it."""
    inside = file.rpartition(_LIBRARY)[2] if _LIBRARY in file else file.rpartition("/")[2]
    return plain(inside, 200)
