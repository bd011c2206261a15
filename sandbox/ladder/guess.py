"""The smoke run, begun as it was the last time before anything is known of this tree.

From one verify of a repository to the next mostly a line changes; its command and its environment stay. So its smoke
run begins at once, beside the parser, as the last one at this place was. Where the steps come to another plan (or end
before it), what was guessed is called off, and nothing of it is looked at: the guess decides when a run begins, and
never which.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace

from sandbox.calloff import CallOff
from sandbox.job import Job, RunResult
from sandbox.ladder.state import State, ended_well, keep_last
from sandbox.ladder.warm import warm_first
from sandbox.tree import Tree


def guess_smoke(state: State) -> None:
    """Begin the smoke run as the last verify at this place planned it, if there was one."""
    plan = state.sandbox.plans.get((state.place, state.settings)) if state.place is not None else None
    if plan is not None:
        own = copy(state)
        own.notes = state.begun.said
        state.guessed, state.begun.guess = plan, state.ahead.start(_work(own, plan))


def begin_planned(state: State, job: Job) -> None:
    """Begin the smoke run of a program that ends; where it was guessed, it goes on already."""
    plan, is_known = replace(job, tree=Tree({})), state.environment is None or state.environment.reused
    if state.begun.guess is not None and state.guessed == plan and is_known:
        state.begun.smoke = state.begun.guess
    else:
        drop_guess(state)
        state.begun.smoke = state.ahead.start(_work(state, job))
    if state.place is not None and job.image is None:  # a layer of the image is looked for by a step first
        keep_last(state.sandbox.plans, (state.place, state.settings), plan)


def drop_guess(state: State) -> None:
    """Call off what was guessed: this tree's smoke run is another one."""
    if state.begun.guess is not None:
        state.begun.guess.call_off()
        state.begun.said = []  # what it says from now on is nobody's
    if state.place is not None:
        state.sandbox.plans.pop((state.place, state.settings), None)


def _work(state: State, plan: Job) -> Callable[[CallOff], RunResult]:
    def work(call_off: CallOff) -> RunResult:
        job = replace(plan, tree=state.tree)
        return warm_first(state, job, lambda one: state.run(one, call_off), ended_well)

    return work
