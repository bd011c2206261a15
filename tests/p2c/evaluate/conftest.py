"""A judge on loopback that answers over real HTTP, honestly or badly; a paper and a repository for it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from p2c.evaluate import Asker
from p2c.evaluate.spending import Spending
from p2c.model import ModelSettings, open_model
from p2c.run.journal import Journal

KEY = "sk-secret-judge-0123456789"
QUESTION_OF_SCORE = "# Your question: how correctly"
FILES = {
    "main.py": "from mean import mean\n\nprint(mean([1, 2, 3]))\n",
    "mean.py": "def mean(xs):\n    total = 0.0\n    for x in xs:\n        total += x\n    return total / len(xs)\n",
    "config.yaml": "n: 9\n",
    "README.md": "# Means\n",
}


@dataclass(frozen=True)
class _Refuses:
    """A reply that is a refusal."""

    text: str = "I cannot judge this."


Said = str | _Refuses


def _critique(
    severity: str = "medium", file: str | None = "mean.py", function: str | None = "mean", **more: Any
) -> dict[str, Any]:
    said = {"component": "the running update (Section 1)", "critique": "it sums first, which the paper avoids"}
    return {**said, "severity": severity, "file": file, "function": function, **more}


def _sample(score: object, *critiques: dict[str, Any]) -> str:
    return json.dumps({"critiques": list(critiques), "score": score})


def _grade(score: object, file: str = "mean.py", line: str = "    return total / len(xs)", reason: str = "seen") -> str:
    return json.dumps({"reason": reason, "evidence": [{"file": file, "line": line}], "score": score})


@dataclass
class Judge:
    """The endpoint.

    `scores` are served one by one to questions for a score, the last again and again; `leaves` by a piece of the
    requirement's text; `second` to every answer that comes back, and None repeats what was said first.
    """

    url: str = ""
    scores: list[Said] = field(default_factory=lambda: [_sample(4, _critique())])
    leaves: dict[str, Said] = field(default_factory=dict)
    second: Said | None = None
    meet: threading.Barrier | None = None
    """Every answer but the first waits until so many are asked for at once."""
    status: int = 200
    fails_from: int = 10**9
    """The number of the first question, from 1, that is answered with status 500."""
    seen: Callable[[int], None] = lambda _number: None
    """Called with the number of each question, from 1, before it is answered."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    asked_with_first: int = 0
    """Questions that had come when the first was answered."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    sample = staticmethod(_sample)
    critique = staticmethod(_critique)
    grade = staticmethod(_grade)
    refusal = _Refuses()

    def answer(self, body: dict[str, Any]) -> Said:
        with self._lock:
            self.bodies.append(body)
            number = len(self.bodies)
            is_first = number == 1
            said = self._said(body["messages"])
        self.seen(number)
        if self.meet is not None and is_first:
            time.sleep(0.2)
            self.asked_with_first = len(self.bodies)
        elif self.meet is not None:
            self.meet.wait(30)
        return said

    def _said(self, messages: Sequence[dict[str, str]]) -> Said:
        if len(messages) > 2 and self.second is not None:
            return self.second
        if len(messages) > 2:
            return messages[2]["content"]
        asked = messages[1]["content"]
        if QUESTION_OF_SCORE in asked:
            return self.scores.pop(0) if len(self.scores) > 1 else self.scores[0]
        task = asked.rpartition("The requirement, of the kind")[2]
        return next((said for text, said in self.leaves.items() if text in task), _grade(1))

    def first_questions(self) -> list[str]:
        """The prompts that were no second tries."""
        return [body["messages"][1]["content"] for body in self.bodies if len(body["messages"]) == 2]


def _chunks(said: Said) -> Iterator[dict[str, Any]]:
    text = said.text if isinstance(said, _Refuses) else said
    delta = {"refusal": text} if isinstance(said, _Refuses) else {"content": text}
    yield {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    usage = {"prompt_tokens": 1000, "completion_tokens": 10, "total_tokens": 1010}
    yield {"choices": [], "usage": {**usage, "prompt_tokens_details": {"cached_tokens": 900}}}


@pytest.fixture
def judge() -> Iterator[Judge]:
    state = Judge()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = state.answer(body)
            self.send_response(500 if len(state.bodies) >= state.fails_from else state.status)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for chunk in _chunks(said):
                whole = {"id": "c", "object": "chat.completion.chunk", **chunk}
                self.wfile.write(b"data: " + json.dumps(whole).encode() + b"\n\n")
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "means"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


Open = Callable[..., Asker]


@pytest.fixture
def ask(judge: Judge, tmp_path: Path) -> Iterator[Open]:
    """Opens an asker at the judge; keyword arguments are settings. Exchanges are kept between two of them."""
    opened = []

    def open_it(**changes: Any) -> Asker:
        defaults: dict[str, Any] = {"base_url": judge.url, "api_key": KEY, "model": "a-judge", "tries": 1}
        settings = ModelSettings(**{**defaults, **changes})
        spending = Spending()
        journal = Journal(tmp_path / "journal.jsonl", (spending,))
        model = open_model(settings, journal, tmp_path / "exchanges.jsonl")
        opened.append(model)
        return Asker(model, settings, journal, spending)

    yield open_it
    for model in opened:
        model.close()


def _node(identity: str, weight: float = 1, **more: Any) -> dict[str, Any]:
    """A leaf of a rubric in PaperBench's JSON; `sub_tasks` make it a group."""
    category = None if more.get("sub_tasks") else "Code Development"
    plain = {"id": identity, "requirements": f"requirement {identity}", "weight": weight, "sub_tasks": []}
    return {**plain, "task_category": category, "finegrained_task_category": None, **more}


RUBRIC = _node(
    "root",
    sub_tasks=[
        _node("method", 3, sub_tasks=[_node("update", 2), _node("empty", 1)]),
        _node(
            "experiments", 1,
            sub_tasks=[
                _node("runs", 1, task_category="Code Execution"),
                _node("table", 1, task_category="Result Analysis", finegrained_task_category="Experimental Setup"),
            ],
        ),
    ],
)  # fmt: skip


@pytest.fixture
def rubric_file(tmp_path: Path) -> Path:
    path = tmp_path / "rubric.json"
    path.write_text(json.dumps(RUBRIC))
    return path


@pytest.fixture
def rubric_data() -> dict[str, Any]:
    """A rubric as parsed JSON: a group of code, weight 3, and a group that asks for a run, weight 1."""
    return RUBRIC


@pytest.fixture
def node() -> Callable[..., dict[str, Any]]:
    """Makes a node of a rubric."""
    return _node
