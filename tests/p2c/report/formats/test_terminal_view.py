"""A verdict on the terminal: time and rung of each step, the decision, and no byte that moves the cursor."""

import io
import re

from rich.console import Console

from p2c.report.verdict_text import show_decision, show_verdict, step_line
from sandbox.verdict import Decision, Rung, Step


def _shown(show, *values):
    stream = io.StringIO()
    show(*values, Console(file=stream, width=100, highlight=False))
    return stream.getvalue()


def test_a_step_says_its_time_and_the_rung_that_is_reached():
    line = step_line(Step(name="import", state="ok", seconds=1.25, detail="3 modules", rung=Rung.imports)).plain
    assert re.fullmatch(r"  ✓ import +1\.2 s  imports +3 modules", line)
    line = step_line(Step(name="parse", state="failed", seconds=0.5, detail="x")).plain
    assert re.fullmatch(r"  ✗ parse +0\.5 s +x", line)


def test_the_decision_tells_what_is_new_and_fixed_and_its_reason():
    decision = Decision(exit_status=1, reason="1 new", new=tuple(f"n{n}" for n in range(12)), fixed=("old",))
    text = _shown(show_decision, decision)
    assert "new           n0" in text
    assert "and 2 more; they are in the verdict file" in text
    assert "fixed         old" in text
    assert text.endswith("  exit status 1: 1 new\n")


def test_no_verdict_brings_control_characters_or_long_lines(any_verdict):
    text = _shown(show_verdict, any_verdict) + _shown(show_decision, any_verdict.decision)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\ud800-\udfff]", text)
    assert max(map(len, text.splitlines())) < 1200
