"""Runs that find the environment's modules imported already: quick, and never the last word.

A waiting container may import what the program's own files import of other projects before its job comes
(`Job.preload`). That is not quite what a user's run does, so a run that fails is made again without, and the run that
decides is always one without: the replay, or the smoke run itself where no replay follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from sandbox.job import Job
from sandbox.ladder.state import State
from sandbox.verdict import Rung

Result = TypeVar("Result")


def warm_first(state: State, job: Job, run: Callable[[Job], Result], is_good: Callable[[Result], bool]) -> Result:
    """`run(job)` with modules imported beforehand, where that is allowed; again without where it was not good.

    Args:
        is_good: whether a result speaks for the code; where only a quick answer is wanted, it is not asked.
    """
    preload = to_preload(state)
    if not preload:
        return run(job)
    warm = run(replace(job, preload=preload))
    if state.settings.intermediate or is_good(warm):
        return warm
    plain = run(job)
    if is_good(plain):
        state.notes.append(
            f"with {', '.join(preload)} imported beforehand a run did not pass, and without it did; "
            "only the latter counts"
        )
    return plain


def to_preload(state: State) -> tuple[str, ...]:
    """The top-level modules of other projects that the smoke command's files need and the environment has."""
    if not state.settings.warm_imports or state.environment is None:
        return ()
    provided = {module.partition(".")[0] for one in state.inference.requirements for module in one.modules}
    files = (state.modules.files[script.path] for script in state.scripts if script.path in state.modules.files)
    wanted = {one.top for file in files for one in file.imports if one.level == 0 and not one.guarded}
    return tuple(sorted((wanted & provided) - state.withheld))


def decides(state: State) -> bool:
    """Whether the smoke run has the last word, so that it must be one without: no replay follows it."""
    is_last = not state.settings.replay or state.until < Rung.replays
    return is_last and not state.settings.intermediate
