"""A run folder is held by one process, and loses nothing that was finished."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from p2c.errors import RunFolderError
from p2c.run.atomic import plain_errors
from p2c.run.folder import RunFolder


@pytest.fixture
def events() -> list[dict[str, object]]:
    return []


@pytest.fixture
def run(tmp_path: Path, events: list[dict[str, object]]) -> Iterator[RunFolder]:
    with RunFolder.open(tmp_path / "run", (events.append,)) as folder:
        yield folder


class Maker:
    """A step's work that counts how often it is done."""

    def __init__(self, **files: str) -> None:
        self.files = {name.replace("__", "/"): text for name, text in files.items()}
        self.calls = 0

    def __call__(self) -> Mapping[str, str]:
        self.calls += 1
        return self.files


def test_a_step_runs_once_for_the_same_inputs(run: RunFolder, events: list[dict[str, object]]) -> None:
    make = Maker(plan__overview="text")
    for _ in range(3):
        assert run.step("overview", {"paper": "p"}, ("plan/overview",), make) == {"plan/overview": "text"}
    assert make.calls == 1
    assert [(e["event"], e.get("reused")) for e in events] == [
        ("step_started", None), ("step_finished", False), ("step_finished", True), ("step_finished", True),
    ]  # fmt: skip


@pytest.mark.parametrize("inputs", [{"paper": "q"}, {"paper": "p", "more": ""}, {"pape": "rp"}, {"paper": b"p\0"}])
def test_a_step_runs_again_when_what_it_read_has_changed(run: RunFolder, inputs: Mapping[str, str | bytes]) -> None:
    run.step("s", {"paper": "p"}, ("a",), Maker(a="1"))
    assert run.step("s", inputs, ("a",), Maker(a="2")) == {"a": "2"}


def test_what_a_step_saw_besides_its_inputs_makes_it_anew_only_where_its_outputs_no_longer_fit(run: RunFolder) -> None:
    asked: list[tuple[str, str]] = []

    def step(seen: str, number: str, *, fits: bool) -> str:
        def judge(before: str, outputs: Mapping[str, str]) -> bool:
            asked.append((before, outputs["a"]))
            return fits

        return run.step("s", {}, ("a",), Maker(a=number), seen=seen, fits=judge)["a"]

    assert step("x", "1", fits=False) == "1"
    assert step("x", "2", fits=False) == "1"
    assert step("x, y", "3", fits=True) == "1"
    assert asked == [("x", "1")]
    assert step("y", "4", fits=False) == "4"
    assert step("y", "5", fits=False) == "4"
    assert asked == [("x", "1"), ("x", "1")]
    assert run.step("s", {}, ("a",), Maker(a="6"), seen="z") == {"a": "6"}


def test_an_edited_output_is_what_the_next_step_reads(run: RunFolder) -> None:
    run.step("s", {}, ("a",), Maker(a="1"))
    (run.path / "a").write_text("edited")
    assert run.step("s", {}, ("a",), Maker(a="2")) == {"a": "edited"}


def test_an_edited_output_is_kept_aside_when_the_step_must_run_again(
    run: RunFolder, events: list[dict[str, object]]
) -> None:
    run.step("s", {"x": "1"}, ("a",), Maker(a="1"))
    for number, edit in enumerate(("edited", "edited again"), 2):
        (run.path / "a").write_text(edit)
        assert run.step("s", {"x": str(number)}, ("a",), Maker(a=str(number))) == {"a": str(number)}
    assert run.read("a.yours") == "edited"
    assert run.read("a.yours.2") == "edited again"
    notes = [str(e["message"]) for e in events if e["event"] == "note"]
    assert "a was edited" in notes[0]
    assert "a.yours" in notes[0]


def test_an_output_that_nobody_edited_leaves_nothing_aside(run: RunFolder) -> None:
    run.step("s", {"x": "1"}, ("a",), Maker(a="1"))
    run.step("s", {"x": "2"}, ("a",), Maker(a="2"))
    assert not run.exists("a.yours")


def test_a_deleted_output_is_made_again(run: RunFolder) -> None:
    run.step("s", {}, ("a", "b"), Maker(a="1", b="1"))
    (run.path / "b").unlink()
    make = Maker(a="1", b="1")
    run.step("s", {}, ("a", "b"), make)
    assert make.calls == 1


def test_outputs_may_be_whatever_the_step_makes(run: RunFolder) -> None:
    run.step("s", {"x": "1"}, None, Maker(n__a="1", n__b="1"))
    assert run.step("s", {"x": "1"}, None, Maker()) == {"n/a": "1", "n/b": "1"}
    assert run.step("s", {"x": "2"}, None, Maker(n__b="2")) == {"n/b": "2"}
    assert not run.exists("n/a")


def test_a_stale_output_that_was_edited_is_kept_aside(run: RunFolder) -> None:
    run.step("s", {"x": "1"}, None, Maker(a="1"))
    (run.path / "a").write_text("mine")
    run.step("s", {"x": "2"}, None, Maker(b="2"))
    assert (run.exists("a"), run.read("a.yours")) == (False, "mine")


def test_a_step_that_fails_is_named_and_not_recorded(run: RunFolder, events: list[dict[str, object]]) -> None:
    def fail() -> Mapping[str, str]:
        raise RuntimeError("the model is gone")

    with pytest.raises(RuntimeError, match="the model is gone"):
        run.step("planning/logic", {}, ("a",), fail)
    assert events[-1]["event"] == "step_failed"
    assert (events[-1]["step"], events[-1]["reason"]) == ("planning/logic", "the model is gone")
    assert run.step("planning/logic", {}, ("a",), Maker(a="1")) == {"a": "1"}


