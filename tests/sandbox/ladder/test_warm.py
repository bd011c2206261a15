"""Warm imports are quick and never the last word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple
from unittest.mock import Mock

import pytest

from sandbox.controller import Sandbox
from sandbox.job import Job, Output, RunResult
from sandbox.ladder.ahead import Ahead
from sandbox.ladder.smoke import begin_smoke
from sandbox.ladder.state import State
from sandbox.ladder.warm import to_preload, warm_first
from sandbox.requirements import Inference
from sandbox.settings import Settings
from sandbox.tree import Tree
from sandbox.verdict import Ended, EntryPoint, Environment, Requirement, Rung

TREE = Tree(
    {
        "main.py": b"import os\nimport numpy as np\nimport lib\nimport absent\n",
        "lib.py": b"import sklearn.svm\ntry:\n    import scipy\nexcept ImportError:\n    scipy = None\n",
        "other.py": b"import pandas\n",
    }
)


def _state(settings: Settings, until: Rung = Rung.replays) -> State:
    state = State(TREE, settings, Mock(spec=Sandbox), Ahead(None), until)
    needs = {"numpy": "numpy", "scikit-learn": "sklearn.svm", "scipy": "scipy", "pandas": "pandas"}
    state.inference = Inference(
        tuple(Requirement(distribution=name, modules=(module,), rule="map") for name, module in needs.items())
    )
    state.environment = Environment(key="k", python="3.11", lock="", seconds=0, reused=True)
    state.entry = EntryPoint(command="python main.py", source="--smoke")
    return state


_PASSED = RunResult(Ended.exited, 0, None, 1.0, 1.0, 1000, Output(b""), Output(b""))
WARM = Settings(warm_imports=True)
QUICK = replace(WARM, intermediate=True)


def test_what_the_smoke_command_needs_of_other_projects_is_imported_beforehand():
    assert to_preload(_state(WARM)) == ("numpy", "sklearn")


def test_nothing_is_imported_beforehand_unless_it_is_asked_for_and_there_is_an_environment():
    assert to_preload(_state(Settings())) == ()
    state = _state(WARM)
    state.environment = None
    assert to_preload(state) == ()


def test_what_is_withheld_is_not_imported_beforehand():
    state = _state(WARM)
    state.withheld = frozenset({"sklearn"})
    assert to_preload(state) == ("numpy",)


class Ran(NamedTuple):
    status: int
    preloaded: bool


def _runs(answers: tuple[int, int], seen: list[tuple[str, ...]], *, is_warm: bool = True) -> Callable[[Job], Ran]:
    def run(job: Job) -> Ran:
        seen.append(job.preload)
        preloaded = bool(job.preload) and is_warm
        return Ran(answers[0 if preloaded else 1], preloaded)

    return run


@pytest.mark.parametrize(
    ("settings", "answers", "result", "runs", "notes"),
    [
        (WARM, (0, 0), 0, 1, 0),
        (WARM, (1, 0), 0, 2, 1),  # only the warm run failed: said, and forgiven
        (WARM, (1, 2), 2, 2, 0),
        (QUICK, (1, 0), 1, 1, 0),
        (Settings(), (1, 3), 3, 1, 0),
    ],
)
def test_a_warm_run_that_fails_is_made_again_without(settings, answers, result, runs, notes):
    state, seen = _state(settings), list[tuple[str, ...]]()
    job = Job(("true",), TREE, "k", preload=to_preload(state))
    assert warm_first(state, job, _runs(answers, seen), lambda ran: ran.status == 0).status == result
    assert (len(seen), len(state.notes)) == (runs, notes)


def test_a_run_that_found_nothing_imported_although_it_might_have_is_not_made_again():
    state, seen = _state(WARM), list[tuple[str, ...]]()
    job = Job(("true",), TREE, "k", preload=to_preload(state))
    ran = warm_first(state, job, _runs((0, 1), seen, is_warm=False), lambda ran: ran.status == 0)
    assert (ran.status, len(seen), state.notes) == (1, 1, [])


@pytest.mark.parametrize(
    ("settings", "until", "is_warm"),
    [
        (WARM, Rung.replays, True),
        (WARM, Rung.runs, False),
        (QUICK, Rung.runs, True),
        (replace(WARM, replay=False), Rung.replays, False),
        (Settings(), Rung.replays, False),
    ],
)
def test_the_smoke_run_is_warm_only_where_a_replay_decides_or_nobody_does(settings, until, is_warm):
    state, seen = _state(settings, until), list[tuple[str, ...]]()
    state.sandbox = Mock(spec=Sandbox, runner=Mock(run=lambda job: seen.append(job.preload) or _PASSED), plans={})
    begin_smoke(state)
    assert state.begun.smoke is not None
    state.begun.smoke.result()
    assert [bool(preload) for preload in seen] == [is_warm]
