"""The stub endpoint counts as public endpoints document it; the plan is a real one; p2c's own command takes it."""

from __future__ import annotations

import ast
import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import frugal
from benchmarks import frugal_plan as plan
from benchmarks import frugal_replies as replies
from benchmarks.child import ContestantFailed
from benchmarks.endpoint import Answered, Body, Endpoint, Pace, Unasked
from benchmarks.frame import InputMissing
from benchmarks.frugal_clone import clone
from benchmarks.frugal_runs import PAPER, SCRIPTS, Run, _environment, run_p2c
from benchmarks.prefix_cache import PrefixCache, tokens

AT_ONCE = Pace(0.0, 1e9, 1e9)
BLOCK = "x" * 512


def echo(body: Body) -> Answered:
    said = str(body["messages"][-1]["content"])
    if said.startswith("?"):
        raise Unasked("a riddle")
    return Answered("echo", said[:400])


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(echo, Pace(0.1, 1e9, 1e9)) as stub:
        yield stub


def asked(stub: Endpoint, said: str, **more: Any) -> dict[str, Any]:
    body = {"model": "m", "messages": [{"role": "user", "content": said}], **more}
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{stub.url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - loopback
        if not more.get("stream"):
            return dict(json.loads(response.read()))
        lines = [line[6:] for line in response.read().decode().split("\n\n") if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    return {"chunks": [json.loads(line) for line in lines[:-1]]}


def cached(answer: dict[str, Any]) -> int:
    return int(answer["usage"]["prompt_tokens_details"]["cached_tokens"])


def test_a_part_of_a_token_is_a_token() -> None:
    assert [tokens(text) for text in ("", "a", "abcd", "abcde")] == [0, 1, 1, 2]


def test_the_cache_serves_whole_blocks_of_a_known_beginning_from_1024_tokens_on() -> None:
    cache = PrefixCache()
    cache.keep(BLOCK * 9 + "tail")
    assert cache.served(BLOCK * 9 + "tail") == 9 * 128
    assert cache.served(BLOCK * 9 + "another") == 9 * 128
    assert cache.served(BLOCK * 8 + "y" + BLOCK) == 8 * 128
    assert cache.served(BLOCK * 7 + "y" + BLOCK * 3) == 0, "below 1,024 tokens nothing is served"
    assert cache.served("y" + BLOCK * 9) == 0


def test_a_beginning_is_known_once_its_call_has_got_its_first_token() -> None:
    both_are_there = threading.Barrier(2, timeout=20)
    calls = itertools.count()

    def answer(body: Body) -> Answered:
        if next(calls) < 2:
            both_are_there.wait()
        return echo(body)

    with Endpoint(answer, Pace(0.5, 1e9, 1e9)) as stub:
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda _: cached(asked(stub, BLOCK * 10)), range(2)))
        assert both == [0, 0]
        assert cached(asked(stub, BLOCK * 10)) >= 1024


def test_the_schema_of_a_structured_answer_stands_before_the_first_message(endpoint: Endpoint) -> None:
    asked(endpoint, BLOCK * 10)
    schema = {"type": "json_schema", "json_schema": {"name": "A", "schema": {"type": "object"}, "strict": True}}
    first = asked(endpoint, BLOCK * 10, response_format=schema)
    assert cached(first) == 0
    assert first["usage"]["prompt_tokens"] > tokens(BLOCK * 10)
    assert cached(asked(endpoint, BLOCK * 10, response_format=schema)) >= 1024


