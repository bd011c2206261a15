"""Only so many processes have a turn at once; a turn ends with its process; who has waited too long goes ahead."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import turns as module
from sandbox.calloff import CallOff
from sandbox.errors import CalledOff
from sandbox.turns import Turns, Worked

HOLDER = """
import sys, time
from pathlib import Path
from sandbox.turns import Turns
with Turns(1, Path(sys.argv[1])).one():
    print("mine", flush=True)
    time.sleep(60)
"""


def test_the_next_process_waits_until_a_turn_is_free_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SAY_SECONDS", 0.1)
    mine, theirs = Turns(1, tmp_path, kept=0), Turns(1, tmp_path)
    order: list[str] = []

    def second() -> None:
        with theirs.one(order.append):
            order.append("theirs")

    with mine.one():
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.4)
        order.append("mine ends")
    thread.join(5)
    said = "other verifies have the processors of this machine; waiting for a turn, first in line"
    assert order == [said, "mine ends", "theirs"]
    assert theirs.waiting() >= 0.3
    assert mine.waiting() < 0.3


def test_threads_of_one_process_share_its_turn(tmp_path: Path) -> None:
    mine, theirs = Turns(1, tmp_path), Turns(1, tmp_path)
    with mine.one():
        with mine.one():
            assert theirs._taken() is None
        assert theirs._taken() is None, "the turn lasts to the end of the last run"
    mine.give_up()
    with theirs.one():
        assert mine._taken() is None


def test_a_turn_is_kept_over_a_pause_between_two_runs_and_no_longer(tmp_path: Path) -> None:
    mine, theirs = Turns(1, tmp_path, kept=0.3), Turns(1, tmp_path)
    with mine.one():
        pass
    assert theirs._taken() is None
    with mine.one():
        mine.give_up()
        assert theirs._taken() is None, "while something runs it is not given up"
    with theirs.one():
        assert 0.2 < theirs.waiting() < 5


def test_who_came_first_is_first_and_who_comes_later_does_not_overtake(tmp_path: Path) -> None:
    holder, order, threads = Turns(1, tmp_path, kept=0), list[int](), list[threading.Thread]()

    def wait(number: int) -> None:
        with Turns(1, tmp_path, kept=0).one():
            order.append(number)
            time.sleep(0.05)

    with holder.one():
        for number in range(5):
            threads.append(threading.Thread(target=wait, args=(number,)))
            threads[-1].start()
            _until(lambda: len(list((tmp_path / "line").glob("[0-9]*"))) == len(threads))
    holder.give_up()
    with holder.one():  # it comes back at once, and stands behind all of them
        order.append(99)
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 2, 3, 4, 99]
    assert list((tmp_path / "line").iterdir()) == []


def test_a_killed_process_stands_in_line_no_more(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    with Turns(1, tmp_path, kept=0).one():
        with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], cwd=root) as waiting:
            _until(lambda: any((tmp_path / "line").glob("[0-9]*")))
            waiting.kill()
        (ticket,) = (tmp_path / "line").iterdir()
    with Turns(1, tmp_path).one():
        pass
    assert not ticket.exists()


def _until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not (is_true := condition()) and time.monotonic() < until:
        time.sleep(0.01)
    assert is_true


def test_as_many_have_one_as_there_are(tmp_path: Path) -> None:
    one, two, three = (Turns(2, tmp_path) for _ in range(3))
    with one.one(), two.one():
        assert three._taken() is None


def test_a_killed_process_has_no_turn_any_more(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        assert Turns(1, tmp_path)._taken() is None
        holder.kill()
    with Turns(1, tmp_path).one():
        pass


def test_who_has_waited_too_long_goes_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.2)
    with Turns(1, tmp_path).one(), Turns(1, tmp_path).one():
        pass


def test_a_run_that_is_called_off_waits_no_longer(tmp_path: Path) -> None:
    mine, theirs, call_off = Turns(1, tmp_path, kept=0), Turns(1, tmp_path), CallOff()
    with mine.one():
        timer = threading.Timer(0.1, call_off.call)
        timer.start()
        with pytest.raises(CalledOff), theirs.one(call_off=call_off):
            pass
        timer.join()
    with theirs.one():
        assert mine._taken() is None


def test_where_no_lock_can_be_written_it_goes_ahead(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Turns(1, tmp_path / "file" / "turns").one():
        pass


def test_a_clock_stands_still_while_a_turn_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = Turns(1, tmp_path, kept=0), Turns(1, tmp_path)
    monkeypatch.setattr(module, "turns", lambda: theirs)
    clock = Worked()

    def run() -> None:
        with theirs.one():
            pass

    with mine.one():
        thread = threading.Thread(target=run)
        thread.start()
        _until(lambda: clock.waited > 0.2)
        assert clock.seconds < clock.waited
    thread.join(10)
    worked = clock.seconds
    time.sleep(0.05)
    assert 0.05 <= clock.seconds - worked < 5
