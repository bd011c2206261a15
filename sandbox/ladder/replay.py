"""Rung 5: the same again, from the exported lock in a brand-new environment, measured by coverage; what that proves."""

from __future__ import annotations

from dataclasses import replace

from sandbox.checks.source import is_side
from sandbox.ladder.smoke import smoke_job
from sandbox.ladder.state import State, ended_well
from sandbox.ladder.steps import Report
from sandbox.smoke.exercised import Measured, is_vacuous, measure, measuring
from sandbox.smoke.outcome import Judged, classify
from sandbox.smoke.visit import visiting
from sandbox.verdict import Ended, Failure, Outcome, Rung

AGAIN_SECONDS = 6.0
"""A program that survived is watched for so long when it is replayed."""
MEASURED_SECONDS = 15.0
"""At most so long is it watched under coverage, by which its start takes longer."""


def replay_step(state: State) -> Report:
    """Run the smoke command again in a brand-new environment; a run that did next to nothing is `vacuous`."""
    if not state.settings.replay:
        return Report("not asked for", skipped=True)
    used = state.environment
    if used is not None:
        state.environment = state.sandbox.fresh(used)
    try:
        report = _replayed(state)
    finally:
        if used is not None and state.environment is not None:
            state.sandbox.discard(state.environment)
        state.environment = used
    return report


def measure_run(state: State) -> Judged:
    """Run the smoke command under coverage and keep what it exercised; never changes what is known otherwise.

    A program that survived is interrupted after a while, and what it exercised by then is kept.
    """
    is_endless = state.outcome is Outcome.survived
    seconds = state.smoke.seconds if state.smoke else 0.0
    used = state.smoke.cpu_seconds if state.smoke else 0.0
    watch = min(AGAIN_SECONDS + 2 * used, MEASURED_SECONDS) if is_endless else 0.0
    job = measuring(smoke_job(state), state.command, watch or seconds, watch)
    result = state.run(visiting(job) if is_endless and state.endless and state.endless.web else job)
    if ended_well(result) or (is_endless and result.ended is Ended.exited):
        relevant = frozenset(script.path for script in state.scripts) or frozenset(state.tree.python_files())
        state.measured = measure(result, state.tree, frozenset(path for path in relevant if not is_side(path)))
    return classify(result, state.tree, step="replay", withheld=state.withheld)


def _replayed(state: State) -> Report:
    if state.outcome is Outcome.survived:
        again = _plain(state)
        if again.outcome is not Outcome.survived:
            return _flaky(again)
        measure_run(state)
        share = f", {_share(state.measured)}" if state.measured else ""
        return Report(f"survived again{share}", Rung.replays)
    measured = measure_run(state)
    if measured.outcome is not Outcome.passed:
        again = _plain(state)
        if again.outcome is not Outcome.passed:
            return _flaky(again)
        state.notes.append("under coverage the run did not pass, so what it exercised is unknown")
    found = state.measured
    if found is None:
        state.notes.append("what the run exercised could not be measured")
        return Report("passed again", Rung.replays)
    share = _share(found)
    wrote = any(not path.endswith(".log") for path in (state.smoke.files_written if state.smoke else ()))
    if is_vacuous(found.exercised, wrote=wrote):
        return Report(share, Rung.starts, _vacuous(state, found))
    return Report(f"passed again, {share}", Rung.replays)


def _share(found: Measured) -> str:
    return f"{found.exercised.functions_entered} of {found.exercised.functions} functions entered"


def _plain(state: State) -> Judged:
    endless = state.endless if state.outcome is Outcome.survived else None
    job = smoke_job(state)
    if endless is not None and state.smoke is not None:
        job = replace(job, limits=replace(job.limits, wall_seconds=min(state.smoke.seconds, AGAIN_SECONDS)))
    run = state.run if endless is None else state.watch
    return classify(run(job), state.tree, step="replay", withheld=state.withheld, endless=endless)


def _flaky(again: Judged) -> Report:
    """The first run passed and a second one did not: not verified, and no matter for a repair either."""
    first = again.failure
    failure = Failure(
        step="replay",
        kind="flaky",
        exception=first.exception if first else None,
        message=f"it passed once and failed when it was run again: {first.message if first else again.outcome}",
        file=first.file if first else None,
        line=first.line if first else None,
        frames=first.frames if first else (),
        exit_status=first.exit_status if first else None,
        signature=f"flaky | {first.signature if first else again.outcome}",
        evidence=first.evidence if first else "",
    )
    return Report("differs from the first run: flaky", judged=Judged(Outcome.failed, failure))


def _vacuous(state: State, found: Measured) -> Judged:
    counted = found.exercised
    failure = Failure(
        step="smoke",
        kind="vacuous",
        message=(
            f"it ended with exit status 0 and did next to nothing: {counted.functions_entered} of {counted.functions} "
            f"functions entered, {counted.lines_run} of {counted.lines} lines run; say what to run with --smoke COMMAND"
        ),
        exit_status=0,
        signature="vacuous | exercised",
        evidence="\n".join(part[-1500:] for part in (state.smoke.stdout, state.smoke.stderr)) if state.smoke else "",
    )
    return Judged(Outcome.vacuous, failure)
