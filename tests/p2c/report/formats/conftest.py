"""Verdicts to render: one of each sort, and one in which everything that a program can say is hostile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from p2c.policy import Policy, decide
from sandbox.verdict import (
    Decision,
    Ended,
    EntryPoint,
    Failure,
    Finding,
    Frame,
    Missing,
    Outcome,
    Refused,
    Rung,
    SmokeRun,
    Step,
    Verdict,
)  # fmt: skip

HOSTILE = (
    "]]><!--&amp;<script>alert(1)</script>\x00\x01\x1b[31mred\x1b]0;title\x07 ``` ````` ` | \\| \\` "
    "[x](https://evil.example) ![x](https://evil.example/x.png) https://evil.example <https://evil.example> @all "
    "%0A::error::owned %25 \ud800 \udfff \ufffe \uffff \u202e \u2028::error::owned\r\n::error::owned\n"
    "   ::stop-commands::mine\n##[error]owned ##[add-mask]the\n# Heading\n- [ ] task\n<details>\n\x85::warning::x"
)
LONG = "x" * 1_000_000


def _frames() -> tuple[Frame, ...]:
    return (
        Frame(file="main.py", line=9, function="<module>", code="main()", in_repository=True),
        Frame(file="lib/net.py", line=40, function="forward", code="return x @ y", in_repository=True),
        Frame(
            file="/store/env/k/lib/python3.11/site-packages/torch/nn/f.py",
            line=7,
            function="linear",
            in_repository=False,
        ),
    )


def _failure(message: str = "mat1 and mat2 cannot be multiplied", **more: Any) -> Failure:
    plain: dict[str, Any] = {
        "step": "smoke", "kind": "exception", "exception": "RuntimeError", "message": message, "file": "lib/net.py",
        "line": 40, "frames": _frames(), "exit_status": 1, "signature": "RuntimeError | lib/net.py | mat1",
        "evidence": 'Traceback (most recent call last):\n  File "/workspace/main.py", line 9, in <module>\n    main()',
    }  # fmt: skip
    return Failure.model_construct(**(plain | more))


def _finding(**more: Any) -> Finding:
    plain: dict[str, Any] = {
        "tool": "ruff", "code": "F821", "file": "lib/net.py", "line": 12, "column": 5, "message": "Undefined name `z`",
        "severity": "fatal", "text": "return z",
    }  # fmt: skip
    return Finding.model_construct(**(Finding.model_construct(**plain).model_dump() | plain | more))


STEPS = (
    Step(name="parse", state="ok", seconds=0.25, detail="2 files", rung=Rung.parses),
    Step(name="requirements", state="ok", seconds=0.125, detail="1 distribution", rung=Rung.parses),
    Step(name="install", state="ok", seconds=1.5, detail="reused", rung=Rung.installs),
    Step(name="import", state="ok", seconds=0.5, detail="2 modules", rung=Rung.imports),
    Step(name="start", state="skipped", detail="with the smoke run", rung=Rung.imports),
    Step(name="smoke", state="failed", seconds=2.0, detail="RuntimeError", rung=Rung.starts),
    Step(name="static", state="failed", seconds=0.75, detail="1 fatal, 1 advice", rung=Rung.starts),
)
ENTRY = EntryPoint(command="python main.py", source="main.py (__main__ guard)")


def _smoke(text: str) -> SmokeRun:
    return SmokeRun.model_construct(
        command="python main.py", ended=Ended.exited, exit_status=1, seconds=2.0, cpu_seconds=1.0, stdout=text,
        stderr=text, peak_memory_bytes=1 << 20, dropped_bytes=0, files_written=(), metrics={},
    )  # fmt: skip


def _verdict(**more: Any) -> Verdict:
    plain: dict[str, Any] = {
        "repository": "repo", "tree": "0" * 64, "rung": Rung.starts, "outcome": Outcome.failed,
        "summary": "It fails in step smoke at lib/net.py:40.", "steps": STEPS, "entry": ENTRY, "failure": _failure(),
        "findings": (_finding(), _finding(tool="mypy", code="arg-type", severity="advice", message="wrong type")),
        "smoke": _smoke("epoch 1\n"), "seconds": 5.125, "requirements": (), "refused": (), "missing": (), "notes": (),
        "environment": None, "exercised": None, "schema_version": "1", "decision": None,
    }  # fmt: skip
    return Verdict.model_construct(**(plain | more))


def _hostile(text: str) -> Verdict:
    frame = Frame.model_construct(file=text, line=-3, function=text, code=text, in_repository=True)
    failure = _failure(text, exception=text, file=text, frames=(frame,), evidence=text * 3, signature=text)
    return _verdict(
        repository=text,
        summary=text,
        failure=failure,
        findings=tuple(
            _finding(file=text, message=text, code=text, text=text, line=n) for n in range(25 if text is HOSTILE else 3)
        ),
        missing=(Missing.model_construct(kind="data", what=text, evidence=text),),
        refused=(Refused.model_construct(name=text, reason=text, file=text, line=0, optional=False),),
        steps=(*STEPS, Step.model_construct(name=text, state="ok", seconds=0.0, detail=text, rung=Rung.none)),
        entry=EntryPoint.model_construct(command=text, source=text, candidates=()),
        smoke=_smoke(text),
        notes=(text,),
        decision=Decision.model_construct(exit_status=1, reason=text, new=(text,) * 50, known=(), fixed=(text,)),
    )


def _passed() -> Verdict:
    replay = Step(name="replay", state="ok", seconds=2.5, detail="2 of 3 functions entered", rung=Rung.replays)
    smoke = Step(name="smoke", state="ok", seconds=2.0, detail="", rung=Rung.runs)
    static = Step(name="static", state="ok", seconds=0.5, detail="0 fatal, 0 advice", rung=Rung.replays)
    steps = (*STEPS[:5], smoke, replay, static)
    return _verdict(rung=Rung.replays, outcome=Outcome.passed, failure=None, findings=(), steps=steps)


def _blocked() -> Verdict:
    missing = Missing(kind="data", what="data/train.csv", evidence="No such file")
    failure = _failure("data/train.csv", exception="FileNotFoundError")
    return _verdict(outcome=Outcome.blocked, missing=(missing,), findings=(), failure=failure)


def _infrastructure() -> Verdict:
    steps = (*STEPS[:2], Step(name="infrastructure", state="failed", detail="no space left", rung=Rung.parses))
    return _verdict(
        rung=Rung.parses, outcome=Outcome.infrastructure, failure=None, findings=(), steps=steps, entry=None,
        smoke=None, summary="The sandbox itself failed, which says nothing about the code: no space left",
    )  # fmt: skip


MADE: dict[str, Callable[[], Verdict]] = {
    "failed": _verdict,
    "hostile": lambda: _hostile(HOSTILE),
    "long": lambda: _hostile(LONG),
    "passed": _passed,
    "blocked": _blocked,
    "infrastructure": _infrastructure,
}


@pytest.fixture(params=sorted(MADE))
def any_verdict(request: pytest.FixtureRequest) -> Verdict:
    """One of each sort, as the usual policy decides on it."""
    return _decided(MADE[request.param]())


@pytest.fixture
def made() -> Callable[[str], Verdict]:
    """A verdict by its name: failed, hostile, long, passed, blocked or infrastructure."""
    return lambda name: _decided(MADE[name]())


def _decided(verdict: Verdict) -> Verdict:
    if verdict.decision is not None:
        return verdict
    return verdict.model_copy(update={"decision": decide(verdict, Policy())})
