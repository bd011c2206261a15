"""Rung 4: the smoke run itself, and what it promised."""

from __future__ import annotations

import json
from dataclasses import replace

from sandbox.job import Job, Output, RunResult
from sandbox.ladder.blame import blame, with_all_data
from sandbox.ladder.guess import begin_planned, drop_guess
from sandbox.ladder.state import State, has_traceback
from sandbox.ladder.steps import PROVEN, Report, brief
from sandbox.ladder.system import shown
from sandbox.ladder.warm import decides, to_preload
from sandbox.smoke.notebook import with_driver
from sandbox.smoke.outcome import Judged, classify
from sandbox.smoke.pretence import constant_figures
from sandbox.smoke.script import Script
from sandbox.smoke.visit import judge_visit, read_visit, visiting
from sandbox.system import read_windows
from sandbox.verdict import Ended, Failure, Outcome, Rung, SmokeRun

ENDLESS_SECONDS = 12.0
"""A program that never ends by design is watched for so long; a web server until it was visited, too."""
KEPT_OUTPUT = 16_000
"""Characters of each stream that the verdict carries."""
METRICS_DEPTH = 32
"""Metrics that are nested as deep are passed over: from 200 levels on a verdict cannot be written, or not be read."""


def smoke_step(state: State) -> Report:
    """Rung 4: the smoke command ends with exit status 0, or never ends by design and is healthy."""
    endless = state.endless
    if state.begun.smoke is None:
        raise AssertionError("the smoke run is begun before this step")
    result = state.read(state.begun.smoke)
    state.notes.extend(state.begun.said)
    windows = read_windows(result)
    endless = shown(result.ended, windows, endless)
    judged = _visited(state, result) or blame(
        classify(result, state.tree, withheld=state.withheld, endless=endless), state
    )
    if endless and judged.outcome is Outcome.exhausted and result.ended is Ended.wall:
        result = state.run(smoke_job(state))  # it was busy all the time: perhaps it works first and serves then
        judged = classify(result, state.tree, withheld=state.withheld, endless=endless)
    state.smoke, state.smoke_was_warm = _smoke_run(state, result), result.preloaded
    if judged.outcome is Outcome.survived and endless:
        state.notes.append(f"it never ends by design ({endless.evidence}) and was healthy for {result.seconds:.0f} s")
        state.notes.extend(f"{one.sentence()} was up at the end" for one in windows.up[:3])
    if judged.outcome is Outcome.passed and has_traceback(result):
        state.notes.append("it printed a traceback although it ended with exit status 0; read smoke.stderr")
    if judged.outcome in PROVEN:
        unkept = _promise_unkept(state, judged)
        state.outcome = judged.outcome
        return Report(f"{result.seconds:.1f} s", Rung.runs if unkept is None else Rung.starts, unkept)
    judged = with_all_data(judged, state)
    return Report(brief(judged), Rung.starts if _has_started(judged.failure, state) else None, judged)


def begin_smoke(state: State) -> None:
    """Start the smoke run."""
    if state.entry is None:
        return
    job, endless = smoke_job(state), state.endless
    if endless is None:
        begin_planned(state, replace(job, preload=() if decides(state) else to_preload(state)))
        return
    drop_guess(state)
    seconds = min(ENDLESS_SECONDS, job.limits.wall_seconds)
    short = replace(job, limits=replace(job.limits, wall_seconds=seconds))
    watched = visiting(job, seconds) if endless.web else short
    state.begun.smoke = state.ahead.start(lambda call_off: state.watch(watched, call_off))


def _visited(state: State, result: RunResult) -> Judged | None:
    """What is wrong with the start page of a web server that was still there at the end of its time."""
    visit = read_visit(result) if result.ended is Ended.wall else None
    if visit is None:
        return None
    judged = judge_visit(visit, result, state.tree)
    if judged is None and visit.status is not None:
        state.notes.append(f"its start page (GET / on port {visit.port}) answered {visit.status}")
    return judged


def smoke_job(state: State) -> Job:
    """The job of the smoke command."""
    promised = state.settings.metrics_file
    job = state.job("bash", "-o", "pipefail", "-c", state.command, collect=(promised,) if promised else ())
    return with_driver(job, state.command)


def _smoke_run(state: State, result: RunResult) -> SmokeRun:
    return SmokeRun(
        command=state.command,
        ended=result.ended,
        exit_status=result.exit_status,
        seconds=result.seconds,
        cpu_seconds=result.cpu_seconds,
        peak_memory_bytes=result.peak_memory_bytes,
        stdout=_kept(result.stdout),
        stderr=_kept(result.stderr),
        dropped_bytes=result.stdout.dropped + result.stderr.dropped,
        files_written=result.written,
        metrics=_metrics(result, state.settings.metrics_file),
    )


def _kept(output: Output) -> str:
    text = output.text()
    half = KEPT_OUTPUT // 2
    return (
        text
        if len(text) <= KEPT_OUTPUT
        else f"{text[:half]}\n... {len(text) - KEPT_OUTPUT} characters left out ...\n{text[-half:]}"
    )


def _metrics(result: RunResult, path: str | None) -> dict[str, object]:
    try:
        found = json.loads(result.files[path]) if path else {}
    except (KeyError, ValueError, RecursionError):
        return {}
    if _is_deep(found, METRICS_DEPTH):
        return {}
    return found if isinstance(found, dict) else {"metrics": found}


def _is_deep(value: object, levels: int) -> bool:
    """Whether `value` is nested to `levels` or more."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels == 0 or any(_is_deep(one, levels - 1) for one in inner)


def _promise_unkept(state: State, judged: Judged) -> Judged | None:
    """A promised metrics file that was not written, holds nothing, or nothing computed, makes a run vacuous."""
    promised = state.settings.metrics_file
    metrics = state.smoke.metrics if state.smoke else {}
    constants = constant_figures(metrics, state.scripts) if metrics else None
    if promised is None or judged.outcome is Outcome.survived or (metrics and constants is None):
        return None
    unkept = f"the figures of {promised} stand in the code as constants ({constants}); nothing computed them"
    absent = f"the promised metrics file {promised} was not written or holds no JSON"
    failure = Failure(
        step="smoke",
        kind="vacuous",
        message=f"exit status 0, but {unkept if constants else absent}",
        exit_status=0,
        signature=f"vacuous | metrics | {promised}",
        evidence=state.smoke.stdout[-2000:] if state.smoke else "",
    )
    return Judged(Outcome.vacuous, failure)


def _has_started(failure: Failure | None, state: State) -> bool:
    """Whether a run that failed came past the imports at the top of its first file, and was found at all."""
    if failure is None:
        return True
    if failure.kind == "exit":
        return failure.exit_status not in (126, 127)
    own = [frame for frame in failure.frames if frame.in_repository]
    if failure.kind != "exception" or not own or any(frame.function != "<module>" for frame in own):
        return True
    if own[0].file not in state.tree.files:
        return True
    return not any(first <= own[0].line <= last for first, last in Script.of(state.tree, own[0].file).imports_at_top)
