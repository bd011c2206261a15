"""Answers that are cut off at the limit: continued, joined, and never paid for twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from p2c.errors import ModelError
from p2c.model.types import Message

SAID = [Message(role="system", content="rules"), Message(role="user", content="write it")]
FIRST = "```python\nx = 1\nvalue = comp"
WHOLE = "```python\nx = 1\nvalue = compute(x)\n```"
Open = Callable[..., Any]


@pytest.mark.parametrize(
    "word", ["length", "max_tokens", "MAX_TOKENS", "model_length", "model_context_window_exceeded"]
)
def test_an_answer_cut_at_the_limit_is_continued_without_a_seam(stub: Any, open_stub: Open, word: str) -> None:
    stub.does(stub.says(FIRST, word), stub.says("```python\nvalue = compute(x)\n```"))
    reply = open_stub().ask("s", SAID)
    assert reply.text == WHOLE
    assert reply.usage.calls == 2
    assert stub.bodies[1]["messages"][2] == {"role": "assistant", "content": FIRST}


def test_a_beginning_that_was_paid_for_is_continued_by_the_next_process(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says(FIRST, "length"), stub.fails(401))
    with pytest.raises(ModelError, match="refused the key"):
        open_stub().ask("s", SAID)
    stub.does(stub.says("ute(x)\n```"))
    later = open_stub()
    assert later.usage()["s"].calls == 1
    reply = later.ask("s", SAID)
    assert (reply.text, reply.usage.calls, later.usage()["s"].calls) == (WHOLE, 1, 2)
    assert stub.bodies[-1]["messages"][2] == {"role": "assistant", "content": FIRST}
    assert open_stub().ask("s", SAID).text == WHOLE
    assert len(stub.bodies) == 3


def test_the_same_question_asked_anew_begins_anew(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says(FIRST, "length"), stub.says("ute(x)\n```"), stub.says("another"))
    model = open_stub()
    assert [model.ask("s", SAID).text for _ in range(2)] == [WHOLE, "another"]
    assert len(stub.bodies[-1]["messages"]) == len(SAID)


def test_an_answer_without_an_end_is_given_up_and_not_gone_on_with(stub: Any, open_stub: Open) -> None:
    count = iter(range(1000))

    def endless(exchange: Any) -> None:
        exchange.says(f"line {next(count)} of many\n", "length")

    stub.does(endless)
    with pytest.raises(ModelError, match=r"s: .*not complete after 8 parts .*P2C_MAX_REPLY_TOKENS"):
        open_stub().ask("s", SAID)
    stub.does(stub.says("short"))
    later = open_stub()
    assert later.usage()["s"].calls == 8
    assert later.ask("s", SAID).text == "short"


def test_a_model_that_only_begins_anew_is_asked_to_go_on_once(stub: Any, open_stub: Open) -> None:
    beginning = "```python\n" + "".join(f"line_{n} = {n}\n" for n in range(20))
    stub.does(stub.says(beginning, "length"), stub.says(beginning + "line_20", "length"))
    with pytest.raises(ModelError, match=r"s: the answer began anew .*P2C_MAX_REPLY_TOKENS higher, or use another"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 2
    stub.does(stub.says("short"))
    assert open_stub().ask("s", SAID).text == "short"
