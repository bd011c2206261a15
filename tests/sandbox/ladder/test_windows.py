"""Programs with windows, from tree to verdict: a display is provided, and only its absence is withheld."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import Mock

import pytest

from sandbox import controller
from sandbox.job import Output, RunResult
from sandbox.ladder import smoke
from sandbox.ladder.ahead import Ahead
from sandbox.ladder.replay import replay_step
from sandbox.ladder.state import State
from sandbox.ladder.system import shown
from sandbox.requirements import infer
from sandbox.session import Sandbox
from sandbox.settings import Limits, Settings
from sandbox.setup.layers import Layer
from sandbox.smoke.endless import Endless
from sandbox.smoke.figures import find_figure
from sandbox.smoke.script import Script
from sandbox.system.display import REPORT, Window, Windows
from sandbox.tree import Tree
from sandbox.verdict import Ended, EntryPoint, Outcome, Rung, Verdict

WINDOW = """import tkinter


def main():
    root = tkinter.Tk()
    root.title("Clock")
    root.geometry("200x100")
    tkinter.Label(root, text={text}).pack()
    root.mainloop()


if __name__ == "__main__":
    main()
"""
SHORT = Settings(limits=Limits(wall_seconds=10), replay=False)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox.open(SHORT) as opened:
        yield opened


def verify(sandbox: Sandbox, source: str) -> Verdict:
    return controller.verify(Tree({"main.py": source.encode()}), name="clock", settings=SHORT, sandbox=sandbox)


@pytest.mark.docker
def test_a_window_that_stays_up_survived_and_is_named(sandbox: Sandbox) -> None:
    verdict = verify(sandbox, WINDOW.format(text='"12:00"'))
    assert (verdict.outcome, verdict.rung) == (Outcome.survived, Rung.runs), verdict.summary
    assert "a window 'Clock' of 200 x 100 was up at the end" in verdict.notes
    assert any(note.startswith("system: xvfb") and "main.py:1" in note for note in verdict.notes)
    assert verdict.smoke
    assert verdict.smoke.files_written == ()


@pytest.mark.docker
def test_a_crash_behind_a_window_is_the_codes_fault(sandbox: Sandbox) -> None:
    verdict = verify(sandbox, WINDOW.format(text="tkinter.nothing_like_it"))
    assert verdict.outcome is Outcome.failed
    assert verdict.failure
    assert (verdict.failure.exception, verdict.failure.line) == ("AttributeError", 8)


@pytest.mark.docker
def test_where_no_display_can_be_had_it_is_what_is_missing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sandbox, "layer", lambda *_: Layer(None, "the mirror does not answer"))
    verdict = verify(sandbox, WINDOW.format(text='"12:00"'))
    assert verdict.outcome is Outcome.blocked
    assert [item.kind for item in verdict.missing] == ["display"]
    assert any("system packages cannot be had here (the mirror does not answer)" in note for note in verdict.notes)


def test_a_window_at_the_end_of_the_time_is_evidence_and_one_that_was_closed_is_none() -> None:
    up = Windows(up=(Window(name="Figure 1", width=640, height=480),))
    found = shown(Ended.wall, up, None)
    assert found == Endless("window", idles=False, evidence="a window 'Figure 1' of 640 x 480 was up")
    assert shown(Ended.exited, up, None) is None
    assert shown(Ended.wall, Windows(seen=up.up), None) is None
    busy = Endless("window", idles=True, evidence="main.py: app.exec_()")
    assert shown(Ended.wall, up, busy) == Endless("window", idles=False, evidence="main.py: app.exec_()")


@pytest.mark.parametrize(
    ("source", "waits"),
    [
        ('import matplotlib\nmatplotlib.use("TkAgg")\nimport matplotlib.pyplot as plt\nplt.show()\n', True),
        ('import matplotlib\nmatplotlib.use("Agg")\nimport matplotlib.pyplot as plt\nplt.show()\n', False),
        ("import matplotlib.pyplot as plt\nplt.show()\n", False),
        ('import matplotlib\nmatplotlib.use("TkAgg")\nimport matplotlib.pyplot as plt\nplt.savefig("x.png")\n', False),
        ("import cv2\ncv2.imshow('a', b)\ncv2.waitKey(0)\n", True),
        ("import cv2\ncv2.imshow('a', b)\ncv2.waitKey()\n", True),
        ("import cv2 as cv\ncv.imshow('a', b)\ncv.waitKey(-1)\n", True),
        ("import cv2\ncv2.imshow('a', b)\ncv2.waitKey(1)\n", False),
        ("import cv2\ncv2.imshow('a', b)\ncv2.waitKey(delay=30)\n", False),
    ],
)
def test_showing_a_figure_waits_only_where_the_program_chose_windows(source: str, waits: bool) -> None:
    tree = Tree({"plot.py": source.encode()})
    found = find_figure((Script.of(tree, "plot.py"),), infer(tree).uses)
    assert (found is not None) is waits


@pytest.mark.parametrize(
    "source", ["while True:\n    draw()\n", "import tkinter\nroot = tkinter.Tk()\nroot.mainloop()\n"]
)
def test_a_window_that_is_up_again_in_the_replay_survived_again_however_busy_it_is(source: str) -> None:
    windows = Windows(up=(Window(name="Clock", width=200, height=100),)).model_dump_json().encode()
    busy = RunResult(
        Ended.wall, None, None, 12.0, 12.0, 1000, Output(b""), Output(b""), files={REPORT: windows}, starved_seconds=0.0
    )
    runner = Mock(run=Mock(return_value=busy))
    state = State(Tree({"main.py": source.encode()}), Settings(), Mock(spec=Sandbox, runner=runner), Ahead(None))
    state.entry = EntryPoint(command="python main.py", source="--smoke")
    smoke.begin_smoke(state)
    assert smoke.smoke_step(state).rung is Rung.runs
    assert state.outcome is Outcome.survived
    report = replay_step(state)
    assert (report.rung, report.judged) == (Rung.replays, None)
