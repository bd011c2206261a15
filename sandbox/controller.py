"""Verify: tree in, verdict out. The ladder is a tuple of steps; each reaches a rung or ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.errors import InfrastructureError
from sandbox.ladder.ahead import Ahead
from sandbox.ladder.findings import settle_findings, with_text
from sandbox.ladder.guess import guess_smoke
from sandbox.ladder.replay import begin_replay, replay_step
from sandbox.ladder.smoke import begin_smoke, smoke_step
from sandbox.ladder.state import State
from sandbox.ladder.steps import (
    PROVEN,
    Report,
    begin_checks,
    begin_imports,
    begin_start,
    guess_checks,
    import_step,
    infer_step,
    install_step,
    parse_step,
    start_step,
)
from sandbox.ladder.summary import summarize
from sandbox.session import Sandbox
from sandbox.settings import Settings
from sandbox.smoke.table import with_table
from sandbox.tree import Tree
from sandbox.turns import Worked, turns
from sandbox.verdict import Outcome, Rung, Step, Verdict, encodable

__all__ = ["LADDER", "Sandbox", "verify"]


@dataclass(frozen=True)
class LadderStep:
    """One step: its name, the rung that it works for, and its function.

    Attributes:
        begin: starts its work before its turn, as soon as there is an environment; `run` then reads what came of it.
    """

    name: str
    rung: Rung
    run: Callable[[State], Report]
    begin: Callable[[State], None] | None = None


LADDER: tuple[LadderStep, ...] = (
    LadderStep("parse", Rung.parses, parse_step),
    LadderStep("requirements", Rung.installs, infer_step),
    LadderStep("install", Rung.installs, install_step),
    LadderStep("import", Rung.imports, import_step, begin_imports),
    LadderStep("start", Rung.starts, start_step, begin_start),
    LadderStep("smoke", Rung.runs, smoke_step, begin_smoke),
    LadderStep("replay", Rung.replays, replay_step, begin_replay),
)
BEGUN = ("smoke", "import", "start", "replay")
"""The order in which work is begun early: the longest first, later what only a run that passes needs."""


TOLD_SECONDS = 1.0
"""A verdict says that it waited for a turn where it took longer."""


def verify(
    tree: Tree,
    *,
    name: str,
    settings: Settings,
    sandbox: Sandbox,
    until: Rung = Rung.replays,
    place: str | None = None,
    on_step: Callable[[Step], None] | None = None,
    on_start: Callable[[str], None] | None = None,
    keep: Callable[[Mapping[str, bytes]], None] | None = None,
    wanted: Callable[[Verdict], bool] | None = None,
) -> Verdict:
    """How far `tree` comes, and why no further.

    Args:
        tree: what is verified; nothing of it is run outside of containers.
        name: what the verdict calls it.
        until: the last rung that is tried.
        place: tells the repository from all others, the next time too (for example its absolute path): mypy then
            remembers its modules from one verify to the next; None: it does not.
        on_step: called after each step.
        on_start: called with the name of each step when its turn comes, before `on_step`; with `smoke` when the step
            before it begins to wait for the smoke run.
        keep: given path -> content of what a replay that ended well wrote (`sandbox.smoke.written`), untrusted.
        wanted: of a verdict on a tree that failed before its findings were waited for, whether they are wanted; where
            not, it is given as it is, with step `static` skipped. None: they always are.

    Returns:
        The verdict; with outcome `infrastructure` when we failed, which says nothing about the code.

    Raises:
        InputError: the tree cannot be taken in, for example because it is larger than the workspace.
    """
    clock = Worked()
    steps: list[Step] = []

    def done(step: Step) -> None:
        steps.append(step)
        if on_step is not None:
            on_step(step)

    told: list[str] = []

    def started(step: str) -> None:
        if on_start is not None and step not in told:  # the smoke run is waited for before its turn comes
            told.append(step)
            on_start(step)

    state = State(tree, with_table(settings, tree), sandbox, Ahead(sandbox.lanes), until, place, keep, started)
    state.notes.extend(sandbox.notes)
    state.notes.extend(f"{path} is left out: {reason}" for path, reason in sorted(tree.skipped.items())[:20])
    state.notes.extend(f"{path} is left out: no module can have this name" for path in tree.nameless_python()[:20])
    try:
        _climb(state, until, started, done)
        state.ahead.call_off()
        failed = state.outcome not in PROVEN and state.rung >= Rung.installs
        if failed and wanted is not None and not wanted(_verdict(state, name, tuple(steps), clock.seconds)):
            state.begun.checks = []
        started("static")
        _timed("static", settle_findings, state, done)
    except InfrastructureError as error:
        state.outcome, state.failure = Outcome.infrastructure, None
        done(Step(name="infrastructure", state="failed", detail=str(error), rung=state.rung))
    finally:
        state.ahead.close()
        turns().give_up()
    if clock.waited >= TOLD_SECONDS:
        state.notes.append(f"it waited {clock.waited:.0f} s for other verifies, in none of the times said here")
    return _verdict(state, name, tuple(steps), clock.seconds)


def _climb(state: State, until: Rung, started: Callable[[str], None], done: Callable[[Step], None]) -> None:
    if until >= Rung.runs:
        guess_smoke(state)
        guess_checks(state)
    for step in LADDER:
        if step.rung > until:
            return
        started(step.name)
        if not _timed(step.name, step.run, state, done):
            return
        if step.name == "install":
            _begin(state, until)


def _begin(state: State, until: Rung) -> None:
    """Begin the work of the steps to come, as far as they are asked for."""
    steps = {step.name: step for step in LADDER}
    for name in BEGUN:
        begin = steps[name].begin
        if begin is not None and steps[name].rung <= until:
            begin(state)
    begin_checks(state)


def _timed(name: str, run: Callable[[State], Report], state: State, done: Callable[[Step], None]) -> bool:
    """Run one step; whether the ladder goes on."""
    clock, state.elsewhere = Worked(), 0.0
    report = run(state)
    if report.rung is not None:
        state.rung = report.rung
    if report.judged is not None:
        state.stop(report.judged)
    seconds, detail = max(0.0, clock.seconds + state.elsewhere), report.detail[:500]
    done(Step(name=name, state=_state_of(report), seconds=seconds, detail=detail, rung=state.rung))
    return report.judged is None


def _state_of(report: Report) -> Literal["ok", "failed", "blocked", "skipped"]:
    if report.judged is not None:
        return "blocked" if report.judged.outcome is Outcome.blocked else "failed"
    return "failed" if report.flagged else "skipped" if report.skipped else "ok"


def _verdict(state: State, name: str, steps: tuple[Step, ...], seconds: float) -> Verdict:
    verdict = Verdict(
        repository=name,
        tree=state.tree.digest(),
        rung=state.rung,
        outcome=state.outcome,
        summary="",
        steps=steps,
        requirements=state.inference.requirements,
        refused=state.inference.refused,
        environment=state.environment,
        findings=with_text(state.findings, state.tree),
        entry=state.entry,
        smoke=state.smoke,
        exercised=state.measured.exercised if state.measured else None,
        failure=state.failure,
        missing=state.missing,
        notes=tuple(dict.fromkeys(state.notes)),
        seconds=seconds,
    )
    return encodable(verdict.model_copy(update={"summary": summarize(verdict)}))
