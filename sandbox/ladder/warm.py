"""Runs that find the environment's modules imported already: quick, and never the last word.

A waiting container may import what the program's own files import of other projects before its job comes
(`Job.preload`). That is not quite what a user's run does, so a run that fails is made again without, and the run that
decides is always one without: the replay, or the smoke run itself where no replay follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from sandbox.job import Job
from sandbox.ladder.state import State
from sandbox.verdict import Rung


class Preloaded(Protocol):
    """What says whether it came of modules that were imported beforehand."""

    @property
    def preloaded(self) -> bool:
        """Whether it did; False too where that was asked for and could not be."""
        ...


Result = TypeVar("Result", bound=Preloaded)


def warm_first(state: State, job: Job, run: Callable[[Job], Result], is_good: Callable[[Result], bool]) -> Result:
    """`run(job)`; where it found modules imported beforehand and was not good, again without.

    Args:
        is_good: whether a result speaks for the code; where only a quick answer is wanted, it is not asked.
    """
    first = run(job)
    if state.settings.intermediate or not first.preloaded or is_good(first):
        return first
    plain = run(replace(job, preload=()))
    if is_good(plain):
        state.notes.append(
            f"with {', '.join(job.preload)} imported beforehand a run did not pass, and without it did; "
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
