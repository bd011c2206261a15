"""What hundreds of prompts have in common is on the disk once, and not in memory; answers are served all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from p2c.model.beginnings import SHORTEST, common
from p2c.model.exchanges import Exchanges, read_exchanges
from p2c.model.types import Message

PAPER = "".join(f"Line {number} of the paper.\n" for number in range(2_000))


def asked(question: str, paper: str = PAPER) -> list[Message]:
    return [Message(role="system", content="You judge."), Message(role="user", content=f"{paper}\n# {question}\n")]


def test_a_shared_beginning_is_on_the_disk_once_and_a_person_can_put_it_together(stub, open_stub, tmp_path: Path):
    stub.does(*[stub.says("no")] * 50)
    model = open_stub()
    for number in range(50):
        model.ask(f"rubric/{number}", asked(f"Question {number}?"))
    path = tmp_path / "exchanges.jsonl"
    assert path.stat().st_size < 2 * len(PAPER)
    first, *_, last = read_exchanges(path)
    note, _, rest = last.messages[1].content.partition("\n")
    assert first.key in note
    shared = int(note.split()[2])
    assert first.messages[1].content[:shared] + rest == asked("Question 49?")[1].content
    assert last.messages[0].content == "You judge."


def test_another_beginning_is_kept_whole(stub, open_stub, tmp_path: Path):
    stub.does(*[stub.says("no")] * 3)
    model = open_stub()
    for paper in (PAPER, f"Another.\n{PAPER}", "short\n"):
        model.ask("s", asked("Q?", paper))
    kept = [exchange.messages[1].content for exchange in read_exchanges(tmp_path / "exchanges.jsonl")]
    assert kept == [asked("Q?", paper)[1].content for paper in (PAPER, f"Another.\n{PAPER}", "short\n")]


def test_a_later_process_is_served_and_holds_a_prompt_once_in_memory_as_the_first_does(stub, open_stub, tmp_path: Path):
    stub.does(*[stub.says(str(number)) for number in range(20)])
    exchanges = Exchanges(tmp_path / "exchanges.jsonl")
    model = open_stub()
    for number in range(20):
        model.ask("s", asked(f"{number}?"))
    again = open_stub()
    assert [again.ask("s", asked(f"{number}?")).text for number in range(20)] == [str(number) for number in range(20)]
    assert len(stub.bodies) == 20
    for exchange in read_exchanges(tmp_path / "exchanges.jsonl"):
        exchanges.append(exchange.model_copy(update={"messages": tuple(asked(exchange.reply))}))
    for known in (exchanges, Exchanges(tmp_path / "exchanges.jsonl")):
        held = sum(len(message.content) for one in known.all() for message in one.messages)
        assert held < 3 * len(PAPER)


@pytest.mark.parametrize(
    ("one", "other", "length"),
    [("", "a", 0), ("abc", "abd", 2), ("abc", "abc", 3), ("ab", "abc", 2), ("xb", "ab", 0), ("ab" * SHORTEST, "ab", 2)],
)
def test_the_length_of_what_two_texts_have_in_common(one: str, other: str, length: int):
    assert common(one, other) == common(other, one) == length
