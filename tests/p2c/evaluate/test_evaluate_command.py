"""`p2c evaluate` as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from p2c.cli.evaluate import schema
from p2c.evaluate import Evaluation

ROOT = Path(__file__).parents[3]
KEY = "sk-secret-judge-0123456789"


@pytest.fixture
def paper(tiny_paper: Path) -> Path:
    return tiny_paper


@pytest.fixture
def run(p2c_command, judge):
    """`p2c evaluate` at the judge."""
    return lambda *words: p2c_command("evaluate", *words, endpoint=judge, OPENAI_API_KEY=KEY)


def test_the_score_is_shown_and_written_beside_the_repository(run, repository, paper, judge):
    judge.scores = [judge.sample(3, judge.critique("high")), judge.sample(9), judge.sample(4, judge.critique("low"))]
    ran = run(repository, "--paper", paper)
    assert ran.status == 0, ran.stderr
    assert "correctness 3.86 of 5" in ran.stdout
    assert "7 of 8 samples valid" in ran.stdout
    assert "sample" in ran.stdout
    assert "invalid" in ran.stdout
    folder = repository.with_name("means-evaluation")
    result = Evaluation.model_validate_json((folder / "evaluation.json").read_text())
    assert result.score.invalid == 1
    assert result.temperature == 1.0
    markdown = (folder / "evaluation.md").read_text()
    assert "7 of 8 samples valid" in markdown
    assert "| invalid |" in markdown
    assert "mean.py" in markdown
    assert not any(KEY.encode() in file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_json_is_the_same_object_as_the_file_and_fits_the_schema(run, repository, paper, tmp_path, rubric_file):
    ran = run(repository, "--paper", paper, "--rubric", rubric_file, "--json", "-o", tmp_path / "out")
    assert ran.status == 0, ran.stderr
    printed = json.loads(ran.stdout)
    assert printed == json.loads((tmp_path / "out/evaluation.json").read_text())
    assert printed["schema_version"] == "1"
    assert printed["rubric"]["states"] == {"graded": 2, "no_run": 2}
    assert set(printed) == set(json.loads(schema())["properties"])


def test_the_same_command_again_asks_nothing(run, repository, paper, judge):
    first = run(repository, "--paper", paper, "--json")
    asked = len(judge.bodies)
    again = run(repository, "--paper", paper, "--json")
    assert len(judge.bodies) == asked == 8
    assert json.loads(again.stdout)["score"] == json.loads(first.stdout)["score"]


def test_answers_of_one_temperature_are_not_given_out_as_those_of_another(p2c_command, repository, tiny_paper, judge):
    words = ("evaluate", repository, "--paper", tiny_paper)
    assert p2c_command(*words, endpoint=judge).status == 0
    cold = p2c_command(*words, endpoint=judge, P2C_TEMPERATURE="0")
    assert cold.status == 2
    assert "given at temperature 1.0, and this asks for 0.0" in cold.stderr
    elsewhere = p2c_command(*words, "-o", repository.with_name("cold"), endpoint=judge, P2C_TEMPERATURE="0")
    assert elsewhere.status == 0
    assert [body["temperature"] for body in judge.bodies] == [1.0] * 8 + [0.0] * 8


def test_another_model_and_a_changed_repository_are_asked_about_anew(p2c_command, repository, tiny_paper, judge):
    words = ("evaluate", repository, "--paper", tiny_paper, "-q")
    p2c_command(*words, endpoint=judge)
    p2c_command(*words, "--model", "other", endpoint=judge)
    assert len(judge.bodies) == 16
    (repository / "mean.py").write_text("def mean(xs):\n    return 5.0\n")
    p2c_command(*words, "--model", "other", endpoint=judge)
    assert len(judge.bodies) == 24
    result = Evaluation.model_validate_json((repository.with_name("means-evaluation") / "evaluation.json").read_text())
    assert (result.model, result.usage["score"].calls) == ("other", 8)


def test_another_paper_needs_another_folder_and_what_there_is_stays(p2c_command, repository, tiny_paper, judge):
    words = ("evaluate", repository, "--paper", tiny_paper, "-q")
    p2c_command(*words, endpoint=judge)
    before = (repository.with_name("means-evaluation") / "evaluation.json").read_bytes()
    tiny_paper.write_text(tiny_paper.read_text().replace("1 to 9", "1 to 8"))
    ran = p2c_command(*words, endpoint=judge)
    assert ran.status == 2
    assert "another folder with -o" in ran.stderr
    assert "paper/paper.md" not in ran.stderr
    assert (repository.with_name("means-evaluation") / "evaluation.json").read_bytes() == before


def test_an_endpoint_that_fails_midway_is_exit_status_3_and_the_same_command_asks_only_for_the_rest(
    p2c_command, repository, tiny_paper, judge
):
    judge.fails_from = 4
    words = ("evaluate", repository, "--paper", tiny_paper)
    broken = p2c_command(*words, endpoint=judge, P2C_CONCURRENCY="1")
    assert broken.status == 3
    assert "goes on from here" in broken.stderr
    assert not (repository.with_name("means-evaluation") / "evaluation.json").exists()
    asked, judge.fails_from = len(judge.bodies), 10**9
    again = p2c_command(*words, endpoint=judge)
    assert again.status == 0
    assert "8 of 8 samples valid" in again.stdout
    assert (asked, len(judge.bodies)) == (4, 4 + 5)


def test_killed_in_the_middle_no_answer_that_had_come_is_asked_for_again(p2c_command, repository, tiny_paper, judge):
    words = ["evaluate", str(repository), "--paper", str(tiny_paper)]
    given = {"OPENAI_BASE_URL": judge.url, "OPENAI_API_KEY": KEY, "P2C_MODEL": "tiny", "P2C_CONCURRENCY": "1"}
    command = [sys.executable, "-c", "from p2c.cli import main; main()", *words]
    process = subprocess.Popen(command, env={**os.environ, **given}, stderr=subprocess.DEVNULL)
    judge.seen = lambda number: process.kill() if number == 4 else None
    assert process.wait(60) == -signal.SIGKILL
    assert len(judge.bodies) == 4
    judge.seen = lambda _number: None
    again = p2c_command(*words, endpoint=judge)
    assert "8 of 8 samples valid" in again.stdout
    assert "paid now    5 calls" in again.stdout
    assert len(judge.bodies) == 4 + 5


def test_a_rubric_is_shown_with_what_is_not_met(run, repository, paper, rubric_file, judge):
    judge.leaves = {"requirement update": judge.grade(0, reason="it sums first")}
    ran = run(repository, "--paper", paper, "--rubric", rubric_file, "--code-dev", "--samples", 0)
    assert ran.status == 0, ran.stderr
    assert "rubric 33.3 %" in ran.stdout
    assert "Code Development only" in ran.stdout
    assert "it sums first" in ran.stdout
    markdown = (repository.with_name("means-evaluation") / "evaluation.md").read_text()
    assert "**not met** `requirement update`" in markdown
    assert "`mean.py:5`" in markdown


def test_what_a_judge_writes_is_data_on_the_terminal_and_in_markdown(run, repository, paper, judge):
    hostile = "\x1b[2J[link=http://evil]click[/link] <script>x</script> ![a](http://evil/a.png)"
    judge.scores = [judge.sample(3, judge.critique(file="a`b.py", **{"critique": hostile}))]
    ran = run(repository, "--paper", paper)
    assert "\x1b[2J" not in ran.stdout
    assert "[link=http://evil]" in ran.stdout
    markdown = (repository.with_name("means-evaluation") / "evaluation.md").read_text()
    assert "`\ufffd[2J[link=http://evil]click[/link] <script>x</script> ![a](http://evil/a.png)`" in markdown


def test_no_valid_sample_is_exit_status_1(run, repository, paper, judge):
    judge.scores = ["I would rather not."]
    ran = run(repository, "--paper", paper, "-q")
    assert (ran.status, ran.stdout) == (1, "no score (0 of 8 samples valid)\n")


@pytest.mark.parametrize(
    "case",
    [
        (("--rubric", "{tmp}/none.json"), "cannot be read"),
        (("--code-dev",), "--rubric"),
        (("--verdict", "{tmp}/v.json"), "--rubric"),
        (("--samples", "0"), "nothing to evaluate"),
        (("-o", "{tmp}/means/inside"), "would lie in the repository"),
        (("--reference", "{tmp}/none"), "is not a folder"),
        (("--max-cost", "1"), "P2C_PRICE"),
    ],
)
def test_bad_usage_is_said_in_a_line_before_anything_is_asked(run, repository, paper, judge, case):
    words, said = case
    ran = run(repository, "--paper", paper, *(word.replace("{tmp}", str(paper.parent)) for word in words))
    assert ran.status == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert judge.bodies == []


def test_a_malformed_rubric_names_the_node(run, repository, paper, tmp_path, judge):
    (tmp_path / "rubric.json").write_text('{"id": "a", "requirements": "b", "weight": -3, "sub_tasks": []}')
    ran = run(repository, "--paper", paper, "--rubric", tmp_path / "rubric.json")
    assert ran.status == 2
    assert "node 'a'" in ran.stderr
    assert "weight" in ran.stderr
    assert "task_category" in ran.stderr
    assert judge.bodies == []


def test_an_evaluation_can_be_replayed_from_its_recording(run, repository, paper, tmp_path, judge):
    first = run(repository, "--paper", paper, "--json", "-o", tmp_path / "first")
    judge.status = 500
    recording = tmp_path / "first/exchanges.jsonl"
    again = run(repository, "--paper", paper, "--json", "-o", tmp_path / "again", "--recorded", recording)
    assert again.status == 0, again.stderr
    assert json.loads(again.stdout)["score"] == json.loads(first.stdout)["score"]
    assert json.loads(again.stdout)["recorded"] is True


def test_the_committed_schema_is_that_of_the_result():
    committed = (ROOT / "docs" / "evaluation.schema.json").read_text("utf-8")
    assert committed == schema() + "\n", "p2c evaluate --schema > docs/evaluation.schema.json"
