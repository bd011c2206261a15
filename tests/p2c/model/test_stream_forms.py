"""What comes over the wire, in all the forms that endpoints and the proxies before them give it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2c.errors import ModelError
from p2c.model.types import Message
from p2c.model.wire import DONE, NotAnAnswer, read_objects

SAID = [Message(role="user", content="write it")]
Open = Callable[..., Any]
HI = {"choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": "stop"}]}
WHOLE = {
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}
STREAM = b"data: " + json.dumps(HI).encode() + b"\n\ndata: [DONE]\n\n"


def sends(*pieces: bytes, **headers: str) -> Callable[[Any], None]:
    def act(exchange: Any) -> None:
        exchange.begin(**headers)
        for piece in pieces:
            exchange.raw(piece)

    return act


@pytest.mark.parametrize(
    "act",
    [
        sends(STREAM.replace(b"\n", b"\r\n")),
        sends(STREAM.replace(b"data: ", b"data:")),
        sends(STREAM.replace(b"\n\n", b"\n")),
        sends(b"\xef\xbb\xbf" + STREAM),
        sends(b": waking up\n\nevent: message\nid: 7\nretry: 10\n" + STREAM),
        sends(b"data: " + json.dumps(HI, indent=1).replace("\n", "\ndata: ").encode() + b"\n\n"),
        sends(b"data:\n\ndata: null\n\ndata: 3\n\n" + STREAM),
        sends(STREAM, Content_Type="text/plain"),
        sends(STREAM, Content_Type="application/json"),
        sends(gzip.compress(STREAM), Content_Encoding="gzip"),
        sends(json.dumps(WHOLE, indent=2).encode(), Content_Type="application/json"),
        sends(json.dumps(WHOLE).encode(), Content_Type="text/event-stream"),
        sends(json.dumps(HI | {"pad": "x" * 3_000_000}).join(("data: ", "\n\n")).encode()),
        lambda exchange: exchange.status(200, WHOLE),
        lambda exchange: exchange.status(200, gzip.compress(json.dumps(WHOLE).encode()), {"Content-Encoding": "gzip"}),
        lambda exchange: exchange.status(200, STREAM, {"Content-Type": "text/event-stream"}),  # buffered by a proxy
    ],
    ids=["crlf", "no blank", "no blank lines", "mark", "fields", "many lines", "nothing", "plain", "json", "gzip",
         "whole", "whole as events", "long line", "whole with length", "whole gzip", "buffered"],
)  # fmt: skip
def test_an_answer_is_understood(stub: Any, open_stub: Open, act: Any) -> None:
    stub.does(act)
    assert open_stub().ask("s", SAID).text == "hi"


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (sends(b'data: {"choices": [\n\n'), "broken piece of JSON"),
        (sends(b'data: {"choices": [\ndata: [DONE]\n\n'), "broken piece of JSON"),
        (sends(STREAM.replace(b": ", b"; ")), "a page instead of a completion"),
        (sends(gzip.compress(STREAM)[:40] + b"garbage" * 9, Content_Encoding="gzip"), "connection to .* failed"),
        (sends(b"no gzip at all", Content_Encoding="gzip"), "connection to .* failed .*Decoding"),
        (sends(b"zz\r\nnot a chunk", Transfer_Encoding="chunked"), "connection to .* failed .*Protocol"),
        (sends(b"7\r\ndata: {", Transfer_Encoding="chunked"), "connection to .* failed .*Protocol"),
        (sends(b'data: {"error": {"message": "provider disconnected", "code": 502}}\n\n'), "provider disconnected"),
        (sends(b'event: error\ndata: {"message": "provider gone"}\n\n'), "provider gone"),
        (sends(b"event: error\ndata: upstream timed out\n\n"), "upstream timed out"),
        (sends(STREAM[:-14].replace(b'"stop"', b"null") + b'{"error": "engine died"}\n'), "engine died"),
        (lambda exchange: exchange.fails(200, "upstream is gone"), "upstream is gone"),
        (lambda exchange: exchange.status(200, json.dumps([{"error": {"message": "busy"}}])), "busy"),
        (lambda exchange: exchange.status(200, {"status": "ok"}), "answered without a completion"),
        (lambda exchange: exchange.status(200, b""), "sent an empty answer"),
        (lambda exchange: exchange.status(200, b"\x00\xff\xfe" * 9), "a page instead of a completion"),
        (sends(b"data: " + json.dumps(HI).replace("stop", "error").encode() + b"\n\n"), "an error of its own"),
    ],
)
def test_what_is_no_answer_is_tried_again(stub: Any, open_stub: Open, events: Any, act: Any, reason: str) -> None:
    stub.does(act, stub.says("done"))
    assert open_stub().ask("s", SAID).text == "done"
    (again,) = [str(event["reason"]) for event in events if event["event"] == "call_retried"]
    assert re.search(reason, again)


@pytest.mark.parametrize(
    ("error", "gives"),
    [
        ({"message": "No auth credentials found", "code": 401}, r"refused the key \(401: No auth"),
        ({"message": "no credit", "code": "402"}, "wants payment"),
        ({"message": "maximum context length is 8192 tokens", "code": "context_length_exceeded"}, "longer than"),
    ],
)
def test_a_final_error_that_comes_with_status_200_is_final(stub: Any, open_stub: Open, error: Any, gives: str) -> None:
    stub.does(lambda exchange: exchange.status(200, {"error": error}))
    with pytest.raises(ModelError, match=gives):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1


def test_bytes_that_are_no_utf_8_spoil_only_themselves(stub: Any, open_stub: Open) -> None:
    stub.does(sends(STREAM.replace(b"hi", b"h\xffi \xc3\xa9 \xed\xa0\x80")))
    assert open_stub().ask("s", SAID).text == "h\ufffdi é \ufffd\ufffd\ufffd"


def test_content_as_a_list_of_parts_is_text(stub: Any, open_stub: Open) -> None:
    parts = {"choices": [{"index": 0, "delta": {"content": [{"type": "text", "text": "hi"}]}, "finish_reason": "stop"}]}
    stub.does(sends(b"data: " + json.dumps(parts).encode() + b"\n\n"))
    assert open_stub().ask("s", SAID).text == "hi"


def test_other_choices_than_the_first_are_left_out(stub: Any, open_stub: Open) -> None:
    def two(exchange: Any) -> None:
        exchange.begin()
        choices = [{"index": 1, "delta": {"content": "ho"}}, {"index": 0, "delta": {"content": "hi"}}]
        exchange.chunk({"choices": choices})
        exchange.end()

    stub.does(two)
    assert open_stub().ask("s", SAID).text == "hi"


def test_characters_that_no_file_can_hold_are_mended(stub: Any, open_stub: Open) -> None:
    def odd(exchange: Any) -> None:
        exchange.begin()
        exchange.chunk('{"choices":[{"index":0,"delta":{"content":"a\\ud83d"}}]}')
        exchange.chunk(
            '{"choices":[{"index":0,"delta":{"content":"\\ude00b\\u0000c\\udc00d"},"finish_reason":"stop"}]}'
        )
        exchange.chunk("[DONE]")

    stub.does(odd)
    assert open_stub().ask("s", [Message(role="user", content="lone \ud800 and \0")]).text == "a😀bc�d"
    assert stub.bodies[0]["messages"][0]["content"] == "lone � and "


def test_an_answer_that_never_ends_is_cut(stub: Any, open_stub: Open, monkeypatch: Any) -> None:
    monkeypatch.setattr("p2c.model.stream.MOST_CHARACTERS", 10_000)

    def endless(exchange: Any) -> None:
        exchange.begin()
        while not exchange.over.is_set():
            exchange.text("again and again " * 50)

    stub.does(endless)
    with pytest.raises(ModelError, match="characters without an end; tried 3 times"):
        open_stub().ask("s", SAID)


def test_a_line_that_never_ends_is_cut(monkeypatch: Any) -> None:
    monkeypatch.setattr("p2c.model.wire.MOST_BYTES", 1000)
    with pytest.raises(NotAnAnswer, match="without a line break"):
        list(read_objects(b"x" * 100 for _ in range(20)))
    with pytest.raises(NotAnAnswer, match="no events"):
        list(read_objects(b"line\n" for _ in range(2000)))


@given(st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=40), st.sampled_from([b"\n", b"\r\n"]))
def test_a_stream_may_be_cut_anywhere(sizes: list[int], line_end: bytes) -> None:
    text = 'data: {"a": "é☃😀"}\n\n: x\ndata: {"b": 2}\n\ndata: [DONE]\n\n'
    stream = text.encode().replace(b"\n", line_end)
    pieces, start = [], 0
    while start < len(stream):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(stream[start : start + size])
        start += size
    *objects, last = list(read_objects(pieces))
    assert objects == [{"a": "é☃😀"}, {"b": 2}]
    assert last is DONE


WORDS = st.sampled_from([b"data: ", b"\n\n", b"{}", b"[", b"event: error\n", b"[DONE]"])


@given(st.lists(st.binary(max_size=60) | WORDS))
def test_whatever_comes_is_objects_or_no_answer(pieces: list[bytes]) -> None:
    with suppress(NotAnAnswer):
        assert all(isinstance(found, dict) for found in read_objects(pieces))
