"""`p2c generate` as a user runs it: a real endpoint on loopback, real signals, the real sandbox once."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from p2c.cli import main

ARGUMENTS = [sys.executable, "-c", "from p2c.cli import main; main()", "generate"]
_TASK = re.compile(r"^# Your task: (.*)$", re.MULTILINE)
_STEPS = {"the overall plan": "overview", "the architecture": "architecture", "the logic design": "logic"}


class Endpoint:
    """Answers as the tiny project does; tells the step from the prompt's last heading."""

    def __init__(self, tiny) -> None:
        self.tiny = tiny
        self.url = ""
        self.delay = 0.0
        self.prompts: list[str] = []
        self.debug = ""

    def answer(self, messages: list[dict[str, str]]) -> str:
        prompt = json.dumps(messages)
        tasks = _TASK.findall(messages[1]["content"])
        self.prompts.append(prompt)
        time.sleep(self.delay)
        if not tasks:
            return self.debug
        task = tasks[-1]
        name = task.partition("`")[2].rstrip("`")
        if task == "`config.yaml`":
            step = "planning/config"
        elif task in _STEPS:
            step = f"planning/{_STEPS[task]}"
        else:
            step = f"{'analysis' if task.startswith('the note') else 'coding'}/{name}"
        return self.tiny(step, ())


@pytest.fixture
def endpoint(tiny) -> Iterator[Endpoint]:
    state = Endpoint(tiny)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            text = state.answer(body["messages"])
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
            for choices, more in (
                ([{"index": 0, "delta": {"content": text}, "finish_reason": None}], {}),
                ([{"index": 0, "delta": {}, "finish_reason": "stop"}], {}),
                ([], {"usage": usage}),
            ):
                chunk = {"id": "c", "object": "chat.completion.chunk", "choices": choices, **more}
                self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):  # some tests kill the client
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def paper(tmp_path: Path, tiny) -> Path:
    (tmp_path / "paper.md").write_text(tiny.paper)
    return tmp_path / "paper.md"


def variables(endpoint: Endpoint | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "P2C_"))}
    if endpoint:
        kept |= {
            "OPENAI_BASE_URL": endpoint.url,
            "OPENAI_API_KEY": "sk-secret-987",
            "P2C_MODEL": "tiny",
            "P2C_TRIES": "1",
        }
    return kept


@dataclass(frozen=True)
class Ran:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def generate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """The command in this process; a new one takes seconds to start."""

    def run(*words: str | Path, endpoint: Endpoint | None = None) -> Ran:
        for name in set(os.environ) - variables(endpoint).keys():
            monkeypatch.delenv(name)
        for name, value in variables(endpoint).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main(["generate", *map(str, words)])
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    return run


def started(*words: str | Path, endpoint: Endpoint) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["env", "--default-signal=INT", *ARGUMENTS, *map(str, words)],  # a job in the background ignores it
        env=variables(endpoint), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for(condition) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about in 30 s")


def test_a_paper_that_cannot_be_read_is_said_first_and_nothing_is_written(tmp_path: Path, generate):
    (tmp_path / "empty.pdf").touch()
    ran = generate(tmp_path / "empty.pdf", "-o", tmp_path / "run")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "empty" in ran.stderr
    assert "OPENAI" not in ran.stderr
    assert not (tmp_path / "run").exists()


def test_without_an_endpoint_one_message_names_the_settings_and_the_demo(tmp_path: Path, paper: Path, generate):
    ran = generate(paper, "-o", tmp_path / "run")
    assert ran.returncode == 2
    for word in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "--model", "make demo"):
        assert word in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_missing_engine_is_said_before_a_token_is_paid_for(
    tmp_path: Path, paper: Path, endpoint, monkeypatch, generate
):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    ran = generate(paper, "-o", tmp_path / "run", endpoint=endpoint)
    assert ran.returncode == 3
    assert "Traceback" not in ran.stderr
    assert endpoint.prompts == []
    assert not (tmp_path / "run").exists()


def test_it_stops_after_planning_and_the_same_command_goes_on(tmp_path: Path, paper: Path, endpoint, generate):
    ran = generate(paper, "-o", tmp_path / "run", "--until", "planning", endpoint=endpoint)
    assert ran.returncode == 0, ran.stderr
    assert "The files in plan/ of" in ran.stdout
    assert "planning/config: done in" in ran.stderr
    assert len(endpoint.prompts) == 4
    ran = generate(paper, "-o", tmp_path / "run", "--until", "coding", "--json", endpoint=endpoint)
    assert json.loads(ran.stdout) == {"until": "coding", "folder": str(tmp_path / "run")}
    assert "planning/config: kept" in ran.stderr
    assert len(endpoint.prompts) == 4 + 3 + 4


