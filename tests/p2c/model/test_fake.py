"""The scripted model behaves as a model does."""

import pytest

from p2c.errors import AnswerError, RecordingExhausted
from p2c.model.fake import ScriptedModel
from p2c.model.types import Message, Model
from p2c.types import Value

SAID = [Message(role="user", content="q" * 40)]


class Colour(Value):
    name: str


def test_replies_come_by_step_in_order() -> None:
    model: Model = ScriptedModel({"a": ["1", "2"], "b": ["3"]})
    assert [model.ask(step, SAID).text for step in ("a", "b", "a")] == ["1", "3", "2"]
    assert model.usage()["a"].calls == 2
    with pytest.raises(RecordingExhausted, match="step 'a'"):
        model.ask("a", SAID)


def test_replies_may_be_made_by_a_function() -> None:
    assert ScriptedModel(lambda step, messages: f"{step}: {len(messages)}").ask("s", SAID).text == "s: 1"


def test_structured_answers_are_validated_as_everywhere() -> None:
    model = ScriptedModel({"s": ["no", '{"name": "red"}'], "t": ["no", "no"]})
    assert model.ask_for("s", SAID, Colour).name == "red"
    assert len(model.asked) == 2
    with pytest.raises(AnswerError):
        model.ask_for("t", SAID, Colour)
