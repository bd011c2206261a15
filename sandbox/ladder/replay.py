"""Rung 5: the same again, from the exported lock in a brand-new environment, measured by coverage; what that proves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sandbox.calloff import CallOff
from sandbox.checks.source import is_side
from sandbox.job import Job, RunResult
from sandbox.ladder.smoke import smoke_job
from sandbox.ladder.state import State, ended_well
from sandbox.ladder.steps import Report, brief
from sandbox.ladder.system import shown
from sandbox.ladder.warm import to_preload
from sandbox.smoke.exercised import Measured, is_vacuous, measure, measuring, ran_before_failing
from sandbox.smoke.outcome import Judged, classify
from sandbox.smoke.pretence import made_up_data
from sandbox.smoke.unread import unread_data
from sandbox.smoke.visit import visiting
from sandbox.smoke.written import PATTERNS, written_files
from sandbox.system import read_windows
from sandbox.verdict import Ended, Environment, Failure, Outcome, Rung

AGAIN_SECONDS = 6.0
"""A program that survived is watched for so long when it is replayed."""
MEASURED_SECONDS = 15.0
"""At most so long is it watched under coverage, by which its start takes longer."""


def begin_replay(state: State) -> None:
    """Start to run the smoke command again, measured, in a brand-new environment; not a program that never ends."""
    if state.settings.replay and state.entry is not None and state.endless is None:
        state.begun.replay = state.ahead.start(lambda call_off: _anew(state, call_off))


def replay_step(state: State) -> Report:
    """Run the smoke command again in a brand-new environment; a run that did next to nothing is `vacuous`."""
    if not state.settings.replay:
        return Report("not asked for", skipped=True)
    if state.outcome is Outcome.survived:
        return _watched_again(state)
    return _ended_again(state)


def measure_run(state: State) -> Judged:
    """Run the smoke command under coverage and keep what it exercised; never changes what is known otherwise.

    A program that survived is interrupted after a while, and what it exercised by then is kept.
    """
    return _measured(state, state.run(_measuring(state, state.environment)))


def measure_failed_run(state: State) -> dict[str, frozenset[int]]:
    """path -> the lines that the smoke run executes before it fails; none where it fails otherwise under coverage."""
    result = state.run(_measuring(state, state.environment))
    again = classify(result, state.tree, withheld=state.withheld).failure
    is_same = again is not None and state.failure is not None and again.signature == state.failure.signature
    return ran_before_failing(result, state.tree) if is_same else {}


def _measuring(state: State, environment: Environment | None) -> Job:
    """The smoke run under coverage, as long as it took without, or as it may take where that is not known yet."""
    is_endless = state.outcome is Outcome.survived
    seconds = state.smoke.seconds if state.smoke else 0.0
    used = state.smoke.cpu_seconds if state.smoke else 0.0
    watch = min(AGAIN_SECONDS + 2 * used, MEASURED_SECONDS) if is_endless else 0.0
    job = measuring(_in(smoke_job(state), environment), state.command, watch or seconds, watch)
    job = replace(job, collect_written=PATTERNS) if state.keep else job
    return visiting(job) if is_endless and state.endless and state.endless.web else job


def _measured(state: State, result: RunResult) -> Judged:
    """What a measured run comes to; keeps what it exercised."""
    if ended_well(result) or (state.outcome is Outcome.survived and result.ended is Ended.exited):
        relevant = frozenset(script.path for script in state.scripts) or frozenset(state.tree.python_files())
        state.measured = measure(result, state.tree, frozenset(path for path in relevant if not is_side(path)))
        if state.keep:
            state.keep(written_files(result))
        state.notes.extend(made_up_data(state.scripts, state.measured.lines if state.measured else {}))
    return classify(result, state.tree, step="replay", withheld=state.withheld)


def _in(job: Job, environment: Environment | None) -> Job:
    return replace(job, environment=environment.key if environment else None)


@contextmanager
def _fresh(state: State) -> Iterator[Environment | None]:
    """A brand-new environment for the block; None where the code needs none."""
    if state.environment is None:
        yield None
        return
    with state.sandbox.fresh(state.environment) as made:
        yield made


def _anew(state: State, call_off: CallOff) -> RunResult:
    with _fresh(state) as fresh:
        return state.run(_measuring(state, fresh), call_off)


def _watched_again(state: State) -> Report:
    state.ahead.call_off()  # it was begun as a program that ends
    with _fresh(state) as fresh:
        again = _plain(state, fresh)
        if again.outcome is not Outcome.survived:
            return _flaky(again)
        _measured(state, state.run(_measuring(state, fresh)))
    share = f", {_share(state.measured)}" if state.measured else ""
    return Report(f"survived again{share}", Rung.replays)


def _ended_again(state: State) -> Report:
    begun = state.begun.replay
    # nothing was begun for a program that was believed never to end, and ended
    result = state.read(begun) if begun else _anew(state, CallOff())
    if begun and result.ended is not Ended.exited and begun.had_company:  # a limit may have been the company's doing
        result = _anew(state, CallOff())
    if _measured(state, result).outcome is not Outcome.passed:
        with _fresh(state) as fresh:
            again = _plain(state, fresh)
        if again.outcome is not Outcome.passed:
            return _only_warm(state, again) if state.smoke_was_warm else _flaky(again)
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


def _plain(state: State, environment: Environment | None) -> Judged:
    job = _in(smoke_job(state), environment)
    if state.outcome is not Outcome.survived:
        return classify(state.run(job), state.tree, step="replay", withheld=state.withheld)
    watch = AGAIN_SECONDS if state.endless else MEASURED_SECONDS  # of a window that nothing but itself foretold
    seconds = min(state.smoke.seconds, watch) if state.smoke else watch
    result = state.watch(replace(job, limits=replace(job.limits, wall_seconds=seconds)))
    endless = shown(result.ended, read_windows(result), state.endless)
    return classify(result, state.tree, step="replay", withheld=state.withheld, endless=endless)


def _only_warm(state: State, again: Judged) -> Report:
    """The first run had modules imported beforehand, and without that it does not pass: that is what counts."""
    state.notes.append(
        f"with {', '.join(to_preload(state))} imported beforehand the smoke run passed, and without it did not; "
        "only the latter counts"
    )
    return Report(brief(again), Rung.starts, again)


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
    """A run that did next to nothing; it is `blocked` where that was for want of data."""
    counted = found.exercised
    said = "\n".join((state.smoke.stdout, state.smoke.stderr)) if state.smoke else ""
    missing = unread_data(said, state.scripts, state.tree)
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
    return Judged(Outcome.blocked if missing else Outcome.vacuous, failure, missing)