def test_another_paper_does_not_get_into_the_same_folder(tmp_path: Path, paper: Path, endpoint, generate):
    generate(paper, "-o", tmp_path / "run", "--until", "planning", endpoint=endpoint)
    paper.write_text(paper.read_text() + "\n\n## 3 More\nAnother section of another paper.\n")
    ran = generate(paper, "-o", tmp_path / "run", "--until", "planning", endpoint=endpoint)
    assert ran.returncode == 2
    assert "another paper" in ran.stderr


def test_quiet_says_nothing_and_the_key_is_written_nowhere(tmp_path: Path, paper: Path, endpoint, generate):
    ran = generate(paper, "-o", tmp_path / "run", "--until", "planning", "-q", endpoint=endpoint)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert not any(b"sk-secret-987" in file.read_bytes() for file in (tmp_path / "run").rglob("*") if file.is_file())


def test_a_killed_run_goes_on_and_asks_nothing_twice(tmp_path: Path, paper: Path, endpoint, generate):
    endpoint.delay = 0.3
    words = (paper, "-o", tmp_path / "run", "--until", "coding")
    process = started(*words, endpoint=endpoint)
    wait_for(lambda: len(endpoint.prompts) >= 6)
    process.kill()
    process.communicate()
    endpoint.delay = 0.0
    under_way = 8  # calls that no answer had come for when the process was killed
    ran = generate(*words, endpoint=endpoint)
    assert ran.returncode == 0, ran.stderr
    repeated = [prompt for prompt in set(endpoint.prompts) if endpoint.prompts.count(prompt) > 1]
    assert len(set(endpoint.prompts)) == 11
    assert len(repeated) <= under_way
    assert not any("the overall plan" in prompt.rsplit("# Your task", 1)[1] for prompt in repeated)


def test_an_interrupted_run_ends_with_130_and_says_how_to_go_on(tmp_path: Path, paper: Path, endpoint, generate):
    endpoint.delay = 1.0
    process = started(paper, "-o", tmp_path / "run", "--until", "coding", endpoint=endpoint)
    wait_for(lambda: len(endpoint.prompts) >= 5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "the same command goes on" in said
    assert "Traceback" not in said
    endpoint.delay = 0.0
    assert generate(paper, "-o", tmp_path / "run", "--until", "coding", endpoint=endpoint).returncode == 0
    assert len(endpoint.prompts) == 11  # the call under way was waited for


def test_recorded_replies_are_said_at_once_with_the_way_to_an_endpoint_of_ones_own(
    tmp_path: Path, paper: Path, endpoint, generate
):
    generate(paper, "-o", tmp_path / "first", "--until", "planning", endpoint=endpoint)
    recording = tmp_path / "first/exchanges.jsonl"
    ran = generate(paper, "-o", tmp_path / "second", "--until", "planning", "--recorded", recording)
    assert ran.returncode == 0, ran.stderr
    first = ran.stderr.splitlines()[0]
    assert "recorded" in first
    assert "OPENAI_BASE_URL" in first
    assert len(endpoint.prompts) == 4
    assert (tmp_path / "second/plan/logic.json").read_text() == (tmp_path / "first/plan/logic.json").read_text()


@pytest.mark.docker
def test_a_paper_becomes_a_repository_that_was_seen_to_run_after_one_repair(
    tmp_path: Path, paper: Path, endpoint, generate
):
    good = endpoint.tiny.code["mean.py"]
    endpoint.tiny.code["mean.py"] = good.replace("enumerate(xs, start=1)", "enumerate(xs)")
    endpoint.debug = (
        "n begins with nothing, so the first step divides by zero.\n\nmean.py\n<<<<<<< SEARCH\n"
        "    for n, x in enumerate(xs):\n=======\n    for n, x in enumerate(xs, start=1):\n>>>>>>> REPLACE\n"
    )
    ran = generate(paper, "-o", tmp_path / "run", "--json", endpoint=endpoint)
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert report["ending"] == "verified"
    assert report["verdict"]["rung"] == 5
    assert report["first_verdict"]["failure"]["exception"] == "ZeroDivisionError"
    assert report["lines_modified"]["reduced"] == {"python": 1, "other": 0}
    assert report["comparison"] == [{"name": "mean of 1 to 9 (Table 1)", "paper": 5.0, "reproduced": 5.0}]
    assert (tmp_path / "run/repository/mean.py").read_text() == good
    asked = len(endpoint.prompts)
    again = generate(paper, "-o", tmp_path / "run", "--json", endpoint=endpoint)
    assert again.returncode == 0, again.stderr
    assert len(endpoint.prompts) == asked
    assert json.loads(again.stdout)["lines_modified"] == report["lines_modified"]