def test_a_stream_has_the_whole_text_and_the_count_where_it_is_asked_for(endpoint: Endpoint) -> None:
    said = "the quick brown fox " * 20
    chunks = asked(endpoint, said, stream=True, stream_options={"include_usage": True})["chunks"]
    assert "".join(c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"]) == said
    assert chunks[-1]["usage"]["completion_tokens"] == tokens(said)
    assert all("usage" not in chunk for chunk in asked(endpoint, said, stream=True)["chunks"])


def test_a_reply_is_cut_at_the_limit(endpoint: Endpoint) -> None:
    answer = asked(endpoint, "abcd" * 50, max_tokens=10)
    assert answer["choices"][0] == {
        "index": 0, "message": {"role": "assistant", "content": "abcd" * 10}, "finish_reason": "length",
        "logprobs": None,
    }  # fmt: skip


def test_the_pace_holds() -> None:
    with Endpoint(echo, Pace(0.1, 1000.0, 200.0)) as slow:
        began = time.monotonic()
        asked(slow, "abcd" * 100)
        took = time.monotonic() - began
    assert took >= 0.1 + 100 / 1000 + 100 / 200


def test_what_nobody_has_an_answer_to_is_refused_and_kept(endpoint: Endpoint) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        asked(endpoint, "? what")
    assert endpoint.unasked == ("a riddle",)
    assert endpoint.served == ()


def test_the_plan_has_twelve_files_four_deep_in_the_order_of_writing() -> None:
    assert (len(plan.FILES), plan.depth()) == (12, 4)
    seen: set[str] = set()
    for file in plan.FILES:
        assert seen.issuperset(file.depends_on)
        seen.add(file.path)


@pytest.mark.parametrize("file", plan.FILES, ids=lambda file: file.path)
def test_a_planned_file_parses_is_as_long_as_said_and_imports_what_is_there(file: plan.PlannedFile) -> None:
    text = plan.source(file.path)
    assert abs(len(text) - plan.SOURCE) < 0.01 * plan.SOURCE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.py" in file.depends_on:
            assert f"class {node.names[0].name}:" in plan.source(f"{node.module}.py")
    ast.parse(plan.signatures(file.path))
    assert abs(len(replies.note(file.path)) - plan.NOTE) < 0.05 * plan.NOTE


def test_prose_is_as_long_as_asked_and_differs() -> None:
    assert [len(plan.prose(size)) for size in (0, 1, 50, 4000)] == [0, 1, 50, 4000]
    assert plan.prose(200, 1) != plan.prose(200, 2)


def test_a_prompt_that_is_unknown_has_no_answer() -> None:
    for said in ("hello", "# Your task: sing `main.py`", "# Your task: write `another.py`"):
        with pytest.raises(Unasked):
            replies.answer_p2c({"messages": [{"role": "user", "content": said}]})
    history = [{"role": "assistant", "content": "x"}] * 4
    with pytest.raises(Unasked):
        replies.answer_papercoder({"messages": [*history, {"role": "user", "content": "and now?"}]})


def test_both_are_given_the_same_files_and_replies_of_the_same_length() -> None:
    def ours(task: str) -> str:
        return replies.answer_p2c({"messages": [{"role": "user", "content": f"# Your task: {task}"}]}).text

    def theirs(said: str, answers: int = 0) -> str:
        history = [{"role": "assistant", "content": "x"}] * answers
        return replies.answer_papercoder({"messages": [*history, {"role": "user", "content": said}]}).text

    pairs = [
        (ours("the overall plan"), theirs("plan it", 0)),
        (ours("the architecture"), theirs("design it", 1)),
        (ours("the logic design"), theirs("break it down", 2)),
        (ours("`config.yaml`"), theirs("configure it", 3)),
        (ours("the note for `main.py`"), theirs("## Logic Analysis: main.py")),
        (ours("write `main.py`"), theirs("## Code: main.py")),
    ]
    for our, their in pairs:
        assert abs(len(our) - len(their)) <= 0.05 * len(their)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run of the real command, whose endpoint answers at once."""
    folder = tmp_path_factory.mktemp("frugal")
    paper = folder / "paper.md"
    paper.write_text(plan.paper())
    return run_p2c(replies.answer_p2c, paper, folder / "p2c", AT_ONCE)


def test_the_real_command_takes_every_reply_at_the_first_go(generated: Run) -> None:
    labels = [call.label for call in generated.served]
    assert len(labels) == len(set(labels)), f"asked again: {sorted(labels)}"
    assert {f"coding/{file.path}" for file in plan.FILES} <= set(labels)


def test_it_makes_no_more_calls_and_sends_at_most_six_tenths_of_the_prompts(generated: Run) -> None:
    assert len(generated.served) <= frugal.PUBLISHED["calls"]
    assert generated.total(lambda call: call.prompt) <= frugal.PROMPT * frugal.PUBLISHED["prompt"]
    assert max(call.prompt for call in generated.served) <= 17_500, "PaperCoder's longest has 36,000"


def test_the_shared_beginning_of_its_prompts_is_served_from_the_cache(generated: Run) -> None:
    assert generated.total(lambda call: call.prompt - call.cached) <= frugal.UNCACHED * frugal.PUBLISHED["uncached"]
    notes = [call for call in generated.served if call.label.startswith("analysis/")]
    assert all(call.cached >= 0.85 * call.prompt for call in notes)


def test_what_this_process_is_set_to_changes_neither_contestants_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("P2C_CONCURRENCY", "OPENAI_ORG_ID", "PYTHONDONTWRITEBYTECODE", "https_proxy"):
        monkeypatch.setenv(name, "1")
    env = _environment("http://127.0.0.1:1/v1", tmp_path)
    assert {name for name in env if name.startswith(("P2C_", "OPENAI_", "PYTHON")) or "proxy" in name} == {
        "OPENAI_BASE_URL", "OPENAI_API_KEY",
    }  # fmt: skip


def test_a_contestant_that_asks_something_else_has_failed(tmp_path: Path) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text(plan.paper())

    def refuse(_: Body) -> Answered:
        raise Unasked("a riddle")

    with pytest.raises(ContestantFailed, match="a riddle"):
        run_p2c(refuse, paper, tmp_path / "p2c", AT_ONCE)


def test_a_folder_that_is_no_clone_of_papercoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match=r"lacks codes/1_planning\.py; name a clone"):
        clone({"papercoder": (str(tmp_path),)}, print)


def made_clone(folder: Path) -> Path:
    for name in (*(f"codes/{script}" for script in SCRIPTS), str(PAPER)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}\n")
    return folder


def test_a_clone_that_is_named_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = made_clone(tmp_path / "clone")
    assert clone({"papercoder": (str(folder),)}, print) == folder


def test_where_it_cannot_be_fetched_the_reason_and_the_way_out_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(InputMissing, match=r"cannot be fetched \(.+\); name a clone of it with --papercoder DIR"):
        clone({}, print, url=str(tmp_path / "nowhere"))


def test_without_papercoder_that_is_said_and_its_published_figures_stand_in(tmp_path: Path) -> None:
    said: list[str] = []
    bench: Any = SimpleNamespace(inputs={"papercoder": (str(tmp_path),)}, say=said.append)
    theirs, why = frugal._papercoder(bench)
    assert theirs is None
    assert "lacks codes/1_planning.py" in why
    assert said == [f"PaperCoder is skipped, its published figures stand in: {why}"]


OURS = {"calls": 2.0, "prompt": 100.0, "uncached": 50.0, "wall": 30.0}
THEIRS = {"calls": 2.0, "prompt": 200.0, "uncached": 100.0, "wall": 100.0}


def test_a_figure_at_its_limit_meets_its_target_and_one_over_it_misses() -> None:
    beside = frugal.Beside("PaperCoder", THEIRS)
    targets = frugal._targets(OURS, beside, 25.0)
    assert [target.value for target in targets] == [0.3, 0.5, 0.5, 2.0]
    assert all(target.met for target in targets)
    assert targets[0].floor.startswith("25.0 s, 0.25 of PaperCoder's: ")
    worse = {"calls": 3.0, "prompt": 121.0, "uncached": 66.0, "wall": 36.0}
    assert not any(target.met for target in frugal._targets(worse, beside, 25.0))


def test_a_contestant_that_failed_leaves_targets_that_are_not_met() -> None:
    assert not any(target.met for target in frugal._targets({}, frugal.Beside("PaperCoder", THEIRS), 25.0))
    assert not any(target.met for target in frugal._targets(OURS, frugal.Beside("PaperCoder", {}), 25.0))


def test_published_figures_are_marked_in_every_place() -> None:
    beside = frugal.Beside(frugal._PUBLISHED, frugal.PUBLISHED)
    assert all("published" in target.beside for target in frugal._targets(OURS, beside, 25.0))
    assert frugal._row(beside.name, beside.figures)[:5] == (
        "PaperCoder, published", "28", "582,751", "84.3 %", "91,615",
    )  # fmt: skip
