"""Recorded replies are files a person can read, and serve a run without an endpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from p2c.errors import RecordingExhausted, UsageError
from p2c.model import ModelSettings, open_model, save_recording
from p2c.model.types import Message, Model
from p2c.run.journal import Journal
from p2c.types import Value

Open = Callable[..., Any]


class Colour(Value):
    name: str


def said(text: str) -> list[Message]:
    return [Message(role="user", content=text)]


def replay(recording: Path, run: Path, *, journal: Journal | None = None, **settings: Any) -> Model:
    run.mkdir(exist_ok=True)
    return open_model(ModelSettings(recorded=recording, **settings), journal or Journal(None), run / "exchanges.jsonl")


@pytest.fixture
def recording(stub: Any, open_stub: Open, tmp_path: Path) -> Path:
    stub.does(
        stub.says("the plan"), stub.says("```python\nx = 1\n```\n---\nend"), stub.says("first"), stub.says("second"),
        stub.says("no json"), stub.says('{"name": "red"}'),
    )  # fmt: skip
    model = open_stub(price_usd_per_million=(1.0, 1.0))
    model.ask("planning/overview", said("plan it"))
    model.ask("coding/src/a b.py", said("code it"))
    model.ask("debug", said("mend it"))
    model.ask("debug", said("mend it"))
    model.ask_for("planning/colour", said("colour?"), Colour)
    written = save_recording(tmp_path / "exchanges.jsonl", tmp_path / "recorded")
    assert [path.name for path in written] == [
        "001-planning-overview.md", "002-coding-src-a-b.py.md", "003-debug.md", "004-debug.md",
        "005-planning-colour.md", "006-planning-colour.md",
    ]  # fmt: skip
    return tmp_path / "recorded"


def test_a_recording_is_readable_and_verbatim(recording: Path) -> None:
    text = (recording / "002-coding-src-a-b.py.md").read_text()
    assert text.startswith("---\nstep: coding/src/a b.py\n")
    assert text.endswith("---\n```python\nx = 1\n```\n---\nend")
    assert "model: some-model" in text
    assert "sk-secret" not in text


def test_a_run_is_replayed_by_key_in_any_order(recording: Path, tmp_path: Path) -> None:
    model = replay(recording, tmp_path / "run")
    assert model.ask_for("x", said("colour?"), Colour) == Colour(name="red")
    assert model.ask("y", said("plan it")).text == "the plan"
    assert [model.ask("debug", said("mend it")).text for _ in range(2)] == ["first", "second"]


def test_where_prompts_differ_a_step_gets_its_replies_in_order(recording: Path, tmp_path: Path) -> None:
    model = replay(recording, tmp_path / "run", model="another", max_cost_usd=0.0)
    replies = [model.ask("debug", said(f"a new prompt {n}")) for n in range(2)]
    assert [(reply.text, reply.recorded) for reply in replies] == [("first", True), ("second", True)]
    assert replies[0].usage.prompt_tokens == 100
    assert replies[0].usage.cost_usd == pytest.approx(110e-6)
    assert model.usage()["debug"].calls == 2


def test_a_reply_to_another_question_is_served_and_said_once(recording: Path, tmp_path: Path) -> None:
    notes: list[str] = []
    journal = Journal(None, (lambda event: notes.extend([str(event["message"])] if event["event"] == "note" else []),))
    model = replay(recording, tmp_path / "run", journal=journal)
    model.ask("planning/overview", said("plan it"))
    assert notes == []
    model.ask("debug", said("another traceback"))
    model.ask("debug", said("yet another"))
    assert len(notes) == 1
    assert "debug: its recorded reply was given to another question" in notes[0]


def test_a_step_that_is_made_anew_in_a_later_process_gets_its_reply_again(recording: Path, tmp_path: Path) -> None:
    assert replay(recording, tmp_path / "run").ask("planning/overview", said("plan it")).text == "the plan"
    later = replay(recording, tmp_path / "run")
    assert later.ask("planning/overview", said("plan it, after an edit")).text == "the plan"
    with pytest.raises(RecordingExhausted):
        later.ask("planning/overview", said("and once more"))


def test_an_exhausted_recording_names_the_step(recording: Path, tmp_path: Path) -> None:
    model = replay(recording, tmp_path / "run")
    for n in range(2):
        model.ask("debug", said(str(n)))
    with pytest.raises(RecordingExhausted, match=r"no reply left for step 'debug' \(left: coding/src/a b.py, planning"):
        model.ask("debug", said("3"))


def test_a_replay_that_was_interrupted_goes_on_where_it_was(recording: Path, tmp_path: Path) -> None:
    assert replay(recording, tmp_path / "run").ask("debug", said("new 1")).text == "first"
    later = replay(recording, tmp_path / "run")
    assert later.ask("debug", said("new 1")).text == "first"
    assert later.ask("debug", said("new 2")).text == "second"
    assert later.usage()["debug"].calls == 2


def test_exchanges_of_a_run_serve_as_a_recording(recording: Path, tmp_path: Path) -> None:
    model = replay(tmp_path / "exchanges.jsonl", tmp_path / "run")
    assert model.ask("planning/overview", said("plan it")).text == "the plan"


def test_a_recording_written_by_hand_needs_only_a_step(tmp_path: Path) -> None:
    (tmp_path / "r.md").write_text("---\nstep: s\n---\nhello\n")
    assert replay(tmp_path / "r.md", tmp_path / "run").ask("s", said("q")).text == "hello\n"


@pytest.mark.parametrize("content", [None, "no header", "---\nmodel: x\n---\n", "---\n[\n---\n"])
def test_what_is_no_recording_is_said(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    if content is not None:
        (folder / "001-x.md").write_text(content)
    with pytest.raises(UsageError, match="no recorded reply"):
        replay(folder, tmp_path / "run")


def test_a_run_without_replies_makes_no_recording(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no reply"):
        save_recording(tmp_path / "exchanges.jsonl", tmp_path / "r")
