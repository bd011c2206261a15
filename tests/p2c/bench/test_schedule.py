"""A set runs to its end whatever becomes of its entries, and the next command goes on where this one stopped."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from p2c.bench import child, schedule
from p2c.bench.live import heartbeat
from p2c.bench.record import End
from p2c.bench.spent import asked_in
from p2c.bench.stopping import Stopping
from p2c.errors import RunFolderError
from p2c.repair.reduce import INTERRUPTED, UNDER_WAY
from p2c.report.repairs import Reduced
from p2c.types import Ending
from sandbox.verdict import Rung

ODD = [
    "a b",
    "-not at the start-"[1:],
    "naïve ☕",
    "100%",
    "$(touch x)",
    "semi;colon",
    "quote'\"",
    "[bold]",
    "*",
    "x.log",
]
EXCHANGE = (
    '{"key": "k", "step": "debug/1", "model": "m", "messages": [], "reply": "r", "seconds": 2.0,'
    ' "usage": {"calls": 1, "prompt_tokens": 10, "reply_tokens": 5, "cost_usd": %s}}'
)


def pays(dollars: float) -> str:
    return f"echo '{EXCHANGE % dollars}' >> exchanges.jsonl; "


def ends(rows: dict[str, Any]) -> dict[str, str]:
    return {name: row.end.value for name, row in rows.items()}


def test_what_ends_one_entry_ends_no_other(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "KILLED_AFTER", 0.2)
    bench.patience = 0.2
    bench.add("killed", "kill -9 $$")
    bench.add("segfault", "kill -11 $$")
    bench.add("hangs", "sleep 60", **{"end-after": 0.005})
    bench.add("hangs and will not end", "trap '' INT TERM; sleep 60 & wait; sleep 60", **{"end-after": 0.005})
    bench.add("infrastructure", "echo 'Error: no engine' >&2; exit 3")
    bench.add("refused", "echo 'Error: no such folder' >&2; exit 2")
    bench.add("no report", "echo 'Error: the next call would go over --max-cost'; exit 1")
    bench.add("odd status", "exit 77")
    bench.add("half a report", "echo '{' > report.json; exit 1")
    bench.add("bug", "echo 'KeyError: 1'; echo 'Error: this is a bug of p2c and says nothing about the code'; exit 3")
    bench.add("well")
    rows = bench.run(jobs=4)
    assert ends(rows) == {
        "killed": "crashed",
        "segfault": "crashed",
        "hangs": "hung",
        "hangs and will not end": "hung",
        "infrastructure": "infrastructure",
        "refused": "refused",
        "no report": "unfinished",
        "odd status": "crashed",
        "half a report": "unfinished",
        "bug": "infrastructure",
        "well": "verified",
    }
    assert "SIGKILL" in rows["killed"].message
    assert "memory" in rows["killed"].message
    assert rows["infrastructure"].message == "no engine"
    assert rows["refused"].message == "no such folder"
    assert rows["odd status"].message == "exit status 77, and not a word"
    assert "another version" in rows["half a report"].message
    assert rows["bug"].message.startswith("KeyError: 1 Error: this is a bug of p2c")
    assert all(row.lines is None and row.unexpected for name, row in rows.items() if name != "well")


def test_a_process_that_cannot_be_made_fails_no_code(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.add("one")
    bench.add("two")
    launch = bench._launch

    def full(words: Any, folder: Path, log: Path) -> child.Child:
        if folder.name == "one":
            return child.Child(["/nowhere/python"], folder, log, {})
        return launch(words, folder, log)

    monkeypatch.setattr(bench, "_launch", full)
    rows = bench.run()
    assert ends(rows) == {"one": "infrastructure", "two": "verified"}
    assert "could not be started" in rows["one"].message


def test_the_next_command_runs_only_what_is_not_finished(bench: Any, report: Callable[..., Any]) -> None:
    bench.reports["stalled"] = report(ending=Ending.stalled, rungs=(Rung.imports, Rung.starts))
    bench.reports["engine"] = report(ending=Ending.infrastructure, rungs=(Rung.none, Rung.none))
    bench.add("verified")
    bench.add("stalled", "report stalled; exit 1")
    bench.add("engine", "report engine; exit 3")
    bench.add("crashed", "kill -9 $$")
    assert ends(bench.run()) == {
        "verified": "verified", "stalled": "stalled", "engine": "infrastructure", "crashed": "crashed",
    }  # fmt: skip
    bench.launched.clear()
    bench.does["engine"] = bench.does["crashed"] = "report verified"
    rows = bench.run()
    assert set(ends(rows).values()) == {"verified", "stalled"}
    assert len(bench.launched) == 2
    bench.launched.clear()
    assert bench.run() == rows
    assert bench.launched == []


def test_a_changed_repository_or_option_begins_anew_and_keeps_the_earlier_run(bench: Any) -> None:
    bench.add("one")
    bench.add("two")
    bench.run()
    (bench.entries["one"].path / "main.py").write_text("print('another')\n")
    bench.launched.clear()
    bench.run()
    assert len(bench.launched) == 1
    assert (bench.root / "out" / "earlier" / "one.1" / "report.json").is_file()
    options = bench.entries["two"].options.model_copy(update={"smoke": "python main.py"})
    bench.entries["two"] = bench.entries["two"].model_copy(update={"options": options})
    bench.run()
    bench.run(again=["two"])
    assert len(bench.launched) == 3
    assert [one.name for one in sorted((bench.root / "out" / "earlier").iterdir())] == ["one.1", "two.1", "two.2"]


def test_what_is_only_for_the_table_begins_nothing_anew(bench: Any) -> None:
    bench.add("one")
    bench.run()
    options = bench.entries["one"].options.model_copy(update={"class_": "later", "expect": "stalled"})
    bench.entries["one"] = bench.entries["one"].model_copy(update={"options": options, "minimum": 3})
    bench.launched.clear()
    row = bench.run()["one"]
    assert bench.launched == []
    assert (row.group, row.minimum, row.unexpected) == ("later", 3, ("it ended as verified, not stalled",))


def test_a_run_that_ended_for_its_budget_goes_on_with_a_larger_one(bench: Any, report: Callable[..., Any]) -> None:
    bench.reports["budget"] = report(ending=Ending.budget, rungs=(Rung.imports, Rung.imports))
    bench.add("one", "echo run >> times; report budget; exit 1", **{"max-attempts": 1})
    bench.run()
    bench.run()
    options = bench.entries["one"].options.model_copy(update={"max_attempts": 5})
    bench.entries["one"] = bench.entries["one"].model_copy(update={"options": options})
    bench.does["one"] = "echo run >> times; report verified"
    assert ends(bench.run()) == {"one": "verified"}
    assert (bench.root / "out" / "runs" / "one" / "times").read_text() == "run\nrun\n", "in its own folder"


def test_an_interrupt_ends_in_order_and_the_next_command_goes_on(bench: Any) -> None:
    bench.add("slow", "trap 'echo told >> ended; exit 130' INT; touch began; sleep 30 & wait")
    bench.add("never begun")
    bench.seen.on_start = lambda _task: threading.Timer(0.3, bench.stopping.ask).start()
    rows = bench.run(jobs=1)
    assert ends(rows) == {"slow": "interrupted", "never begun": "waiting"}
    assert (bench.root / "out" / "runs" / "slow" / "ended").read_text() == "told\n", "asked once"
    bench.stopping = Stopping()
    bench.seen.on_start = lambda _task: None
    bench.does["slow"] = "test -f began && report verified"
    assert set(ends(bench.run(jobs=1)).values()) == {"verified"}


@pytest.mark.parametrize(("is_by_the_bench", "ends_as"), [(True, "interrupted"), (False, "verified")])
def test_a_repair_that_runs_and_was_interrupted_while_it_was_reduced_is_finished_by_the_next_command(
    bench: Any, report: Any, *, is_by_the_bench: bool, ends_as: str
) -> None:
    made = report()
    reduction = Reduced(hunks_before=2, hunks_after=2, is_minimal=False, unfinished=INTERRUPTED)
    half = made.repair.model_copy(update={"reduction": reduction})
    bench.reports["half"] = made.model_copy(update={"repair": half})
    bench.add("r", "trap 'report half; exit 0' INT; sleep 30 & wait" if is_by_the_bench else "report half")
    bench.seen.on_start = lambda _task: threading.Timer(0.5, bench.stopping.ask).start() if is_by_the_bench else None
    assert ends(bench.run()) == {"r": ends_as}
    if is_by_the_bench:
        bench.stopping = Stopping()
        bench.does["r"] = "report verified"
        assert ends(bench.run()) == {"r": "verified"}


def test_a_repair_whose_process_failed_while_it_was_reduced_is_finished_by_the_next_command(
    bench: Any, report: Any
) -> None:
    made = report()
    reduction = Reduced(hunks_before=2, hunks_after=2, is_minimal=False, unfinished=UNDER_WAY)
    half = made.repair.model_copy(update={"reduction": reduction})
    bench.reports["half"] = made.model_copy(update={"repair": half})
    bench.add("r", "report half; echo 'Error: no room is left'; exit 3")
    row = bench.run()["r"]
    assert (row.end.value, row.message) == ("infrastructure", "no room is left")
    bench.does["r"] = "report verified"
    assert ends(bench.run()) == {"r": "verified"}


def test_a_second_interrupt_waits_for_nothing(bench: Any) -> None:
    bench.patience = 60.0
    bench.add("stubborn", "trap '' INT; sleep 30 & wait; wait")
    bench.seen.on_start = lambda _task: [threading.Timer(0.2 * n, bench.stopping.ask).start() for n in (1, 2, 3)]
    began = time.monotonic()
    assert ends(bench.run()) == {"stubborn": "interrupted"}
    assert time.monotonic() - began < 10


def test_names_are_folders_and_nothing_else(bench: Any) -> None:
    for name in ODD:
        bench.add(name)
    rows = bench.run(jobs=4)
    assert set(ends(rows).values()) == {"verified"}
    assert {one.name for one in (bench.root / "out" / "runs").iterdir()} == set(ODD)
    assert {one.name for one in (bench.root / "out").iterdir()} <= {
        "runs", "logs", "records", ".lock", ".holder", ".scratch",
    }  # fmt: skip


def test_an_entry_that_an_orphan_still_has_is_waited_for(bench: Any) -> None:
    bench.add("held")
    bench.add("free")
    folder = bench.root / "out" / "runs" / "held"
    folder.mkdir(parents=True)
    lock = FileLock(folder / ".lock", thread_local=False)
    lock.acquire()
    threading.Timer(0.8, lock.release).start()
    assert set(ends(bench.run(jobs=1)).values()) == {"verified"}
    assert [name for what, name in bench.seen.told if what == "started"] == ["free", "held"]
    assert ("held",) in {state.held for state in bench.seen.states}


def test_a_process_that_was_killed_with_the_bench_is_taken_for_interrupted(bench: Any) -> None:
    bench.add("one", "sleep 30")
    bench.seen.on_start = lambda _task: (_ for _ in ()).throw(RunFolderError("the disk is full"))
    with pytest.raises(RunFolderError):
        bench.run()
    bench.seen.on_start = lambda _task: None
    with_record = (bench.root / "out" / "records" / "one.json").read_text()
    assert '"interrupted"' in with_record
    bench.does["one"] = "report verified"
    rows = bench.run()
    assert ends(rows) == {"one": "verified"}
    assert rows["one"].seconds == 1.0, "as the run's own journal has it: nobody saw how long its first process took"


def test_the_money_of_the_set_is_never_passed(bench: Any) -> None:
    for number in range(6):
        bench.add(f"e{number}", pays(0.3) + "report verified")
    rows = bench.run(jobs=2, max_cost=1.0, model="m")
    given = [float(word.split("=")[1]) for words in bench.launched for word in words if word.startswith("--max-cost")]
    assert given[:2] == [0.5, 0.5]
    assert sum(asked_in(bench.root / "out" / "runs" / name).dollars for name in rows) <= 1.2, "but for one call each"
    waiting = [row for row in rows.values() if row.end is End.waiting]
    assert waiting
    assert {row.message for row in waiting} == {"--max-cost of the set is spent"}
    begun = len(bench.launched)
    rows = bench.run(jobs=2, max_cost=10.0, model="m")
    assert set(ends(rows).values()) == {"verified"}
    assert len(bench.launched) == 6, "those that had been paid for are not run again"
    assert begun < 6


def test_a_run_held_by_its_share_goes_on_when_there_is_more(bench: Any, report: Callable[..., Any]) -> None:
    bench.reports["budget"] = report(ending=Ending.budget, rungs=(Rung.imports, Rung.imports))
    bench.add("one", pays(0.4) + "report budget; exit 1")
    bench.run(max_cost=0.5, model="m")
    bench.run(max_cost=0.5, model="m")
    assert len(bench.launched) == 1, "no more is left than it had"
    bench.does["one"] = pays(0.2) + "report verified"
    rows = bench.run(max_cost=2.0, model="m")
    assert ends(rows) == {"one": "verified"}
    assert "--max-cost=2" in bench.launched[1], "what it had spent before is within"
    assert rows["one"].usage.calls == 0, "as its report says"


def test_what_asks_nobody_needs_no_money(bench: Any) -> None:
    bench.add("free", **{"no-model": True})
    assert ends(bench.run(max_cost=0.0, model="m")) == {"free": "verified"}
    assert not any(word.startswith("--max-cost") for word in bench.launched[0])


def test_two_hundred_entries_take_no_time_of_ours_and_the_eta_makes_sense(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "POLL", 0.005)
    for number in range(200):
        bench.add(f"entry {number}", **{"class": f"class {number % 7}"})
    began = time.process_time()
    rows = bench.run(jobs=8)
    assert set(ends(rows).values()) == {"verified"}
    assert time.process_time() - began < 10
    etas = [state.eta_seconds for state in bench.seen.states]
    assert etas[0] is None, "before the first has ended nobody knows"
    known = [eta for eta in etas if eta is not None]
    assert all(0 <= eta < 120 for eta in known)
    assert known[-1] == 0
    assert "200 of 200 done, 0 running, 0 left, $0.0000 spent, ETA 0 s" in heartbeat(bench.seen.states[-1])
    bench.add("one more")
    bench.seen.states.clear()
    bench.run()
    assert bench.seen.states[0].eta_seconds is not None, "what finished before tells how long one takes"
    assert re.match(r"200 of 201 done, 1 running, 0 left", heartbeat(bench.seen.states[0]))


def test_two_commands_do_not_share_a_folder(bench: Any) -> None:
    bench.add("one")
    bench.seen.on_start = lambda _task: bench.run()
    with pytest.raises(RunFolderError, match="in use by process"):
        bench.run()


def test_a_folder_of_something_else_is_left_alone(bench: Any) -> None:
    (bench.root / "out").mkdir()
    (bench.root / "out" / "thesis.tex").write_text("mine")
    bench.add("one")
    with pytest.raises(RunFolderError, match="thesis"):
        bench.run()
    assert [one.name for one in (bench.root / "out").iterdir()] == ["thesis.tex"]


def test_a_report_that_was_deleted_is_made_anew(bench: Any) -> None:
    bench.add("one")
    bench.run()
    Path(bench.root / "out" / "runs" / "one" / "report.json").unlink()
    assert ends(bench.run()) == {"one": "verified"}
    assert len(bench.launched) == 2
