"""A full disk, a read-only folder: said in words, with an exit status of its own; what was paid for is kept.

Needs a mount namespace of its own, in which disks go with the process however it ends: `test_full_disk.py` runs it.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from p2c.errors import DiskFull, RunFolderError
from p2c.model.chat import ChatModel
from p2c.model.exchanges import Exchanges
from p2c.model.source import Call, Request
from p2c.model.types import Message
from p2c.run import reserve
from p2c.run.folder import RunFolder
from p2c.run.history import History
from p2c.types import Usage
from sandbox.tree import Tree


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


class Answering:
    """A source of answers; while it answers, the disk fills up."""

    model, recorded = "m", False

    def __init__(self, meanwhile) -> None:
        self.meanwhile = meanwhile
        self.asked = 0

    def complete(self, _request: Request, call: Call) -> str:
        call.under_way()
        self.asked += 1
        self.meanwhile()
        call.paid(Usage(calls=1))
        return "the answer " * 20_000

    def close(self) -> None:
        pass


def fill(disk: Path) -> None:
    with (disk / "filler").open("ab", buffering=0) as stream:
        for size in (65536, 4096, 1):
            try:
                while True:
                    stream.write(bytes(size))
            except OSError:
                continue


def question(text: str) -> list[Message]:
    return [Message(role="user", content=text)]


def test_an_answer_that_comes_when_the_disk_is_full_is_kept_and_no_other_is_asked_for(disk: Path) -> None:
    source = Answering(lambda: fill(disk))
    with RunFolder.open(disk / "run") as run:
        model = ChatModel(source, Exchanges(run.exchanges), run.journal, 1)
        with pytest.raises(DiskFull, match=r"is full; the model's last answers are kept\. Free some space and run"):
            model.ask("coding/a.py", question("one"))
        with pytest.raises(DiskFull):
            model.ask("coding/b.py", question("two"))
        with pytest.raises(DiskFull):
            run.write("code/a.py", "x")
    assert source.asked == 1
    (disk / "filler").unlink()
    with RunFolder.open(disk / "run") as run:
        model = ChatModel(source, Exchanges(run.exchanges), run.journal, 1)
        assert model.ask("coding/a.py", question("one")).text.startswith("the answer")
    assert source.asked == 1


def test_several_answers_under_way_are_all_kept(disk: Path) -> None:
    calls = 16
    all_begun = threading.Barrier(calls)

    def meanwhile() -> None:
        all_begun.wait()
        fill(disk)  # again and again: what the one gives up of the reserve is not left to the next

    with RunFolder.open(disk / "run") as run, ThreadPoolExecutor(calls) as pool:
        model = ChatModel(Answering(meanwhile), Exchanges(run.exchanges), run.journal, calls)
        asked = [pool.submit(model.ask, f"coding/{n}.py", question(str(n))) for n in range(calls)]
        assert {type(one.exception()) for one in asked} == {DiskFull}
    kept = [one.step for one in Exchanges(disk / "run/exchanges.jsonl").all()]
    assert sorted(kept) == sorted(f"coding/{n}.py" for n in range(calls))


def test_a_disk_without_room_for_a_run_is_said_before_anything_is_paid_for(disk: Path) -> None:
    (disk / "filler").write_bytes(bytes(6 * 1024 * 1024))
    with pytest.raises(DiskFull, match=r"cannot keep 8 MiB for the model's answers in .*disk is full; free some space"):
        RunFolder.open(disk / "run")
    assert not (disk / "run" / reserve.RESERVE).exists()
    (disk / "filler").unlink()
    RunFolder.open(disk / "run").close()


def test_a_full_disk_leaves_the_old_content(disk: Path) -> None:
    with RunFolder.open(disk / "run") as run:
        run.write("a", "old")
        with pytest.raises(DiskFull, match="the disk is full; free some space"):
            run.write("a", "x" * 9_000_000)
        assert run.read("a") == "old"
        run.write("a", "new")
        assert run.read("a") == "new"


def test_a_read_only_disk_is_said(disk: Path) -> None:
    RunFolder.open(disk / "run").close()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with pytest.raises(RunFolderError, match="read-only; choose another folder") as refused:
        RunFolder.open(disk / "run")
    assert refused.value.exit_status == 2


def test_a_run_whose_disk_fills_up_stops_in_order_and_goes_on_without_asking_again(
    disk: Path, tiny_paper: Path, endpoint, p2c_command
) -> None:
    endpoint.seen = lambda _run, number: fill(disk) if number == 2 else None
    words = ("generate", tiny_paper, "-o", disk / "run", "--until", "planning")
    ran = p2c_command(*words, endpoint=endpoint)
    assert ran.status == 3
    assert "Traceback" not in ran.stderr
    said = ran.stderr.strip().splitlines()[-1]
    assert re.search(r"^Error: .*disk.* is full.*[Ff]ree some space and run the same command again, it goes on", said)
    assert len(endpoint.prompts) == 2
    (disk / "filler").unlink()
    ran = p2c_command(*words, endpoint=endpoint)
    assert ran.status == 0, ran.stderr
    assert len(endpoint.prompts) == 4


def test_a_run_folder_that_may_not_be_written_to_is_refused_in_one_line_and_may_still_be_read(
    disk: Path, tmp_path: Path, tiny_paper: Path, endpoint, p2c_command
) -> None:
    words = ("generate", tiny_paper, "-o", disk / "run", "--until", "coding")
    assert p2c_command(*words, endpoint=endpoint).status == 0
    asked = len(endpoint.prompts)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    ran = p2c_command(*words, endpoint=endpoint)
    assert (ran.status, len(endpoint.prompts)) == (2, asked)
    assert (
        ran.stderr
        == f"Error: cannot use the run folder {disk}/run: the file system is read-only; choose another folder\n"
    )
    assert p2c_command("replay", disk / "run", "--to", tmp_path / "again").status == 0
    assert (tmp_path / "again/main.py").read_bytes() == (disk / "run/code/main.py").read_bytes()


def test_a_commit_for_which_there_is_no_room_is_said_as_any_full_disk_and_made_later(disk: Path) -> None:
    small, large = Tree({"a": b"1"}), Tree({str(n): os.urandom(200_000) for n in range(10)})
    history = History.create(disk / "repository")
    history.commit(small, "one")
    fill(disk)
    with pytest.raises(
        DiskFull, match=r"cannot write the git history of .*: the disk is full; free some space and run"
    ):
        history.commit(large, "two")
    (disk / "filler").unlink()
    again = History.create(disk / "repository")
    left = [path.name for path in (disk / "repository/.git").rglob("*") if path.name.startswith(("tmp_", "fast_"))]
    assert left == []
    again.commit(large, "two")
    assert [(c.subject, again.tree(c.sha).digest()) for c in again.log()] == [
        ("one", small.digest()), ("two", large.digest()),
    ]  # fmt: skip
