"""A resumed run tells the history the same story again; nothing is committed twice, nothing of the user's is lost."""

from pathlib import Path

import pytest

from p2c.run.history import History
from p2c.run.journal import Journal
from p2c.run.replay import ReplayedHistory
from sandbox.tree import Tree

ONE = Tree({"a.py": b"1\n", "gone.py": b"x\n"})
TWO = Tree({"a.py": b"2\n", "b/c.py": b"2\n"}, frozenset({"a.py"}))
THREE = Tree({"a.py": b"3\n"})


def open_again(folder: Path) -> ReplayedHistory:
    return ReplayedHistory(History.create(folder), Journal(None))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    history = open_again(tmp_path / "repository")
    history.commit(ONE, "Code as generated")
    history.commit(TWO, "Mend it\n\nbecause.")
    return tmp_path / "repository"


def subjects(folder: Path) -> list[str]:
    return [commit.subject for commit in History.create(folder).log()]


def test_the_same_story_is_not_committed_twice_and_goes_on(folder: Path):
    shas = [commit.sha for commit in History.create(folder).log()]
    again = open_again(folder)
    assert [again.commit(ONE, "Code as generated"), again.commit(TWO, "Mend it\n\nbecause.\n")] == shas
    again.commit(THREE, "Mend more")
    assert subjects(folder) == ["Code as generated", "Mend it", "Mend more"]
    assert sorted(path.name for path in folder.iterdir()) == [".git", "a.py"]


def test_another_story_is_added_at_the_end(folder: Path):
    again = open_again(folder)
    again.commit(THREE, "Code as generated")
    again.commit(TWO, "Mend it\n\nbecause.")
    assert subjects(folder) == ["Code as generated", "Mend it", "Code as generated", "Mend it"]


def test_edits_by_hand_are_committed_before_they_are_written_over(folder: Path):
    (folder / "a.py").write_bytes(b"mine\n")
    (folder / "b/c.py").unlink()
    again = open_again(folder)
    again.commit(ONE, "Code as generated")
    assert (folder / "a.py").read_bytes() == b"mine\n"
    again.commit(THREE, "Mend otherwise")
    assert subjects(folder) == ["Code as generated", "Mend it", "Edits made by hand", "Mend otherwise"]
    history = History.create(folder)
    assert dict(history.tree(history.log()[2].sha).files) == {"a.py": b"mine\n"}


def test_a_checkout_that_a_killed_process_left_behind_is_finished(folder: Path):
    (folder / "a.py").write_bytes(b"1\n")
    (folder / "b/c.py").unlink()
    open_again(folder)
    assert (folder / "a.py").read_bytes() == b"2\n"
    assert (folder / "b/c.py").read_bytes() == b"2\n"


def test_a_run_that_ends_earlier_than_before_leaves_its_own_tree_as_the_last_commit(folder: Path):
    again = open_again(folder)
    again.commit(ONE, "Code as generated")
    again.settle(ONE)
    assert subjects(folder) == ["Code as generated", "Mend it", "Another way than before"]
    assert (folder / "a.py").read_bytes() == b"1\n"
    assert not (folder / "b").exists()


def test_a_run_that_comes_out_as_before_settles_without_a_commit(folder: Path):
    again = open_again(folder)
    again.commit(ONE, "Code as generated")
    again.commit(TWO, "Mend it\n\nbecause.")
    again.settle(TWO)
    assert subjects(folder) == ["Code as generated", "Mend it"]
