"""What an endpoint does not take of the protocol is left out, and remembered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from p2c.errors import ContextTooLong, ModelError
from p2c.model.dialect import Dialect, Dialects
from p2c.model.settings import ModelSettings
from p2c.model.types import Message

SAID = [Message(role="system", content="rules"), Message(role="user", content="write it")]
Open = Callable[..., Any]
WHOLE = {"choices": [{"message": {"role": "assistant", "content": "whole"}, "finish_reason": "stop"}]}
LIMITS = ("max_tokens", "max_completion_tokens")


@pytest.mark.parametrize(
    ("message", "gone"),
    [
        ("Unsupported value: 'temperature' does not support 0.2 with this model. Only 1 is.", "temperature"),
        ("stream_options: Extra inputs are not permitted", "stream_options"),
        ("Unrecognized request argument supplied: include_usage", "stream_options"),
        ("Unrecognized request argument supplied", "stream_options"),
    ],
)
def test_a_parameter_that_is_refused_is_left_out_from_then_on(
    stub: Any, open_stub: Open, message: str, gone: str
) -> None:
    stub.does(stub.fails(400, message), stub.says("one"), stub.says("two"))
    model = open_stub(temperature=0.2)
    assert model.ask("a", SAID).text == "one"
    assert model.ask("b", SAID).text == "two"
    assert [gone in body for body in stub.bodies] == [True, False, False]
    assert all({"temperature", "stream_options", "stream"} - {gone} <= set(body) for body in stub.bodies)


@pytest.mark.parametrize(
    "message",
    [
        "Your organization must be verified to stream this model.",
        "streaming is not supported for this deployment",
        "'stream' must be false",
    ],
)
def test_where_streaming_is_refused_the_answer_comes_whole(stub: Any, open_stub: Open, message: str) -> None:
    stub.does(stub.fails(400, message), lambda exchange: exchange.status(200, WHOLE))
    model = open_stub()
    assert model.ask("a", SAID).text == "whole"
    assert model.ask("b", SAID).text == "whole"
    assert ["stream" in body for body in stub.bodies] == [True, False, False]
    assert ["stream_options" in body for body in stub.bodies] == [True, False, False]


def test_max_tokens_becomes_max_completion_tokens_where_the_model_wants_that(stub: Any, open_stub: Open) -> None:
    stub.does(
        stub.fails(400, "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."),
        stub.says("ok"),
    )
    model = open_stub(temperature=1.0)
    assert [model.ask(step, SAID).text for step in "ab"] == ["ok", "ok"]
    sent = [[name for name in LIMITS if name in body] for body in stub.bodies]
    assert sent == [[LIMITS[0]], [LIMITS[1]], [LIMITS[1]]]


def test_where_neither_name_is_known_there_is_no_limit(stub: Any, open_stub: Open) -> None:
    stub.does(
        stub.fails(422, "max_tokens: Extra inputs are not permitted"),
        stub.fails(422, "max_completion_tokens: Extra inputs are not permitted"),
        stub.says("ok"),
    )
    assert open_stub().ask("a", SAID).text == "ok"
    assert not set(LIMITS) & set(stub.bodies[-1])


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens is too large: 16384. This model supports at most 4096 completion tokens.",
        "`max_tokens` must be less than or equal to `8192`",
        "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
        "This model's maximum context length is 8192 tokens. However, you requested 16400 tokens (30 in the messages, "
        "16370 in the completion). Please reduce the length of the messages or completion.",
        "'max_tokens' or 'max_completion_tokens' is too large: 16384. This model's maximum context length is 8192 "
        "tokens and your request has 30 input tokens (16384 > 8192 - 30).",
    ],
)
def test_a_limit_that_is_too_large_is_left_to_the_endpoint(stub: Any, open_stub: Open, message: str) -> None:
    stub.does(stub.fails(400, message), stub.says("ok"))
    assert open_stub().ask("s", SAID).text == "ok"
    assert [sorted(set(LIMITS) & set(body)) for body in stub.bodies] == [["max_tokens"], []]


def test_a_prompt_that_leaves_no_room_is_still_too_long(stub: Any, open_stub: Open) -> None:
    stub.does(
        stub.fails(400, "maximum context length is 8192. You requested 9000 in the messages, 11000 completion tokens"),
        stub.fails(400, "maximum context length is 8192 tokens. Your messages resulted in 9000 tokens."),
    )  # fmt: skip
    with pytest.raises(ContextTooLong, match="messages resulted in 9000"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 2


def test_a_refused_request_ends_with_the_endpoints_words(stub: Any, open_stub: Open) -> None:
    stub.does(stub.fails(400, "messages: roles must alternate"))
    with pytest.raises(ModelError, match=r"s: .*400: messages: roles must alternate.*try another model"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) <= 3


def test_a_known_context_window_is_checked_before_the_call(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("never"))
    with pytest.raises(ContextTooLong, match="about 1000 tokens, the model's context window 900"):
        open_stub(context_tokens=900).ask("s", [Message(role="user", content="x" * 4000)])
    assert not stub.bodies


def test_the_reply_gets_what_the_context_window_leaves(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("ok"))
    open_stub(context_tokens=3000).ask("s", [Message(role="user", content="x" * 4000)])
    assert stub.bodies[0]["max_tokens"] == 2000


def test_what_one_call_learnt_is_not_forgotten_by_one_that_began_before() -> None:
    dialects, settings = Dialects(), ModelSettings(base_url="http://h/v1", model="m")
    early = dialects.get(settings)
    dialects.worked(settings, early.dropping("response_format"), {})
    dialects.worked(settings, Dialect(limit=None), {})
    dialects.worked(settings, early, {"stream": True})
    assert dialects.get(settings) == Dialect(response_format=False, limit=None)
    assert dialects.get(ModelSettings(base_url="http://h/v1", model="other")) == early


def test_of_parallel_calls_each_is_refused_once_at_most(stub: Any, open_stub: Open) -> None:
    together = threading.Barrier(4, timeout=10)

    def act(exchange: Any) -> None:
        if "stream_options" in exchange.body:
            together.wait()
            exchange.fails(400, "stream_options is unknown")
        else:
            exchange.says("ok")

    stub.does(act)
    model = open_stub()
    asked = [(f"s{n}", [Message(role="user", content=f"{n}")]) for n in range(4)]
    threads = [threading.Thread(target=model.ask, args=args) for args in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted("stream_options" in body for body in stub.bodies) == [False] * 4 + [True] * 4
    model.ask("later", SAID)
    assert "stream_options" not in stub.bodies[-1]
