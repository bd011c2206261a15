"""`p2c generate` as a user runs it: a real endpoint on loopback, real signals, the real sandbox once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

KEY = "sk-live-4f9a8b7c6d5e4f3a2b1c0d9e"
"""As in conftest.py."""


def test_a_paper_that_cannot_be_read_is_said_first_and_nothing_is_written(tmp_path: Path, p2c_command):
    (tmp_path / "empty.pdf").touch()
    ran = p2c_command("generate", tmp_path / "empty.pdf", "-o", tmp_path / "run")
    assert (ran.status, ran.stdout) == (2, "")
    assert "empty" in ran.stderr
    assert "OPENAI" not in ran.stderr
    assert not (tmp_path / "run").exists()


def test_without_an_endpoint_one_message_names_the_settings_and_the_demo(tmp_path: Path, tiny_paper: Path, p2c_command):
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run")
    assert ran.status == 2
    for word in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "--model", "make demo"):
        assert word in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_missing_engine_is_said_before_a_token_is_paid_for(
    tmp_path: Path, tiny_paper: Path, endpoint, monkeypatch, p2c_command
):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", endpoint=endpoint)
    assert ran.status == 3
    assert "Traceback" not in ran.stderr
    assert endpoint.prompts == []
    assert not (tmp_path / "run").exists()


def test_calls_that_wait_for_their_turn_are_not_made_once_one_has_failed(
    tmp_path: Path, tiny_paper: Path, endpoint, p2c_command
):
    def fail_the_sixth(_run: str, number: int) -> None:
        if number == 6:
            endpoint.failing = (401, '{"error": {"message": "no"}}')

    endpoint.seen = fail_the_sixth
    said = ("--until", "coding")
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", *said, endpoint=endpoint, P2C_CONCURRENCY="1")
    assert ran.status == 3
    assert len(endpoint.prompts) == 6


def test_it_stops_after_planning_and_the_same_command_goes_on(tmp_path: Path, tiny_paper: Path, endpoint, p2c_command):
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", "--until", "planning", endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    assert "The files in plan/ of" in ran.stdout
    row = next(line for line in ran.stdout.splitlines() if "planning" in line)
    assert [cell.strip() for cell in row.split("│")][1:3] == ["planning", "4"]
    assert "To see costs, set P2C_PRICE" in ran.stdout
    assert "planning/config: done in" in ran.stderr
    assert len(endpoint.prompts) == 4
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", "--until", "coding", "--json", endpoint=endpoint)
    said = json.loads(ran.stdout)
    assert (said["until"], said["folder"]) == ("coding", str(tmp_path / "run"))
    assert [(cost["stage"], cost["calls"]) for cost in said["costs"]] == [
        ("planning", 4), ("analysis", 3), ("coding", 3), ("all", 10),
    ]  # fmt: skip
    assert "planning/config: kept" in ran.stderr
    assert len(endpoint.prompts) == 4 + 3 + 3


def test_a_refused_answer_is_told_and_the_same_command_once_more_says_that_nothing_was_asked(
    tmp_path: Path, tiny_paper: Path, endpoint, p2c_command
):
    said = ("generate", tiny_paper, "-o", tmp_path / "run", "--until", "planning")
    answers = iter(("Here is the design: three files.", endpoint.tiny.architecture()))
    endpoint.tiny.replies["planning/architecture"] = lambda _messages: next(answers)
    first, second = (p2c_command(*said, endpoint=endpoint) for _ in range(2))
    assert (first.status, second.status) == (0, 0)
    told = [line for line in first.stderr.splitlines() if "planning/architecture: answer refused, asked for" in line]
    assert len(told) == 1
    assert "asked nothing this time" not in first.stdout
    assert "asked nothing this time" in second.stdout
    assert len(endpoint.prompts) == 4 + 1


def test_quiet_says_nothing_and_the_key_is_written_nowhere(tmp_path: Path, tiny_paper: Path, endpoint, p2c_command):
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", "--until", "planning", "-q", endpoint=endpoint)
    assert (ran.status, ran.stdout, ran.stderr) == (0, "", "")
    assert not any(KEY.encode() in file.read_bytes() for file in (tmp_path / "run").rglob("*") if file.is_file())


@pytest.mark.parametrize(("until", "held", "calls"), [("planning", 2, 4), ("coding", 6, 10)])
def test_an_interrupted_run_waits_for_the_call_under_way_and_says_how_to_go_on(
    tmp_path: Path, tiny_paper: Path, endpoint, p2c_command, *, until: str, held: int, calls: int
):
    words = ["generate", str(tiny_paper), "-o", str(tmp_path / "run"), "--until", until]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "P2C_"))}
    settings = {"OPENAI_BASE_URL": endpoint.url, "OPENAI_API_KEY": KEY, "P2C_MODEL": "tiny", "P2C_TRIES": "1"}
    asked, interrupted = threading.Event(), threading.Event()

    def seen(_run: str, number: int) -> None:
        if number == held:
            asked.set()
            assert interrupted.wait(20)

    endpoint.seen = seen
    process = subprocess.Popen(
        # a job in the background ignores the signal
        ["env", "--default-signal=INT", sys.executable, "-c", "from p2c.cli import main; main()", *words],
        env=kept | settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert asked.wait(60)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    told = next((line for line in process.stderr if "press Ctrl-C again to stop at once" in line), "")
    assert "] interrupted: waiting for " in told
    interrupted.set()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on" in said
    assert "Traceback" not in said
    ran = p2c_command(*words, endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    assert len(endpoint.prompts) == calls


def test_recorded_replies_are_said_at_once_with_the_way_to_an_endpoint_of_ones_own(
    tmp_path: Path, tiny_paper: Path, endpoint, p2c_command
):
    p2c_command("generate", tiny_paper, "-o", tmp_path / "first", "--until", "planning", endpoint=endpoint)
    recording = tmp_path / "first/exchanges.jsonl"
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "second", "--until", "planning", "--recorded", recording)
    assert ran.status == 0, ran.stderr
    first = ran.stderr.splitlines()[0]
    assert "recorded" in first
    assert "OPENAI_BASE_URL" in first
    assert len(endpoint.prompts) == 4
    assert (tmp_path / "second/plan/logic.json").read_text() == (tmp_path / "first/plan/logic.json").read_text()


@pytest.mark.docker
def test_a_paper_becomes_a_repository_that_was_seen_to_run_after_one_repair(
    tmp_path: Path, tiny_paper: Path, endpoint, p2c_command, request: pytest.FixtureRequest
):
    good = endpoint.tiny.code["mean.py"]
    request.getfixturevalue("divides_by_zero")
    ran = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", "--json", endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert report["ending"] == "verified"
    assert report["verdict"]["rung"] == 5
    assert report["first_verdict"]["failure"]["exception"] == "ZeroDivisionError"
    assert report["lines_modified"]["reduced"] == {"python": 1, "other": 0}
    assert report["comparison"] == [{"name": "mean of 1 to 9 (Table 1)", "paper": 5.0, "reproduced": 5.0}]
    assert (tmp_path / "run/repository/mean.py").read_text() == good
    asked = len(endpoint.prompts)
    again = p2c_command("generate", tiny_paper, "-o", tmp_path / "run", "--json", endpoint=endpoint)
    assert again.status == 0, again.stderr
    assert len(endpoint.prompts) == asked
    assert json.loads(again.stdout)["lines_modified"] == report["lines_modified"]
