"""The endpoint over real HTTP: what goes wrong is tried again, worked around, or said plainly."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from p2c.errors import ContextTooLong, ModelError, P2cError
from p2c.model.types import Message, Model

SAID = [Message(role="system", content="rules"), Message(role="user", content="write it")]
Open = Callable[..., Any]


def names(events: list[dict[str, object]]) -> list[object]:
    return [event["event"] for event in events]


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
    assert names(events) == ["call_started", "call_finished"]
    assert stub.bodies[0]["messages"] == [{"role": m.role, "content": m.content} for m in SAID]
    assert stub.bodies[0]["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_a_passing_failure_is_tried_again(stub: Any, open_stub: Open, events: Any, status: int) -> None:
    stub.does(stub.fails(status), stub.fails(status, "still"), stub.says("done"))
    assert open_stub().ask("s", SAID).text == "done"
    assert names(events) == ["call_started", "call_retried", "call_retried", "call_finished"]
    assert str(status) in str(events[1]["reason"])


def test_retry_after_in_seconds_is_obeyed(stub: Any, open_stub: Open, events: Any) -> None:
    stub.does(stub.fails(429, headers={"Retry-After": "0.4"}), stub.says("done"))
    open_stub().ask("s", SAID)
    assert stub.times[1] - stub.times[0] >= 0.4


def test_retry_after_as_a_date_is_obeyed(stub: Any, open_stub: Open, events: Any) -> None:
    stub.does(stub.fails(503, headers={"Retry-After": formatdate(time.time() + 2, usegmt=True)}), stub.says("done"))
    open_stub().ask("s", SAID)
    assert 0.5 <= stub.times[1] - stub.times[0] <= 3


def test_an_hour_of_retry_after_is_not_waited_for(stub: Any, open_stub: Open) -> None:
    stub.does(stub.fails(429, headers={"Retry-After": "3600"}))
    with pytest.raises(ModelError, match="asks to wait 3600 s"):
        open_stub().ask("s", SAID)


def test_retries_are_bounded_and_the_end_is_said(stub: Any, open_stub: Open, events: Any) -> None:
    stub.does(stub.fails(503, "overloaded"))
    with pytest.raises(ModelError, match=r"coding/x: .*503: overloaded.*tried 4 times.*goes on from here"):
        open_stub().ask("coding/x", SAID)
    assert len(stub.bodies) == 4
    assert names(events)[-1] == "call_failed"


def test_a_used_up_quota_is_not_retried(stub: Any, open_stub: Open) -> None:
    stub.does(stub.fails(429, "You exceeded your current quota", code="insufficient_quota", type="insufficient_quota"))
    with pytest.raises(ModelError, match="quota is used up"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1


def test_a_reset_before_any_byte_is_tried_again(stub: Any, open_stub: Open, events: Any) -> None:
    stub.does(lambda exchange: exchange.reset(), stub.says("done"))
    assert open_stub().ask("s", SAID).text == "done"
    assert "connection" in str(events[1]["reason"])


def test_a_reset_in_the_middle_is_tried_again_and_its_tokens_count(stub: Any, open_stub: Open, tmp_path: Path) -> None:
    def half(exchange: Any) -> None:
        exchange.begin()
        exchange.text("half an answer, ")
        time.sleep(0.05)
        exchange.reset()

    stub.does(half, stub.says("done"))
    reply = open_stub().ask("s", SAID)
    assert reply.text == "done"
    assert reply.usage.calls == 2


def test_a_stream_that_ends_early_without_a_word_is_not_an_answer(stub: Any, open_stub: Open, events: Any) -> None:
    def early(exchange: Any) -> None:
        exchange.begin()
        exchange.text("def f(:")

    stub.does(early, stub.says("done"))
    assert open_stub().ask("s", SAID).text == "done"
    assert "before the answer was complete" in str(events[1]["reason"])


def test_a_stalled_stream_is_cut_and_tried_again(stub: Any, open_stub: Open, events: Any) -> None:
    def stall(exchange: Any) -> None:
        exchange.begin()
        exchange.text("thinking")
        time.sleep(3)

    stub.does(stall, stub.says("done"))
    started = time.monotonic()
    assert open_stub(stall_seconds=0.3).ask("s", SAID).text == "done"
    assert time.monotonic() - started < 2
    assert "stalled" in str(events[1]["reason"])


def test_keep_alive_comments_do_not_hide_a_stall(stub: Any, open_stub: Open, events: Any) -> None:
    def keep_alive(exchange: Any) -> None:
        exchange.begin()
        for _ in range(40):
            exchange.handler.wfile.write(b": PROCESSING\n\n")
            exchange.handler.wfile.flush()
            time.sleep(0.05)

    stub.does(keep_alive, stub.says("done"))
    assert open_stub(timeout=0.5).ask("s", SAID).text == "done"
    assert "stalled" in str(events[1]["reason"])


def test_silence_before_the_first_byte_is_tried_again(stub: Any, open_stub: Open, events: Any) -> None:
    stub.does(lambda _: time.sleep(1), stub.says("done"))
    assert open_stub(timeout=0.3).ask("s", SAID).text == "done"
    assert "sent nothing" in str(events[1]["reason"])


def test_a_long_call_gives_signs_of_life(stub: Any, open_stub: Open, events: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("p2c.model.watch.HEARTBEAT_SECONDS", 0.1)

    def slow(exchange: Any) -> None:
        exchange.begin()
        exchange.text("12345")
        time.sleep(0.5)
        exchange.end(usage={"prompt_tokens": 1, "completion_tokens": 1})

    stub.does(slow)
    open_stub().ask("s", SAID)
    beats = [event for event in events if event["event"] == "call_progress"]
    assert len(beats) >= 3
    assert beats[-1]["characters"] == 5


@pytest.mark.parametrize(
    ("refusal", "advice"),
    [
        ((401, "Incorrect API key provided: sk-secret-0123456789"), "check OPENAI_API_KEY"),
        ((402, "no money"), "balance"),
        ((403, "no access"), "what the key may use"),
        ((404, "The model `some-model` does not exist"), r"check --model and OPENAI_BASE_URL"),
    ],
)
def test_a_final_refusal_says_what_to_try_and_never_the_key(
    stub: Any, open_stub: Open, tmp_path: Path, refusal: tuple[int, str], advice: str
) -> None:
    stub.does(stub.fails(*refusal))
    with pytest.raises(ModelError, match=advice) as caught:
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1
    everything = "".join(traceback.format_exception(caught.value)) + (tmp_path / "journal.jsonl").read_text()
    assert "sk-secret" not in everything
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "error",
    [
        {"message": "This model's maximum context length is 8192 tokens", "code": "context_length_exceeded"},
        {"message": "Requested tokens (9000) exceed context window of 8192"},
        {"message": "the request exceeds the available context size, try increasing it"},
    ],
)
def test_a_prompt_that_is_too_long_has_an_error_of_its_own(stub: Any, open_stub: Open, error: Any) -> None:
    stub.does(lambda exchange: exchange.status(400, {"error": error}))
    with pytest.raises(ContextTooLong, match="context window"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1


def test_a_known_context_window_is_checked_before_the_call(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("never"))
    with pytest.raises(ContextTooLong):
        open_stub(context_tokens=1000).ask("s", [Message(role="user", content="x" * 5000)])
    assert not stub.bodies


def test_the_reply_limit_fits_into_the_context_window(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("ok"))
    open_stub(context_tokens=2000).ask("s", [Message(role="user", content="x" * 4000)])
    assert stub.bodies[0]["max_tokens"] == 1000


@pytest.mark.parametrize(
    ("message", "gone"),
    [
        ("Unknown parameter: stream_options", "stream_options"),
        ("Unsupported value: 'temperature' does not support 0.2 with this model", "temperature"),
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


def test_max_tokens_becomes_max_completion_tokens_where_the_model_wants_that(stub: Any, open_stub: Open) -> None:
    stub.does(
        stub.fails(400, "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."),
        stub.says("ok"),
    )
    assert open_stub().ask("s", SAID).text == "ok"
    assert "max_tokens" not in stub.bodies[1]
    assert "max_completion_tokens" in stub.bodies[1]


def test_a_refused_request_ends_with_the_endpoints_words(stub: Any, open_stub: Open) -> None:
    stub.does(stub.fails(400, "messages: roles must alternate"))
    with pytest.raises(ModelError, match="roles must alternate"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) <= 3


def test_without_a_count_tokens_are_estimated_and_that_is_said(stub: Any, open_stub: Open, events: Any) -> None:
    def uncounted(exchange: Any) -> None:
        exchange.begin()
        exchange.text("x" * 400)
        exchange.end()

    stub.does(uncounted)
    assert open_stub().ask("s", SAID).usage.reply_tokens == 100
    assert any("does not count tokens" in str(event.get("message")) for event in events)


@pytest.mark.parametrize("status", [200, 503])
def test_an_html_page_is_never_an_answer(stub: Any, open_stub: Open, status: int) -> None:
    stub.does(lambda exchange: exchange.status(status, "<!DOCTYPE html><html><body>Log in</body></html>"))
    with pytest.raises(ModelError, match=r"page") as caught:
        open_stub().ask("s", SAID)
    assert "<body>" not in str(caught.value) or status == 200
    assert len(stub.bodies) == (2 if status == 200 else 4)


def test_an_endpoint_that_does_not_stream_is_understood(stub: Any, open_stub: Open) -> None:
    whole = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
             "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}}  # fmt: skip
    stub.does(lambda exchange: exchange.status(200, whole))
    reply = open_stub().ask("s", SAID)
    assert (reply.text, reply.usage.prompt_tokens) == ("hi", 3)


def test_an_error_as_json_with_status_200_is_not_an_answer(stub: Any, open_stub: Open) -> None:
    stub.does(stub.fails(200, "upstream is gone"), stub.says("done"))
    assert open_stub().ask("s", SAID).text == "done"


def test_an_error_in_the_middle_of_a_stream_is_tried_again(stub: Any, open_stub: Open, events: Any) -> None:
    def broken(exchange: Any) -> None:
        exchange.begin()
        exchange.text("half")
        exchange.chunk({"error": {"message": "provider disconnected", "code": 502}})

    stub.does(broken, stub.says("done"))
    assert open_stub().ask("s", SAID).text == "done"
    assert "provider disconnected" in str(events[1]["reason"])


def test_broken_json_in_a_stream_is_tried_again(stub: Any, open_stub: Open) -> None:
    def broken(exchange: Any) -> None:
        exchange.begin()
        exchange.chunk('{"choices": [')

    stub.does(broken, stub.says("done"))
    assert open_stub().ask("s", SAID).text == "done"


@pytest.mark.parametrize(
    "chunk",
    [
        {"choices": []},
        {"choices": None},
        {"choices": [{"index": 0, "delta": {"content": None}, "finish_reason": "stop"}]},
        {"choices": [{"index": 0, "delta": None, "finish_reason": "stop"}]},
        {"choices": [{"index": 0, "delta": {"content": "  \n"}, "finish_reason": "stop"}]},
    ],
)
def test_an_empty_answer_is_asked_for_again(stub: Any, open_stub: Open, chunk: Any) -> None:
    def empty(exchange: Any) -> None:
        exchange.begin()
        exchange.chunk(chunk)
        exchange.chunk("[DONE]")

    stub.does(empty, stub.says("done"))
    assert open_stub().ask("s", SAID).text == "done"


def test_answers_that_stay_empty_are_an_error(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says(""))
    with pytest.raises(ModelError, match="empty answer"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 3


def test_a_refusal_is_said_and_not_repeated(stub: Any, open_stub: Open) -> None:
    def refuse(exchange: Any) -> None:
        exchange.begin()
        exchange.text(None, refusal="I cannot help with that.")
        exchange.end()

    stub.does(refuse)
    with pytest.raises(ModelError, match=r"refused: I cannot help with that"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1


def test_a_content_filter_is_a_refusal(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("part of", finish="content_filter"))
    with pytest.raises(ModelError, match="content filter"):
        open_stub().ask("s", SAID)


def test_an_answer_cut_at_the_limit_is_continued_without_a_seam(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("```python\nx = 1\nvalue = comp", "length"), stub.says("```python\nvalue = compute(x)\n```"))
    reply = open_stub().ask("s", SAID)
    assert reply.text == "```python\nx = 1\nvalue = compute(x)\n```"
    assert reply.usage.calls == 2
    assert stub.bodies[1]["messages"][2] == {"role": "assistant", "content": "```python\nx = 1\nvalue = comp"}


def test_an_answer_without_an_end_is_given_up(stub: Any, open_stub: Open) -> None:
    count = iter(range(1000))

    def endless(exchange: Any) -> None:
        stub.says(f"line {next(count)} of many\n", "length")(exchange)

    stub.does(endless)
    with pytest.raises(ModelError, match="not complete after 8 parts"):
        open_stub().ask("s", SAID)


def test_reasoning_never_reaches_the_answer(stub: Any, open_stub: Open) -> None:
    def think(exchange: Any) -> None:
        exchange.begin()
        exchange.text(None, reasoning_content="hidden thoughts")
        exchange.text("<think>open ")
        exchange.text("thoughts</think>\n\nThe answer")
        exchange.end(usage={"prompt_tokens": 1, "completion_tokens": 1})

    stub.does(think)
    assert open_stub().ask("s", SAID).text == "The answer"


def test_a_reply_that_is_all_reasoning_says_so(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("<think>and on and on", "length"))
    with pytest.raises(ModelError, match="P2C_MAX_REPLY_TOKENS"):
        open_stub().ask("s", SAID)


def test_characters_that_no_file_can_hold_are_mended(stub: Any, open_stub: Open, tmp_path: Path) -> None:
    def odd(exchange: Any) -> None:
        exchange.begin()
        exchange.chunk('{"choices":[{"index":0,"delta":{"content":"a\\ud83d"}}]}')
        exchange.chunk(
            '{"choices":[{"index":0,"delta":{"content":"\\ude00b\\u0000c\\udc00d"},"finish_reason":"stop"}]}'
        )
        exchange.chunk("[DONE]")

    stub.does(odd)
    reply = open_stub().ask("s", [Message(role="user", content="lone \ud800 and \0")])
    assert reply.text == "a😀bc�d"
    assert stub.bodies[0]["messages"][0]["content"] == "lone � and "
    assert "sk-secret" not in (tmp_path / "exchanges.jsonl").read_text()


def test_content_as_a_list_of_parts_is_text(stub: Any, open_stub: Open) -> None:
    def parts(exchange: Any) -> None:
        exchange.begin()
        exchange.chunk({"choices": [{"index": 0, "delta": {"content": [{"type": "text", "text": "hi"}]}}]})
        exchange.end()

    stub.does(parts)
    assert open_stub().ask("s", SAID).text == "hi"


def test_nothing_listens_there(open_stub: Open) -> None:
    with pytest.raises(ModelError, match=r"connection to http://127.0.0.1:9/v1 failed"):
        open_stub(base_url="http://127.0.0.1:9/v1", tries=2).ask("s", SAID)


def test_a_password_in_the_address_is_not_shown(open_stub: Open) -> None:
    with pytest.raises(ModelError) as caught:
        open_stub(base_url="http://user:hunter22@127.0.0.1:9/v1", tries=1).ask("s", SAID)
    assert "hunter22" not in str(caught.value)


def test_closing_ends_a_wait(stub: Any, open_stub: Open) -> None:
    stub.does(stub.fails(429, headers={"Retry-After": "60"}))
    model = open_stub()
    import threading

    caught: list[P2cError] = []

    def ask() -> None:
        try:
            model.ask("s", SAID)
        except P2cError as error:
            caught.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not stub.bodies:
        time.sleep(0.01)
    time.sleep(0.1)
    model.close()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert isinstance(caught[0], ModelError)


def test_exchanges_are_lines_of_json(stub: Any, open_stub: Open, tmp_path: Path) -> None:
    stub.does(stub.says("hi"))
    open_stub().ask("s", SAID)
    (line,) = (tmp_path / "exchanges.jsonl").read_text().splitlines()
    entry = json.loads(line)
    assert (entry["step"], entry["reply"], entry["model"]) == ("s", "hi", "some-model")
