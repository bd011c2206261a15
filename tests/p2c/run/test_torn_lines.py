"""A write that was cut off at any byte costs at most what it was about; what comes after it is not swallowed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from p2c.model.exchanges import Exchange, Exchanges
from p2c.model.types import Message
from p2c.run.folder import RunFolder
from p2c.run.lines import JsonLines
from p2c.types import Usage


def exchange(number: int) -> Exchange:
    said = (Message(role="user", content="q\nü"),)
    return Exchange(key=f"k{number}", step=f"s{number}", model="m", messages=said, reply="é", usage=Usage(), seconds=0)


def test_a_journal_cut_at_any_byte_goes_on_with_the_next_event(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run") as run:
        run.journal.emit("note", message="first")
        run.journal.emit("note", message="second ü")
    path = tmp_path / "run/journal.jsonl"
    whole = path.read_bytes()
    start = whole.index(b"\n") + 1
    for end in range(start, len(whole) + 1):
        path.write_bytes(whole[:end])
        with RunFolder.open(tmp_path / "run") as run:
            run.journal.emit("note", message="next")
            told = [event["message"] for event in run.journal.events()]
        assert told == (["first", "second ü", "next"] if end >= len(whole) - 1 else ["first", "next"]), end


def test_exchanges_cut_at_any_byte_lose_at_most_the_one_that_was_being_written(tmp_path: Path) -> None:
    path = tmp_path / "exchanges.jsonl"
    for number in (1, 2):
        Exchanges(path).append(exchange(number))
    whole = path.read_bytes()
    start = whole.index(b"\n") + 1
    for end in range(start, len(whole) + 1):
        path.write_bytes(whole[:end])
        again = Exchanges(path)
        assert again.take("k1") == exchange(1)
        is_whole = end >= len(whole) - 1
        assert again.take("k2") == (exchange(2) if is_whole else None), end
        again.append(exchange(3))
        assert [one.step for one in Exchanges(path).all()] == (["s1", "s2", "s3"] if is_whole else ["s1", "s3"]), end


@pytest.mark.parametrize("rubbish", [b"\0" * 40, b"\xff\xfe{", b"[]\n", b'{"event"', b"\n\n\n"])
def test_rubbish_at_the_end_is_passed_over(tmp_path: Path, rubbish: bytes) -> None:
    lines = JsonLines(tmp_path / "lines.jsonl")
    lines.append({"n": 1})
    lines.path.write_bytes(lines.path.read_bytes() + rubbish)
    lines.append({"n": 2})
    assert list(lines.read()) == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize("name", ["exchanges.jsonl", "journal.jsonl"])
def test_a_whole_run_goes_on_after_its_last_line_was_torn(runs, name: str) -> None:
    assert runs.go({"whole": "whole"}) == {"whole": 0}, runs.log("whole")
    expected, calls = runs.made("whole"), runs.calls("whole")
    path = runs.folder("whole") / name
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][: len(lines[-1]) // 2])
    assert runs.go({"again": "whole"}) == {"again": 0}, runs.log("again")
    assert runs.calls("again") == (calls[-1:] if name == "exchanges.jsonl" else [])
    assert runs.made("whole") == expected
    assert all(json.loads(line) for line in path.read_bytes().splitlines()[len(lines) :])
