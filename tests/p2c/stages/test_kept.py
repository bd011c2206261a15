"""What the run folder has is there at once when a run goes on, whatever is asked anew beside it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from p2c.model.fake import ScriptedModel
from p2c.model.types import Message
from p2c.run.folder import RunFolder
from p2c.run.journal import Event
from p2c.stages import Context, analyse, code, plan


def test_notes_and_files_that_are_kept_do_not_wait_for_the_answer_to_the_first_that_is_asked(tmp_path: Path, tiny):
    with RunFolder.open(tmp_path / "run") as folder:
        context = Context(folder=folder, model=ScriptedModel(tiny), paper=tiny.paper)
        code(context, plan(context))
    for make in (analyse, code):
        (tmp_path / "run/analysis/data/loader.py.md").unlink()
        kept, asked = threading.Event(), list[str]()

        def listen(event: Event, kept: threading.Event = kept) -> None:
            if event["event"] == "step_finished" and event["step"] == "analysis/main.py" and event["reused"]:
                kept.set()

        def answer(
            step: str, messages: Sequence[Message], kept: threading.Event = kept, asked: list[str] = asked
        ) -> str:
            asked.append(step)
            assert kept.wait(5), "the first one goes alone for longer than that"
            return tiny(step, messages)

        with RunFolder.open(tmp_path / "run", (listen,)) as folder:
            context = Context(folder=folder, model=ScriptedModel(answer), paper=tiny.paper)
            make(context, plan(context))
        assert asked == ["analysis/data/loader.py"]


def test_asking_what_is_kept_makes_says_and_writes_nothing(tmp_path: Path):
    with RunFolder.open(tmp_path / "run") as folder:
        context = Context(folder=folder, model=ScriptedModel({}), paper="")

        def work(context: Context) -> str:
            return context.folder.step("a", {"read": "1"}, ("a.md",), lambda: {"a.md": "made"})["a.md"]

        assert context.kept(work) is None
        assert not folder.exists("a.md")
        assert list(folder.journal.events()) == []
        assert work(context) == "made"
        assert context.kept(work) == "made"
