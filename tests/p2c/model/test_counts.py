"""Tokens: as the endpoint counts them, estimated where it does not, and nothing paid for goes uncounted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from p2c.model.types import Message, Model

SAID = [Message(role="system", content="rules"), Message(role="user", content="write it")]
Open = Callable[..., Any]


def test_an_answer_comes_with_the_endpoints_own_count(stub: Any, open_stub: Open, events: Any) -> None:
    usage = {"prompt_tokens": 200, "completion_tokens": 20, "total_tokens": 220,
             "prompt_tokens_details": {"cached_tokens": 128}}  # fmt: skip
    stub.does(stub.says("Hello, wörld ☃", usage=usage))
    model: Model = open_stub()
    reply = model.ask("coding/a.py", SAID)
    assert reply.text == "Hello, wörld ☃"
    assert not reply.recorded
    assert (reply.usage.calls, reply.usage.prompt_tokens, reply.usage.cached_tokens, reply.usage.reply_tokens) == (
        1, 200, 128, 20,
    )  # fmt: skip
    assert model.usage()["coding/a.py"] == reply.usage
    assert [event["event"] for event in events] == ["call_started", "call_finished"]
    assert stub.bodies[0]["messages"] == [{"role": m.role, "content": m.content} for m in SAID]
    assert stub.bodies[0]["stream_options"] == {"include_usage": True}


def test_without_a_count_tokens_are_estimated_and_that_is_said_once(stub: Any, open_stub: Open, events: Any) -> None:
    def uncounted(exchange: Any) -> None:
        exchange.begin()
        exchange.text(None, reasoning_content="y" * 400)
        exchange.text("x" * 400)
        exchange.end()

    stub.does(uncounted)
    model = open_stub()
    assert [model.ask(step, SAID).usage.reply_tokens for step in "ab"] == [200, 200], "reasoning is paid for, too"
    assert sum("does not count tokens" in str(event.get("message")) for event in events) == 1


@pytest.mark.parametrize(
    "usage",
    [
        '{"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}',
        '{"prompt_tokens": 100, "completion_tokens": 0}',
        '{"prompt_tokens": 100, "completion_tokens": null}',
        '{"prompt_tokens": NaN, "completion_tokens": -5}',
        '{"prompt_tokens": "many", "completion_tokens": Infinity, "prompt_tokens_details": []}',
        '{"prompt_tokens": 0, "completion_tokens": null, "prompt_tokens_details": {"cached_tokens": {}}}',
        '{"prompt_tokens": true, "completion_tokens": 1e300}',
    ],
)
def test_a_count_that_cannot_be_is_none_and_is_estimated(stub: Any, open_stub: Open, events: Any, usage: str) -> None:
    def odd(exchange: Any) -> None:
        exchange.begin()
        exchange.text("x" * 400)
        exchange.text(None, "stop")
        exchange.chunk('{"choices": [], "usage": ' + usage + "}")
        exchange.chunk("[DONE]")

    stub.does(odd)
    reply = open_stub().ask("s", [Message(role="user", content="y" * 400)])
    assert (reply.text, reply.usage.calls) == ("x" * 400, 1)
    assert (reply.usage.prompt_tokens, reply.usage.cached_tokens, reply.usage.reply_tokens) == (100, 0, 100)
    assert any("does not count tokens" in str(event.get("message")) for event in events)


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        # Grok: https://docs.x.ai/docs/key-information/consumption-and-rate-limits
        (
            {"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135,
             "prompt_tokens_details": {"cached_tokens": 6}, "completion_tokens_details": {"reasoning_tokens": 94}},
            (32, 6, 103),
        ),
        # Gemini's OpenAI endpoint tells reasoning by the total alone
        ({"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 623}, (20, 0, 603)),
        # OpenAI: reasoning is among the completion's tokens
        (
            {"prompt_tokens": 32, "completion_tokens": 103, "total_tokens": 135,
             "completion_tokens_details": {"reasoning_tokens": 94}},
            (32, 0, 103),
        ),
        # Anthropic's way: what the cache served stands beside the rest of the prompt
        (
            {"prompt_tokens": 100, "completion_tokens": 9, "total_tokens": 109,
             "prompt_tokens_details": {"cached_tokens": 8000}},
            (8100, 8000, 9),
        ),
        ({"prompt_tokens": 100, "completion_tokens": 9, "prompt_tokens_details": None}, (100, 0, 9)),
        ({"prompt_tokens": 100, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": None}}, (100, 0, 9)),
        ({"prompt_tokens": 100, "completion_tokens": 9, "prompt_cache_hit_tokens": 64}, (100, 64, 9)),
    ],
    ids=["grok", "gemini", "openai", "beside the prompt", "no details", "null", "deepseek"],
)  # fmt: skip
def test_what_is_paid_for_is_counted_in_whatever_form_it_is_told(
    stub: Any, open_stub: Open, usage: dict[str, Any], counted: tuple[int, int, int]
) -> None:
    stub.does(stub.says("hi", usage=usage))
    paid = open_stub().ask("s", SAID).usage
    assert (paid.prompt_tokens, paid.cached_tokens, paid.reply_tokens) == counted


def test_a_count_of_the_beginning_is_not_all_that_a_broken_off_answer_cost(stub: Any, open_stub: Open) -> None:
    def break_off(exchange: Any) -> None:
        exchange.begin()
        exchange.chunk(
            {
                "choices": [{"index": 0, "delta": {"content": "x"}}],
                "usage": {"prompt_tokens": 90, "completion_tokens": 1},
            }
        )
        exchange.text("x" * 399)

    stub.does(break_off, stub.says("whole"))
    paid = open_stub().ask("s", SAID).usage
    assert (paid.calls, paid.prompt_tokens, paid.reply_tokens) == (2, 90 + 100, 100 + 10)


def test_exchanges_are_lines_of_json(stub: Any, open_stub: Open, tmp_path: Path) -> None:
    stub.does(stub.says("hi"))
    open_stub().ask("s", SAID)
    (line,) = (tmp_path / "exchanges.jsonl").read_text().splitlines()
    entry = json.loads(line)
    assert (entry["step"], entry["reply"], entry["model"]) == ("s", "hi", "some-model")
