"""SIGKILL at any moment of a whole run: what was answered is not asked again, and the end is the same."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from pathlib import Path

from tests.p2c.run.conftest import commits

MOMENTS = 8
"""So many operations on files, of those of a whole run, before which it is killed."""
chance = random.Random(20261123)  # noqa: S311 - the same moments in every run of the tests, nothing secret


def killing(moments: dict[str, int]):
    """A hook of the endpoint: kills a job's process when it comes to the call of its number, which cannot go on."""

    def hook(run: str, number: int) -> None:
        job, _, process = run.rpartition(".")
        if moments.get(job) == number:
            os.kill(int(process), signal.SIGKILL)

    return hook


def test_a_run_killed_at_any_moment_goes_on_as_if_it_had_not_been(runs):
    assert runs.go({"whole": "whole"}) == {"whole": 0}, runs.log("whole")
    calls, expected = runs.calls("whole"), runs.made("whole")
    operations, steps = map(int, runs.log("whole").split()[-2:])
    after_step = {f"step-{n}": n for n in range(1, steps + 1)}
    while_asked = {f"asked-{n}": n for n in range(1, len(calls) + 1, 3)}
    when_answered = {f"answered-{n}": n for n in range(2, len(calls) + 1, 3)}
    before_write = {f"write-{n}": n for n in chance.sample(range(1, operations), MOMENTS)}
    runs.endpoint.seen, runs.endpoint.answered = killing(while_asked), killing(when_answered)
    killed = [*after_step, *while_asked, *when_answered, *before_write]
    statuses = runs.go({job: job for job in killed}, die_after=after_step, die_before=before_write)
    alive = [job for job in killed if statuses[job] != -signal.SIGKILL]
    assert set(alive) <= set(before_write), "steps and calls are the same in every run"
    assert len(alive) <= 2, "the number of writes differs a little, as the order of what runs in parallel does"
    answered = {job: runs.finished(job) for job in killed}
    resumed = runs.go({f"again-{job}": job for job in killed})
    for job in killed:
        assert resumed[f"again-{job}"] == 0, runs.log(f"again-{job}")
        asked = Counter(runs.calls(f"again-{job}"))
        assert asked == Counter(calls) - Counter(answered[job]), f"{job}: calls after the kill"
        assert runs.made(job) == expected, f"{job}: what came of it"
    assert {len(answered[job]) for job in after_step} >= {0, 1, 2, 3, 4, len(calls)}, "planning is one call at a time"


def test_a_killed_run_is_rebuilt_as_far_as_it_came_and_that_is_said(runs, tmp_path: Path, p2c_command):
    assert runs.go({"whole": "whole"}) == {"whole": 0}, runs.log("whole")
    story = commits(runs.folder("whole") / "repository")
    steps = int(runs.log("whole").split()[-1])
    moments = {f"step-{n}": n for n in range(steps - 7, steps)}  # the repair, from before its first verdict on
    assert set(runs.go({job: job for job in moments}, die_after=moments).values()) == {-signal.SIGKILL}
    came_to: list[int] = []
    for job in moments:
        ran = p2c_command("replay", runs.folder(job), "--to", tmp_path / "again" / job)
        assert ran.status == 0, ran.stderr
        assert ran.stdout.startswith("The run has not come to its end: this is the repository as far as it came.")
        made = commits(tmp_path / "again" / job)
        assert made == story[: len(made)]
        came_to.append(len(made))
    assert sorted(came_to) == came_to
    assert set(came_to) == {1, 2}


def test_a_run_that_is_killed_again_and_again_comes_to_its_end(runs):
    assert runs.go({"whole": "whole"}) == {"whole": 0}
    status, number = -signal.SIGKILL, 0
    while status == -signal.SIGKILL:
        number += 1
        job = f"try-{number}"
        status = runs.go({job: "often"}, die_before={job: chance.randrange(10, 30 + 10 * number)})[job]
        assert number < 40
    assert status == 0, runs.log(f"try-{number}")
    assert number > 3
    assert runs.made("often") == runs.made("whole")
    asked = Counter(step for n in range(1, number + 1) for step in runs.calls(f"try-{n}"))
    assert set(asked) == set(runs.calls("whole"))
