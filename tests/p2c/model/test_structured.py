"""Structured answers over HTTP: asked for in the prompt, then by schema, with one second chance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from p2c.errors import AnswerError
from p2c.model.begun import when_begun
from p2c.model.types import Message
from p2c.types import Value


class Colour(Value):
    name: str
    share: float


SAID = [Message(role="system", content="rules"), Message(role="user", content="which colour?")]
GOOD = '{"name": "red", "share": 0.5}'
RED = Colour(name="red", share=0.5)
Open = Callable[..., Any]


def formats(stub: Any) -> list[bool]:
    return ["response_format" in body for body in stub.bodies]


def test_the_schema_stands_at_the_end_of_the_prompt_where_it_spoils_no_prefix(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says(GOOD))
    assert open_stub().ask_for("s", SAID, Colour) == RED
    assert formats(stub) == [False]
    prompt = stub.bodies[0]["messages"][-1]["content"]
    assert prompt.startswith("which colour?")
    assert '"share"' in prompt


def test_after_an_answer_that_is_none_the_schema_is_sent_as_response_format(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says('{"name": "red", "share": "half"}'), stub.says(GOOD))
    model = open_stub()
    assert model.ask_for("s", SAID, Colour) == RED
    assert model.ask_for("t", SAID[1:], Colour) == RED
    assert formats(stub) == [False, True, True], "what helped once is asked for at once"
    sent = stub.bodies[1]["response_format"]["json_schema"]
    assert (sent["name"], sent["strict"], sent["schema"]["required"]) == ("Colour", True, ["name", "share"])
    assistant, complaint = stub.bodies[1]["messages"][-2:]
    assert assistant == {"role": "assistant", "content": '{"name": "red", "share": "half"}'}
    assert "share: Input should be a valid number" in complaint["content"]
    asked = stub.bodies[2]["messages"][-1]["content"]
    assert asked.startswith("which colour?")
    assert all('"properties"' in text for text in (complaint["content"], asked)), "some endpoints ignore the format"


@pytest.mark.parametrize(
    ("status", "message"),
    [(400, "response_format json_schema is not supported"), (500, "Internal Server Error"), (400, "bad request"),
     (422, "extra fields not permitted"), (501, "not implemented")],
)  # fmt: skip
def test_a_refused_schema_goes_into_the_prompt_from_then_on(
    stub: Any, open_stub: Open, status: int, message: str
) -> None:
    stub.does(stub.says("no"), stub.fails(status, message), stub.says(GOOD), stub.says("no"), stub.says(GOOD))
    model = open_stub()
    assert model.ask_for("s", SAID, Colour) == RED
    assert model.ask_for("t", SAID[1:], Colour) == RED
    assert formats(stub) == [False, True, False, False, False]
    assert '"share"' in stub.bodies[2]["messages"][-1]["content"]
    assert '"share"' in stub.bodies[4]["messages"][-1]["content"]


def test_a_server_that_the_schema_kills_is_asked_plainly(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("no"), lambda exchange: exchange.reset(), stub.says(GOOD))
    assert open_stub().ask_for("s", SAID, Colour) == RED
    assert formats(stub) == [False, True, False]


@pytest.mark.parametrize("end", ["ends early", "is reset", "is an error"])
def test_one_that_breaks_off_its_answer_has_taken_the_schema(stub: Any, open_stub: Open, end: str) -> None:
    def half(exchange: Any) -> None:
        stub.read.clear()  # set by the answer before
        exchange.begin()
        exchange.text(GOOD[:9])
        if end == "is reset":
            stub.read.wait(20)
            exchange.reset()
        if end == "is an error":
            exchange.chunk({"error": {"message": "upstream failed", "code": 500}})

    stub.does(stub.says("no"), half, stub.says(GOOD))
    with when_begun(stub.read.set):
        assert open_stub().ask_for("s", SAID, Colour) == RED
    assert formats(stub) == [False, True, True]


def test_where_schemas_have_worked_a_failure_is_only_a_failure(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("no"), stub.says(GOOD), stub.fails(500), stub.says(GOOD))
    model = open_stub()
    model.ask_for("s", SAID, Colour)
    model.ask_for("t", SAID[1:], Colour)
    assert formats(stub) == [False, True, True, True]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "The specified schema produces a constraint that has too many states for serving."),
        (400, "Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details."),
        (500, "failed to parse grammar"),
    ],
)
def test_where_schemas_have_worked_one_that_is_refused_by_name_goes_into_the_prompt(
    stub: Any, open_stub: Open, status: int, message: str
) -> None:
    stub.does(stub.says("no"), stub.says(GOOD), stub.fails(status, message), stub.says(GOOD))
    model = open_stub()
    model.ask_for("s", SAID, Colour)
    assert model.ask_for("t", SAID[1:], Colour) == RED
    assert formats(stub) == [False, True, True, False]


def test_two_wrong_answers_are_an_error_that_names_the_step(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("no"), stub.says("{}"))
    with pytest.raises(AnswerError, match=r"planning/logic: .*no valid Colour, twice(.|\n)*name: Field required"):
        open_stub().ask_for("planning/logic", SAID, Colour)
    assert len(stub.bodies) == 2


def test_a_long_structured_answer_is_continued(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("no"), stub.says('{"name": "re', "length"), stub.says('d", "share": 0.5}'))
    assert open_stub().ask_for("s", SAID, Colour) == RED
    assert formats(stub) == [False, True, False]


def test_both_answers_are_recorded_and_served_again(stub: Any, open_stub: Open, tmp_path: Path) -> None:
    stub.does(stub.says("no"), stub.says(GOOD))
    open_stub().ask_for("s", SAID, Colour)
    assert open_stub().ask_for("s", SAID, Colour) == RED
    assert len(stub.bodies) == 2
