"""What a set shows while it runs: lines and a heartbeat in a file, a live picture on a terminal."""

from __future__ import annotations

import io
import json
import threading
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from p2c.bench.live import Progress
from p2c.bench.tail import Tail
from p2c.run.journal import Journal
from p2c.types import Usage


def screen(*, terminal: bool = False) -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, force_terminal=terminal, width=150, color_system=None), stream


def test_a_file_gets_what_began_what_ended_and_a_heartbeat(bench: Any) -> None:
    bench.add("first", "sleep 0.7; report verified")
    bench.add("second", "echo 'Error: \x1b[31mno engine' >&2; exit 3")
    console, stream = screen()
    with Progress(console, heartbeat=0.0) as progress:
        bench.seen = progress
        bench.run(jobs=1)
    text = stream.getvalue()
    lines = text.splitlines()
    assert "first: started" in lines[0]
    assert any("0 of 2 done, 1 running, 1 left, $0.0000 spent, ETA unknown; first (" in line for line in lines)
    assert any("1 of 2  first: verified in 1 s" in line for line in lines)
    assert any("2 of 2  second: infrastructure in 0 s: " in line and "no engine" in line for line in lines)
    assert "\x1b" not in text


def test_a_terminal_shows_what_each_process_is_doing(bench: Any) -> None:
    event = json.dumps(
        {"time": time.time(), "event": "attempt_started", "number": 3, "failure": "f", "origin": "model"}
    )
    bench.add("working", f"echo '{event}' >> journal.jsonl; sleep 1.2; report verified")
    console, stream = screen(terminal=True)
    with Progress(console) as progress:
        bench.seen = progress
        bench.run()
    assert "attempt 3" in stream.getvalue()
    assert "1 running" in stream.getvalue()


def test_quiet_says_nothing(bench: Any) -> None:
    bench.add("one")
    console, stream = screen()
    with Progress(console, quiet=True, heartbeat=0.0) as progress:
        bench.seen = progress
        bench.run()
    assert stream.getvalue() == ""


def test_an_end_in_order_is_said_with_the_way_to_end_at_once(bench: Any) -> None:
    bench.add("slow", "trap 'sleep 0.8; exit 130' INT; sleep 30 & wait")
    console, stream = screen()
    threading.Timer(0.3, bench.stopping.ask).start()
    with Progress(console, heartbeat=0.0) as progress:
        bench.seen = progress
        bench.run()
    assert "ending in order; Ctrl-C again: at once" in stream.getvalue()


def test_a_run_under_way_tells_its_cost_and_not_that_of_earlier_processes(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    usage = Usage(calls=1, prompt_tokens=10, reply_tokens=2, cost_usd=0.25)
    journal.emit("call_finished", step="debug/1", seconds=1.0, usage=usage.model_dump(), recorded=False)
    tail = Tail(tmp_path)
    tail.read()
    assert (tail.cost, tail.doing()) == (0.0, "")
    journal.emit("attempt_started", number=2, failure="f", origin="model")
    journal.emit("call_started", step="debug/2", prompt_tokens=9)
    tail.read()
    assert tail.doing() == "attempt 2, debug/2"
    with (tmp_path / "journal.jsonl").open("ab") as stream:
        stream.write(b'{"event": "call_fin')
        stream.flush()
        tail.read()
        stream.write(b'ished", "time": 1}\n[1]\nnot json\n')
    journal.emit("call_finished", step="debug/2", seconds=1.0, usage=usage.model_dump(), recorded=False)
    tail.read()
    assert tail.cost == 0.25


def test_a_reply_from_a_record_costs_nothing_again(tmp_path: Path) -> None:
    tail, journal = Tail(tmp_path), Journal(tmp_path / "journal.jsonl")
    usage = Usage(calls=1, prompt_tokens=10, reply_tokens=2, cost_usd=0.25)
    for is_known in (True, False):
        journal.emit("call_finished", step="debug/1", seconds=1.0, usage=usage.model_dump(), recorded=is_known)
    tail.read()
    assert tail.cost == 0.25, "an interrupted run is answered from its own exchanges at first"


def test_what_no_price_is_known_of_is_not_told_as_nothing(bench: Any) -> None:
    usage = Usage(calls=1, prompt_tokens=10, cost_usd=None).model_dump()
    event = json.dumps({"time": 1.0, "event": "call_finished", "step": "debug/1", "usage": usage, "recorded": False})
    bench.add("paid for", f"echo '{event}' >> journal.jsonl; sleep 1; report verified")
    console, stream = screen()
    with Progress(console, heartbeat=0.0) as progress:
        bench.seen = progress
        bench.run()
    assert "$0.0000 spent and unknown for 1 run, ETA unknown" in stream.getvalue()
