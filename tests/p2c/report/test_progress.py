"""The terminal's progress: lines for people, a heartbeat, nothing when quiet, no escape sequence let through."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from p2c.report.events_text import line
from p2c.report.progress import Progress
from p2c.report.tally import Tally, duration
from p2c.run.journal import Journal
from p2c.types import Usage

USAGE = Usage(calls=1, prompt_tokens=3000, cached_tokens=1500, reply_tokens=200, cost_usd=0.01)


def screen(*, terminal: bool = False) -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, force_terminal=terminal, width=120, color_system=None), stream


def play(journal: Journal, step: str = "planning/overview") -> None:
    journal.emit("step_started", step=step)
    journal.emit("call_started", step=step, prompt_tokens=2900)
    journal.emit("call_finished", step=step, seconds=2.5, usage=USAGE, recorded=False)
    journal.emit("step_finished", step=step, reused=False, seconds=2.6, detail="")


def test_plain_lines_say_what_began_and_what_it_took():
    console, stream = screen()
    with Progress(console) as progress:
        journal = Journal(None, (progress,))
        play(journal)
        journal.emit("step_finished", step="planning/logic", reused=True, seconds=0.0, detail="")
        journal.emit("call_retried", step="debug/1", reason="rate limited", wait_seconds=8)
        journal.emit("verify_finished", label="baseline", rung=2, outcome="failed", summary="ImportError", seconds=3)
    lines = stream.getvalue().splitlines()
    assert lines[0].endswith("planning/overview: started")
    assert lines[1].endswith("planning/overview: done in 2.6 s, 3,000 + 200 tokens")
    assert lines[2].endswith("planning/logic: kept, nothing it reads has changed")
    assert lines[3].endswith("debug/1: rate limited; asked again in 8.0 s")
    assert lines[4].endswith("verify baseline: failed at rung 2: ImportError")


def test_a_call_outside_a_step_has_a_line_of_its_own():
    console, stream = screen()
    with Progress(console) as progress:
        Journal(None, (progress,)).emit("call_finished", step="debug/1", seconds=12, usage=USAGE, recorded=False)
    assert "debug/1: answered in 12 s, 3,000 + 200 tokens" in stream.getvalue()


def test_an_answer_from_a_recording_is_not_said_to_have_taken_its_time():
    console, stream = screen()
    with Progress(console) as progress:
        Journal(None, (progress,)).emit("call_finished", step="debug/1", seconds=82, usage=USAGE, recorded=True)
    assert "debug/1: known before, 3,000 + 200 tokens" in stream.getvalue()


def test_a_call_that_fails_is_told_once_and_names_its_step_once():
    console, stream = screen()
    with Progress(console) as progress:
        journal = Journal(None, (progress,))
        journal.emit("step_started", step="planning/logic")
        journal.emit("call_failed", step="planning/logic", seconds=1, reason="planning/logic: it is down")
        journal.emit("step_failed", step="planning/logic", reason="planning/logic: it is down")
        journal.emit("call_failed", step="debug/1", seconds=1, reason="debug/1: it is down")
    said = [line.partition("] ")[2] for line in stream.getvalue().splitlines()]
    assert said == ["planning/logic: started", "planning/logic: stopped: it is down", "debug/1: no answer: it is down"]


def test_a_storm_of_one_trouble_is_told_once_in_half_a_minute():
    said, at = [], 1000.0
    tally = Tally()
    for number in range(40):
        at += 1.0
        step = f"analysis/{number % 4}.py"
        event = {"event": "call_retried", "time": at, "step": step, "reason": "rate limited", "wait_seconds": 1}
        tally.add(event)
        said.append(line(event, tally))
    told = [f"analysis/{n}.py: rate limited; asked again in 1.0 s" for n in (0, 2)]
    assert [text for text in said if text] == told
    assert said.index(told[1]) == 30
    assert tally.arrived("analysis/1.py") == ", asked again 10 times"
    tally.add({"event": "call_finished", "time": at, "step": "analysis/1.py", "seconds": 1, "usage": USAGE})
    assert tally.arrived("analysis/1.py") == ""


def test_steps_that_stop_for_one_reason_tell_it_once():
    console, stream = screen()
    with Progress(console) as progress:
        journal = Journal(None, (progress,))
        for step in ("analysis/a.py", "analysis/b.py"):
            journal.emit("step_failed", step=step, reason=f"{step}: the key was refused")
    said = [line.partition("] ")[2] for line in stream.getvalue().splitlines()]
    assert said == ["analysis/a.py: stopped: the key was refused", "analysis/b.py: stopped: for the same reason"]


def test_the_ladder_s_steps_are_indented_below_their_verification():
    console, stream = screen()
    with Progress(console) as progress:
        journal = Journal(None, (progress,))
        journal.emit("verify_step", name="parse", state="ok", seconds=0.1, detail="2 files")
        journal.emit("reduced", hunks_before=1, hunks_after=1, runs=0, unfinished="")
        journal.emit("reduced", hunks_before=9, hunks_after=7, runs=4, unfinished="its 120 s were over")
    assert [line.partition("] ")[2] for line in stream.getvalue().splitlines()] == [
        "  parse: ok, 0.1 s: 2 files",
        "edits not reduced: every hunk is needed",
        "edits reduced from 9 hunks to 7, not proven minimal: its 120 s were over",
    ]


def test_a_long_call_is_heard_from():
    console, stream = screen()
    with Progress(console, heartbeat=0.05) as progress:
        journal = Journal(None, (progress,))
        journal.emit("step_started", step="coding/model.py")
        journal.emit("call_started", step="coding/model.py", prompt_tokens=10)
        time.sleep(0.4)
        beats = stream.getvalue().count("still working on coding/model.py")
        journal.emit("step_finished", step="coding/model.py", reused=False, seconds=1, detail="")
    assert beats >= 2
    time.sleep(0.15)
    assert stream.getvalue().count("still working") <= beats + 1


def test_quiet_is_quiet():
    console, stream = screen()
    with Progress(console, quiet=True, heartbeat=0.02) as progress:
        play(Journal(None, (progress,)))
        time.sleep(0.1)
    assert stream.getvalue() == ""


def test_a_terminal_shows_what_is_under_way_and_the_totals():
    console, stream = screen(terminal=True)
    with Progress(console) as progress:
        journal = Journal(None, (progress,))
        play(journal)
        journal.emit("step_started", step="coding/data/loader.py")
        time.sleep(0.4)
    text = stream.getvalue()
    assert "coding/data/loader.py" in text
    assert "1 call, 3,000 + 200 tokens (50 % cached), $0.0100" in text
    assert "elapsed" in text


def test_what_a_model_named_cannot_write_to_the_terminal():
    console, stream = screen()
    with Progress(console) as progress:
        Journal(None, (progress,)).emit("note", message="evil\x1b[2Jname [red]x[/red]\nforged line")
    assert "\x1b" not in stream.getvalue()
    assert "[red]x[/red] forged line" in stream.getvalue()
    assert len(stream.getvalue().splitlines()) == 1


def test_events_read_back_from_the_journal_count_the_same():
    tally = Tally()
    tally.add({"event": "call_finished", "time": 1.0, "step": "a", "usage": USAGE.model_dump(), "recorded": True})
    tally.add({"event": "call_finished", "time": 1.0, "step": "a/again", "usage": USAGE, "recorded": False})
    assert tally.totals() == "2 calls (1 recorded), 6,000 + 400 tokens (50 % cached), $0.0200"
    assert tally.step_usage["a"].calls == 2


def test_what_a_call_that_failed_was_paid_for_is_in_the_totals():
    tally = Tally()
    tally.add({"event": "call_failed", "time": 1.0, "step": "a", "reason": "refused", "usage": USAGE.model_dump()})
    tally.add({"event": "call_failed", "time": 2.0, "step": "b", "reason": "no", "usage": Usage().model_dump()})
    assert tally.totals() == "1 call, 3,000 + 200 tokens (50 % cached), $0.0100"


def test_an_unknown_price_is_said_to_be_unknown():
    tally = Tally()
    usage = Usage(calls=1, prompt_tokens=1, reply_tokens=1, cost_usd=None)
    tally.add({"event": "call_finished", "time": 1.0, "step": "a", "usage": usage})
    assert tally.totals() == "1 call, 1 + 1 tokens, cost unknown"


def test_nothing_is_said_of_the_cost_until_a_call_was_answered():
    tally = Tally()
    tally.add({"event": "call_started", "time": 1.0, "step": "a"})
    assert tally.totals() == "0 calls, 0 + 0 tokens"
    tally.add({"event": "call_finished", "time": 2.0, "step": "a", "usage": Usage(calls=1)})
    assert tally.totals() == "1 call, 0 + 0 tokens, $0.0000"


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "0 s"), (59.4, "59 s"), (187, "3 min 07 s"), (3720, "1 h 02 min")])
def test_durations_are_written_for_people(seconds: float, text: str):
    assert duration(seconds) == text


def test_an_answer_that_is_arriving_is_counted_and_one_that_fails_is_said():
    tally = Tally()
    tally.add({"event": "call_started", "time": 1.0, "step": "a/again"})
    tally.add({"event": "call_progress", "time": 2.0, "step": "a/again", "characters": 1234})
    assert tally.arrived("a") == ", 1,234 characters so far"
    tally.add({"event": "call_failed", "time": 3.0, "step": "a/again", "reason": "x"})
    assert (tally.arrived("a"), tally.busy()) == ("", {})


def test_after_an_interrupt_the_heartbeat_says_what_is_waited_for_and_how_to_stop():
    console, stream = screen()
    with Progress(console, heartbeat=0.02) as progress:
        journal = Journal(None, (progress,))
        journal.emit("step_started", step="coding/model.py")
        journal.emit("interrupted", message="interrupted: waiting for 1 call under way")
        until = time.monotonic() + 10
        while "still" not in stream.getvalue() and time.monotonic() < until:
            time.sleep(0.01)
        journal.emit("step_finished", step="coding/model.py", reused=False, seconds=1, detail="")
    said = [line.partition("] ")[2] for line in stream.getvalue().splitlines()]
    assert said[1] == "interrupted: waiting for 1 call under way"
    assert said[2].startswith("interrupted, still waiting for coding/model.py (")
    assert said[2].endswith("press Ctrl-C again to stop at once")


def test_a_terminal_says_so_below_what_is_under_way():
    console, stream = screen(terminal=True)
    with Progress(console) as progress:
        Journal(None, (progress,)).emit("interrupted", message="interrupted: waiting for 1 call under way")
    assert "interrupted, waiting for these; press Ctrl-C again to stop at once" in stream.getvalue()


def test_an_answer_that_is_refused_is_told_with_the_reason_cut_at_a_word():
    said = line({"event": "answer_refused", "step": "a/again", "reason": "it names `" + "nowhere " * 60}, Tally())
    assert said.startswith("a: answer refused, asked for again: it names")
    assert said.count("`") % 2 == 0
    assert len(said) <= 240
    said = line({"event": "answer_refused", "step": "a", "reason": "wrong words " * 60}, Tally())
    assert said.endswith((" wrong …", " words …"))
