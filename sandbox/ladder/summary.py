"""The verdict in one sentence, for a person: what happened and, where it did not pass, what to do."""

from __future__ import annotations

from sandbox.verdict import Failure, Missing, Outcome, Rung, Verdict
from sandbox.words import sentence

_REMEDIES = {
    "data": "supply it, or give a smoke command that makes its own data",
    "network": "make it run offline, or give a smoke command that does",
    "gpu": "let it fall back to the CPU, or run it where there is a GPU",
    "key": "give a smoke command that needs no key",
    "display": "let it run without a window, or give a smoke command that does",
    "arguments": "say what to run with --smoke COMMAND",
    "service": "give a smoke command that needs no such service",
    "system": "it is not part of the sandbox image",
    "package": "it cannot be installed here",
    "input": "give a smoke command that asks nothing",
}
_RAISE = {
    "wall": "allow more with --timeout, or scale the smoke command down",
    "memory": "allow more with --memory, or scale the smoke command down",
}


def summarize(verdict: Verdict) -> str:
    """One sentence for `verdict`."""
    failure = verdict.failure
    command = verdict.entry.command if verdict.entry else ""
    if verdict.outcome is Outcome.infrastructure:
        detail = verdict.steps[-1].detail if verdict.steps else ""
        return f"The sandbox itself failed, which says nothing about the code: {detail}"
    if verdict.outcome in (Outcome.passed, Outcome.survived):
        return _passed(verdict, command)
    if verdict.outcome is Outcome.blocked and verdict.missing:
        first = verdict.missing[0]
        return f"It needs what the sandbox withholds: {first.what} ({first.kind}); {_remedy(first, verdict)}."
    return _failed(verdict.outcome, failure, command) if failure else f"It ended as {verdict.outcome}."


def _remedy(missing: Missing, verdict: Verdict) -> str:
    refused = missing.kind == "package" and any(one.name == missing.what for one in verdict.refused)
    return f"it is little known: allow it with --allow {missing.what}" if refused else _REMEDIES[missing.kind]


def _failed(outcome: Outcome, failure: Failure, command: str) -> str:
    where = f" at {failure.file}:{failure.line}" if failure.file else ""
    is_named = failure.exception and not failure.limit and failure.message != failure.exception
    what = f"{failure.exception}: {failure.message}" if is_named else failure.message
    if outcome is Outcome.exhausted:
        remedy = _RAISE.get(str(failure.limit), "scale the smoke command down")
        return f"`{command}` used up a limit: {what}{where}; {remedy}."
    if outcome is Outcome.vacuous:
        return sentence(f"`{command}` does not count: {what}")
    if failure.kind == "flaky":
        return sentence(f"`{command}` is flaky: {failure.message}")
    if failure.kind == "no_entry":
        return sentence(f"{what[0].upper()}{what[1:]}")
    return sentence(f"It fails in step {failure.step}{where}: {what}")


def _passed(verdict: Verdict, command: str) -> str:
    seconds = verdict.smoke.seconds if verdict.smoke else 0.0
    if verdict.outcome is Outcome.survived:
        return f"`{command}` never ends by design and was healthy when its time was up ({seconds:.0f} s)."
    if verdict.rung >= Rung.replays:
        return f"`{command}` ended with exit status 0 in {seconds:.1f} s, and again in a brand-new environment."
    if verdict.rung >= Rung.runs:
        return f"`{command}` ended with exit status 0 in {seconds:.1f} s."
    return f"It came as far as was asked: {verdict.rung.name}."