def test_a_step_must_make_what_it_promised(run: RunFolder) -> None:
    with pytest.raises(ValueError, match=r"made \['b'\] and not \['a'\]"):
        run.step("s", {}, ("a",), Maker(b="1"))


def test_steps_survive_the_process(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path) as first:
        first.step("s", {}, ("a",), Maker(a="1"))
    with RunFolder.open(tmp_path) as second:
        assert second.step("s", {}, ("a",), Maker(a="2")) == {"a": "1"}


@pytest.mark.parametrize(
    "name", ["../a", "/a", "", "a/../../b", "run.json", "steps.json", ".lock", "journal.jsonl", "exchanges.jsonl/x"]
)
def test_a_name_out_of_the_folder_or_of_its_own_files_is_refused(run: RunFolder, name: str) -> None:
    with pytest.raises(ValueError, match=r"path|own files"):
        run.write(name, "x")


def test_what_is_written_is_read(run: RunFolder) -> None:
    run.write("deep/er/ünï.md", "tëxt\n")
    run.write("image.png", b"\x89PNG")
    assert run.read("deep/er/ünï.md") == "tëxt\n"
    assert (run.path / "image.png").read_bytes() == b"\x89PNG"
    assert not run.exists("deep")
    with pytest.raises(RunFolderError, match=r"cannot read .*nothing"):
        run.read("nothing")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(RunFolderError, match=r"not a run folder and not empty \(it holds 'thesis.tex'\)"):
        RunFolder.open(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_no_run_folder(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(RunFolderError, match="is a file"):
        RunFolder.open(tmp_path / "f")
    with pytest.raises(RunFolderError, match="cannot use the run folder"):
        RunFolder.open(tmp_path / "f" / "g")


def test_a_newer_layout_is_refused(tmp_path: Path) -> None:
    RunFolder.open(tmp_path).close()
    (tmp_path / "run.json").write_text('{"layout": "7", "novelty": 1}')
    with pytest.raises(RunFolderError, match=r"layout '7', this p2c knows layout '1'"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize("name", ["run.json", "steps.json"])
def test_a_damaged_file_of_ours_is_named(tmp_path: Path, name: str) -> None:
    RunFolder.open(tmp_path).close()
    (tmp_path / name).write_text("[1")
    with pytest.raises(RunFolderError, match=rf"{name} is damaged"):
        RunFolder.open(tmp_path)


def test_a_folder_is_bound_to_one_paper(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path) as run:
        run.update_meta(model="m", options={"until": "planning"})
        run.claim_paper("a" * 64)
        run.claim_paper("a" * 64)
    with RunFolder.open(tmp_path) as run:
        assert (run.meta.layout, run.meta.model, run.meta.options) == ("1", "m", {"until": "planning"})
        with pytest.raises(RunFolderError, match="another paper"):
            run.claim_paper("b" * 64)


def test_a_torn_journal_line_does_not_swallow_the_next_event(tmp_path: Path) -> None:
    RunFolder.open(tmp_path).close()
    (tmp_path / "journal.jsonl").write_text('{"event": "note", "message": "who')
    with RunFolder.open(tmp_path) as run:
        run.journal.emit("note", message="next")
        assert [e["message"] for e in run.journal.events()] == ["next"]


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission denied"),
        (errno.EIO, "disk"),
    ],
)
def test_a_failing_disk_is_said_in_words(tmp_path: Path, number: int, why: str) -> None:
    with pytest.raises(RunFolderError, match=why), plain_errors("write", tmp_path):
        raise OSError(number, os.strerror(number))


WORKER = """
import json, pathlib, sys
from p2c.run.folder import RunFolder
from p2c.run.lines import JsonLines
with RunFolder.open(pathlib.Path(sys.argv[1])) as run:
    done = JsonLines(run.exchanges)
    for number in range(100000):
        run.step(f"s{number}", {"n": str(number)}, (f"out/{number}",), lambda: {f"out/{number}": "x" * 5000})
        run.step("again", {"n": str(number)}, ("again",), lambda: {"again": str(number) * 3000})
        done.append({"number": number})
        print(number, flush=True)
"""


def test_kill_9_at_any_moment_loses_nothing_that_was_finished(tmp_path: Path) -> None:
    finished, moments = -1, random.Random(20261123)  # noqa: S311 - the same in every run of the tests
    for round_number in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        first = [child.stdout.readline() for _ in range(1 + 3 * round_number)]
        assert all(first), "the worker did not start again after a kill"
        time.sleep(moments.random() * 0.02)
        child.send_signal(signal.SIGKILL)
        told = [int(line) for line in [*first, *child.stdout.readlines()] if line.endswith("\n")]
        child.stdout.close()
        child.wait()
        finished = max(finished, *told)
    with RunFolder.open(tmp_path / "run") as run:
        assert finished > 12
        for number in range(finished + 1):
            make = Maker()
            run.step(f"s{number}", {"n": str(number)}, (f"out/{number}",), make)
            assert make.calls == 0
            assert run.read(f"out/{number}") == "x" * 5000
        numbers = {json.loads(line)["number"] for line in run.exchanges.read_text().splitlines() if line.endswith("}")}
        assert numbers >= set(range(finished + 1))
        assert len(set(run.read("again"))) <= len(str(finished + 1))
        assert not run.exists("again.yours")
        assert not list((run.path / ".scratch").iterdir())


def test_independent_steps_may_run_at_the_same_time(run: RunFolder) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def one(number: int) -> Mapping[str, str]:
        make: Callable[[], Mapping[str, str]] = lambda: {f"f{number}": str(number)}  # noqa: E731
        return run.step(f"s{number}", {}, (f"f{number}",), make)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(one, range(40)))
    assert results == [{f"f{n}": str(n)} for n in range(40)]
    assert len(json.loads((run.path / "steps.json").read_text())) == 40
