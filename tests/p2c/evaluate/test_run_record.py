"""A verdict is evidence for what only a run can show; what it does not show is not met."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from p2c.errors import UsageError
from p2c.evaluate import Task, evaluate, read_rubric
from p2c.evaluate.record import find_line, read_record
from p2c.paper.markdown import read_markdown
from sandbox.tree import Tree
from sandbox.verdict import Ended, Outcome, Rung, SmokeRun, Verdict

Write = Callable[..., Path]


SMOKE = SmokeRun(
    command="python main.py", ended=Ended.exited, exit_status=0, seconds=1.5, cpu_seconds=1.0,
    peak_memory_bytes=1, stdout="mean 5.0\nRUN>>>\ngive 1", stderr="", metrics={"mean": 5.0},
)  # fmt: skip


@pytest.fixture
def verdict(repository: Path, tmp_path: Path) -> Write:
    def write(**changes: object) -> Path:
        plain = {
            "repository": "means", "tree": Tree.read(repository).digest(), "rung": Rung.replays,
            "outcome": Outcome.passed, "summary": "it ran", "smoke": SMOKE,
        }  # fmt: skip
        path = tmp_path / "verdict.json"
        path.write_text(Verdict(**{**plain, **changes}).model_dump_json())
        return path

    return write


@pytest.fixture
def task(repository: Path, tiny, rubric_file: Path) -> Callable[[Path], Task]:
    paper = read_markdown("paper.md", tiny.paper, "a" * 64)
    rubric = read_rubric(rubric_file)
    return lambda path: Task(repository, paper, samples=0, rubric=rubric, verdict=path)


def test_leaves_that_ask_for_a_run_see_its_record_and_may_quote_it(verdict, task, ask, judge):
    judge.leaves = {
        "requirement runs": judge.grade(1, "verdict.json", "ended: exited, exit status 0, after 1.5 s"),
        "requirement table": judge.grade(1, "verdict.json", '"mean": 5.0'),
        "requirement update": judge.grade(1, "verdict.json", "mean 5.0"),
    }
    rubric = evaluate(task(verdict()), ask()).rubric
    method, experiments = rubric.root.sub_tasks
    assert [leaf.grade.score for leaf in experiments.sub_tasks] == [1, 1]
    assert method.sub_tasks[0].grade.state == "invalid"  # what was printed shows nothing about the code
    assert experiments.sub_tasks[0].grade.evidence[0].file == "verdict.json"
    with_record = [prompt for prompt in judge.first_questions() if "<<<RUN" in prompt]
    assert len(with_record) == 2
    assert all(prompt.count("\nRUN>>>") == 1 for prompt in with_record)


def test_a_program_that_never_started_meets_nothing_that_asks_for_a_run_and_nobody_is_asked(verdict, task, ask, judge):
    path = verdict(rung=Rung.installs, outcome=Outcome.failed, summary="No module named foo", smoke=None)
    rubric = evaluate(task(path), ask()).rubric
    grades = [leaf.grade for leaf in rubric.root.sub_tasks[1].sub_tasks]
    assert [(one.score, one.by) for one in grades] == [(0, "rule"), (0, "rule")]
    assert "No module named foo" in grades[0].reason
    assert len(judge.bodies) == 2
    assert rubric.score == pytest.approx(0.75)


def test_a_sandbox_that_failed_is_no_record_of_a_run(verdict, task, ask):
    result = evaluate(task(verdict(rung=Rung.none, outcome=Outcome.infrastructure)), ask())
    assert result.rubric.states["no_run"] == 2
    assert any("sandbox failed" in note for note in result.notes)


def test_a_program_that_needs_what_the_sandbox_withholds_was_not_run_which_is_no_0(verdict, task, ask):
    result = evaluate(task(verdict(rung=Rung.imports, outcome=Outcome.blocked, smoke=None)), ask())
    assert result.rubric.states["no_run"] == 2


def test_a_long_record_leaves_room_for_the_code_and_its_cut_is_said_to_the_judge_and_to_people(
    verdict, task, ask, judge, repository
):
    smoke = SMOKE.model_copy(update={"stdout": "step and loss and more words\n" * 150, "stderr": "a last warning"})
    result = evaluate(task(verdict(smoke=smoke)), ask(context_tokens=12_000))
    prompt = next(text for text in judge.first_questions() if "<<<RUN" in text)
    assert "outcome: passed" in prompt
    assert "lines are left out here" in prompt
    assert "a last warning" in prompt
    assert (repository / "mean.py").read_text().strip() in prompt
    assert any("too long" in note for note in result.notes)


def test_a_verdict_on_another_state_of_the_repository_is_refused(verdict, repository):
    path = verdict()
    (repository / "mean.py").write_text("x = 1\n")
    with pytest.raises(UsageError, match="another state"):
        read_record(path, Tree.read(repository).digest())


@pytest.mark.parametrize("content", ["", "{}", "[1]", "no json"])
def test_what_is_no_verdict_is_a_usage_error_that_says_how_to_make_one(tmp_path: Path, content: str):
    (tmp_path / "v.json").write_text(content)
    with pytest.raises(UsageError, match="p2c verify"):
        read_record(tmp_path / "v.json", "")


def test_a_quote_is_found_whatever_its_white_space_but_not_when_it_says_next_to_nothing():
    lines = ["def mean(xs):", "    total   =  0.0", "    return total / len(xs)  # the mean"]
    assert find_line(lines, "total = 0.0") == 2
    assert find_line(lines, "return total / len(xs)") == 3
    assert find_line(lines, "    total = 0.0\n    return 5") == 2
    assert find_line(lines, "xs") is None
    assert find_line(lines, "return sum(xs) / len(xs)") is None
