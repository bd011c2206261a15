"""Structured answers over HTTP: by schema where the endpoint has it, else by prompt, with one second chance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from p2c.errors import AnswerError
from p2c.model.types import Message
from p2c.types import Value


class Colour(Value):
    name: str
    share: float


SAID = [Message(role="system", content="rules"), Message(role="user", content="which colour?")]
GOOD = '{"name": "red", "share": 0.5}'
RED = Colour(name="red", share=0.5)
Open = Callable[..., Any]


def test_the_schema_is_sent_as_response_format(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says(GOOD))
    assert open_stub().ask_for("s", SAID, Colour) == RED
    sent = stub.bodies[0]["response_format"]["json_schema"]
    assert (sent["name"], sent["strict"], sent["schema"]["required"]) == ("Colour", True, ["name", "share"])
    assert stub.bodies[0]["messages"][-1]["content"] == "which colour?"


@pytest.mark.parametrize(
    ("status", "message"),
    [(400, "response_format json_schema is not supported"), (500, "Internal Server Error"), (400, "bad request"),
     (422, "extra fields not permitted"), (501, "not implemented")],
)  # fmt: skip
def test_a_refused_schema_goes_into_the_prompt_from_then_on(
    stub: Any, open_stub: Open, status: int, message: str
) -> None:
    stub.does(stub.fails(status, message), stub.says(GOOD), stub.says(GOOD))
    model = open_stub()
    assert model.ask_for("s", SAID, Colour) == RED
    assert model.ask_for("t", [*SAID, SAID[1]], Colour) == RED
    assert ["response_format" in body for body in stub.bodies] == [True, False, False]
    prompt = stub.bodies[1]["messages"][-1]["content"]
    assert prompt.startswith("which colour?")
    assert '"share"' in prompt


def test_a_server_that_the_schema_kills_is_asked_plainly(stub: Any, open_stub: Open) -> None:
    stub.does(lambda exchange: exchange.reset(), stub.says(GOOD))
    assert open_stub().ask_for("s", SAID, Colour) == RED
    assert ["response_format" in body for body in stub.bodies] == [True, False]


def test_where_schemas_have_worked_a_failure_is_only_a_failure(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says(GOOD), stub.fails(500), stub.says(GOOD))
    model = open_stub()
    model.ask_for("s", SAID, Colour)
    model.ask_for("t", [*SAID, SAID[1]], Colour)
    assert all("response_format" in body for body in stub.bodies)


def test_a_wrong_answer_goes_back_once_with_what_is_wrong(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says('{"name": "red", "share": "half"}'), stub.says(GOOD))
    assert open_stub().ask_for("s", SAID, Colour) == RED
    assistant, complaint = stub.bodies[1]["messages"][-2:]
    assert assistant == {"role": "assistant", "content": '{"name": "red", "share": "half"}'}
    assert "share: Input should be a valid number" in complaint["content"]


def test_two_wrong_answers_are_an_error_that_names_the_step(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says("no"), stub.says("{}"))
    with pytest.raises(AnswerError, match=r"planning/logic: .*no valid Colour, twice(.|\n)*name: Field required"):
        open_stub().ask_for("planning/logic", SAID, Colour)
    assert len(stub.bodies) == 2


def test_a_long_structured_answer_is_continued(stub: Any, open_stub: Open) -> None:
    stub.does(stub.says('{"name": "re', "length"), stub.says('d", "share": 0.5}'))
    assert open_stub().ask_for("s", SAID, Colour) == RED
    assert "response_format" not in stub.bodies[1]


def test_both_answers_are_recorded_and_served_again(stub: Any, open_stub: Open, tmp_path: Path) -> None:
    stub.does(stub.says("no"), stub.says(GOOD))
    open_stub().ask_for("s", SAID, Colour)
    assert open_stub().ask_for("s", SAID, Colour) == RED
    assert len(stub.bodies) == 2
