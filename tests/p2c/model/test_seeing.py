"""Pictures go along with a message: as content parts over HTTP, named in the record, paid for as prompt tokens."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from p2c.errors import ModelError
from p2c.model.exchanges import exchange_key, read_exchanges
from p2c.model.seeing import Seeing
from p2c.model.source import Request
from p2c.model.types import Image, Message
from p2c.types import Value

PNG = b"\x89PNG picture"
IMAGE = Image(
    label="Figure 1: The model.",
    digest=hashlib.sha256(PNG).hexdigest(),
    width=1024,
    height=600,
    data=base64.b64encode(PNG).decode(),
)
ASKED = (Message(role="system", content="Rules."), Message(role="user", content="The paper, with Figure 1. Your task."))


class Answer(Value):
    number: int


@pytest.fixture
def seeing(open_stub):
    return Seeing(open_stub(), (IMAGE,), "with Figure 1")


def test_a_picture_stands_behind_its_label_and_before_the_text(stub, seeing):
    stub.does(stub.says("seen"))
    assert seeing.ask("planning/overview", ASKED).text == "seen"
    system, user = stub.bodies[0]["messages"]
    assert system == {"role": "system", "content": "Rules."}
    assert user["content"] == [
        {"type": "text", "text": "Figure 1: The model."},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE.data}"}},
        {"type": "text", "text": "The paper, with Figure 1. Your task."},
    ]


def test_a_prompt_without_the_paper_is_sent_as_ever(stub, seeing):
    stub.does(stub.says("done"))
    seeing.ask("coding/model.py", (ASKED[0], Message(role="user", content="Write model.py.")))
    assert stub.bodies[0]["messages"][1] == {"role": "user", "content": "Write model.py."}


def test_every_call_begins_with_the_same_pictures_so_that_a_prefix_cache_holds_them(stub, seeing):
    stub.does(stub.says("a"))
    for task in ("one", "two"):
        seeing.ask("planning/overview", (ASKED[0], Message(role="user", content=f"The paper, with Figure 1. {task}")))
    first, second = (json.dumps(body["messages"]) for body in stub.bodies)
    assert first[: first.index("one")] == second[: second.index("two")]


def test_pictures_stay_when_a_schema_goes_into_the_prompt_and_when_an_answer_goes_back(stub, seeing):
    stub.does(stub.says("no"), stub.fails(400, "response_format is not supported"), stub.says('{"number": 3}'))
    assert seeing.ask_for("planning/logic", ASKED, Answer).number == 3
    for body in stub.bodies:
        assert [part["type"] for part in body["messages"][1]["content"]] == ["text", "image_url", "text"]


def test_the_record_names_pictures_by_digest_and_the_answer_is_served_again(stub, seeing, open_stub, tmp_path: Path):
    stub.does(stub.says("seen"))
    seeing.ask("planning/overview", ASKED)
    assert IMAGE.data not in (tmp_path / "exchanges.jsonl").read_text()
    (kept,) = read_exchanges(tmp_path / "exchanges.jsonl")
    assert kept.messages[1].images == (IMAGE.model_copy(update={"data": ""}),)
    again = Seeing(open_stub(), (IMAGE,), "with Figure 1").ask("planning/overview", ASKED)
    assert (again.text, again.recorded, len(stub.bodies)) == ("seen", True, 1)


def test_another_picture_is_another_question(stub, seeing, open_stub):
    stub.does(stub.says("seen"))
    seeing.ask("planning/overview", ASKED)
    other = IMAGE.model_copy(update={"digest": "0" * 64})
    assert not Seeing(open_stub(), (other,), "with Figure 1").ask("planning/overview", ASKED).recorded


def test_without_pictures_neither_the_key_nor_the_record_of_a_message_changes():
    plain = Message(role="user", content="x")
    assert plain.model_dump(mode="json") == {"role": "user", "content": "x"}
    with_picture = plain.model_copy(update={"images": (IMAGE,)})
    assert exchange_key("m", [plain]) != exchange_key("m", [with_picture])
    said = json.dumps(["m", [["user", "x"]], None], separators=(",", ":"))
    assert exchange_key("m", [plain]) == hashlib.sha256(said.encode()).hexdigest()


def test_a_picture_counts_as_tokens_of_the_prompt():
    shown = Message(role="user", content="x" * 400, images=(IMAGE,))
    request = Request("key", "step", (shown,))
    assert request.prompt_tokens() == 100 + 85 + 170 * 2 * 2
    assert request.most_prompt_tokens() > request.prompt_tokens()


def test_a_model_that_takes_text_only_is_told_from_other_failures(stub, seeing):
    stub.does(stub.fails(400, "some-model is not a multimodal model"))
    with pytest.raises(ModelError, match="without --figures"):
        seeing.ask("planning/overview", ASKED)
    stub.does(stub.fails(401, "who are you"))
    with pytest.raises(ModelError) as refused:
        seeing.ask("planning/logic", ASKED)
    assert "--figures" not in str(refused.value)
