"""What was looked up is kept, and a look-up that fails costs nothing but its answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from p2c.repair.library import Library
from p2c.run.journal import Event, Journal
from sandbox.errors import InfrastructureError
from sandbox.lookup import Answer, Question
from sandbox.tree import Tree
from sandbox.verdict import Environment, Failure, Outcome, Rung, Verdict

TREE = Tree({"main.py": b"import numpy as np\nx = np.float(1)\n"})
FAILURE = Failure(
    step="smoke", kind="exception", exception="AttributeError", message="module 'numpy' has no attribute 'float'",
    signature="s", file="main.py", line=2,
)  # fmt: skip
ANSWER = Answer(name="numpy.float", found=False, near=("float64(value=0, /)",))


def verdict(key: str = "0123") -> Verdict:
    environment = Environment(key=key, python="3.11", lock="", seconds=0.0, reused=True)
    return Verdict(
        repository="r", tree=TREE.digest(), rung=Rung.starts, outcome=Outcome.failed, summary="s", failure=FAILURE,
        environment=environment,
    )  # fmt: skip


class Asked:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self, environment: Environment, asked: Sequence[Question]) -> tuple[Answer, ...]:
        self.times += 1
        return (ANSWER,)


def test_a_name_is_looked_up_once_for_each_environment_and_the_time_is_told(tmp_path: Path) -> None:
    asked, events = Asked(), list[Event]()
    library = Library(asked, Journal(None, (events.append,)), tmp_path / "verdicts")
    assert [library.about(TREE, verdict()) for _ in range(3)] == [(ANSWER,)] * 3
    assert asked.times == 1
    library.about(TREE, verdict("another"))
    assert asked.times == 2
    assert str(events[0]["message"]).startswith("looked up 1 name in the environment in 0.00 s: numpy.float")


def test_an_interrupted_repair_and_one_that_is_only_replayed_find_what_was_looked_up(tmp_path: Path) -> None:
    first = Asked()
    Library(first, Journal(None), tmp_path / "verdicts").about(TREE, verdict())
    again = Asked()
    assert Library(again, Journal(None), tmp_path / "verdicts").about(TREE, verdict()) == (ANSWER,)
    assert again.times == 0
    assert Library(None, Journal(None), tmp_path / "verdicts").about(TREE, verdict()) == (ANSWER,)
    assert Library(None, Journal(None), tmp_path / "others").about(TREE, verdict()) == ()


def test_a_damaged_file_is_looked_up_anew(tmp_path: Path) -> None:
    Library(Asked(), Journal(None), tmp_path / "verdicts").about(TREE, verdict())
    (kept,) = (tmp_path / "verdicts").glob("library-*.json")
    kept.write_text("[{")
    again = Asked()
    assert Library(again, Journal(None), tmp_path / "verdicts").about(TREE, verdict()) == (ANSWER,)
    assert again.times == 1


def test_a_look_up_that_fails_is_said_and_not_repeated_for_the_same_failure(tmp_path: Path) -> None:
    times: list[int] = []

    def fails(environment: Environment, asked: Sequence[Question]) -> tuple[Answer, ...]:
        times.append(1)
        raise InfrastructureError("the engine does not answer")

    events = list[Event]()
    library = Library(fails, Journal(None, (events.append,)), tmp_path / "verdicts")
    assert [library.about(TREE, verdict()), library.about(TREE, verdict())] == [(), ()]
    assert len(times) == 1
    assert "the engine does not answer" in str(events[0]["message"])
    assert not (tmp_path / "verdicts").exists()
