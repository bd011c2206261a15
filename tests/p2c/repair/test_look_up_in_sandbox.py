"""The debugging agent is shown what is installed, looked up in the very environment that the program failed in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from p2c.model.fake import ScriptedModel
from p2c.model.types import Message
from p2c.repair.edits import render
from p2c.repair.library import look_up_in
from p2c.repair.loop import repair_repository
from p2c.repair.sandboxed import verify_in
from p2c.repair.settings import RepairSettings
from p2c.run.journal import Event, Journal
from p2c.types import Ending
from sandbox.controller import Sandbox
from sandbox.settings import Settings
from sandbox.tree import Tree

pytestmark = pytest.mark.docker

MAIN = b"""import numpy as np


def grid(count):
    return np.linspace(0.0, 1.0, nums=count)


print(grid(3).mean())
"""


def test_a_keyword_that_numpy_does_not_take_is_answered_by_the_numpy_of_the_environment(tmp_path: Path) -> None:
    line = "    return np.linspace(0.0, 1.0, nums=count)"
    edit = render("main.py", [line], [line.replace("nums", "num")])
    asked: list[str] = []

    def script(step: str, messages: Sequence[Message]) -> str:
        asked.append(messages[-1].content)
        return edit

    events = list[Event]()
    journal, settings = Journal(None, (events.append,)), Settings(smoke="python main.py", replay=False)
    with Sandbox.open(settings) as sandbox:
        full, quick = verify_in(sandbox, settings, "grid", str(tmp_path), journal)
        result = repair_repository(
            Tree({"main.py": MAIN}), verify=full, quick=quick, model=ScriptedModel(script), journal=journal,
            settings=RepairSettings(smoke=settings.smoke), look_up=look_up_in(sandbox, settings, str(tmp_path)),
            verdicts=tmp_path / "verdicts",
        )  # fmt: skip
    assert result.ending is Ending.verified, result.reason
    (prompt,) = asked
    assert "linspace(start, stop, num=50, endpoint=True" in prompt
    assert "It has no parameter `nums`. Near: num." in prompt
    assert any(str(event.get("message")).startswith("looked up 1 name in the environment") for event in events)
    assert len(list((tmp_path / "verdicts").glob("library-*.json"))) == 1
