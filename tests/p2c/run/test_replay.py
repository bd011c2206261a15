"""A resumed run tells the history the same story again; nothing is committed twice, nothing of the user's is lost."""

import subprocess
from pathlib import Path

import pytest

from p2c.errors import RunFolderError
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


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True).stdout


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


def killed_before_the_index(folder: Path) -> None:
    """As a process leaves it that is killed after the last commit and before its files are all written."""
    (folder / "a.py").write_bytes(b"1\n")
    (folder / "b/c.py").unlink()
    git(folder, "read-tree", "HEAD~1")


def test_a_checkout_that_a_killed_process_left_behind_is_finished(folder: Path):
    killed_before_the_index(folder)
    open_again(folder)
    assert (folder / "a.py").read_bytes() == b"2\n"
    assert (folder / "b/c.py").read_bytes() == b"2\n"
    assert git(folder, "status", "--porcelain") == ""


def test_what_was_edited_after_the_kill_is_not_written_over_by_the_rest_of_the_checkout(folder: Path):
    killed_before_the_index(folder)
    (folder / "a.py").write_bytes(b"mine\n")
    again = open_again(folder)
    assert (folder / "a.py").read_bytes() == b"mine\n"
    assert (folder / "b/c.py").read_bytes() == b"2\n"
    again.commit(THREE, "Mend otherwise")
    assert subjects(folder) == ["Code as generated", "Mend it", "Edits made by hand", "Mend otherwise"]


def test_a_file_that_is_put_back_by_hand_to_what_it_was_before_an_edit_stays_so(folder: Path):
    git(folder, "checkout", "HEAD~1", "--", "a.py")
    open_again(folder).commit(ONE, "Code as generated")
    assert (folder / "a.py").read_bytes() == b"1\n"


def test_what_the_user_has_staged_and_new_files_are_kept(folder: Path):
    (folder / "a.py").write_bytes(b"mine\n")
    (folder / "new.py").write_bytes(b"new\n")
    (folder / "d.py").write_bytes(b"my own d\n")
    git(folder, "add", "--all")
    again = open_again(folder)
    again.commit(ONE, "Code as generated")
    again.commit(Tree({"a.py": b"3\n", "d.py": b"d\n"}), "Mend otherwise")
    assert (folder / "new.py").read_bytes() == b"new\n"
    history = History.create(folder)
    kept = dict(history.tree(history.log()[2].sha).files)
    assert kept == {"a.py": b"mine\n", "b/c.py": b"2\n", "d.py": b"my own d\n"}


def test_edits_that_were_kept_once_make_no_commits_in_later_runs(folder: Path):
    (folder / "a.py").write_bytes(b"mine\n")
    for _ in range(3):
        again = open_again(folder)
        for tree, message in ((ONE, "Code as generated"), (THREE, "Mend otherwise")):
            again.commit(tree, message)
        again.settle(THREE)
    assert subjects(folder) == ["Code as generated", "Mend it", "Edits made by hand", "Mend otherwise"]


@pytest.mark.parametrize("words", [("checkout", "-q", "HEAD~1"), ("checkout", "-q", "-b", "mine")])
def test_another_branch_or_commit_that_the_user_looks_at_is_left_and_the_way_back_is_said(folder: Path, words):
    git(folder, *words)
    (folder / "a.py").write_bytes(b"mine\n")
    with pytest.raises(
        RunFolderError, match=r"another branch or commit than main.*git -C .* checkout main\)"
    ) as refused:
        open_again(folder)
    assert refused.value.exit_status == 2
    assert (folder / "a.py").read_bytes() == b"mine\n"


def test_a_run_that_ends_earlier_than_before_leaves_its_own_tree_as_the_last_commit(folder: Path):
    again = open_again(folder)
    again.commit(ONE, "Code as generated")
    again.settle(ONE)
    assert subjects(folder) == ["Code as generated", "Mend it", "Another way than before"]
    assert (folder / "a.py").read_bytes() == b"1\n"
    assert not (folder / "b").exists()


def test_what_the_user_committed_stays_in_the_history_and_that_is_said(folder: Path):
    (folder / "a.py").write_bytes(b"mine\n")
    git(folder, "-c", "user.name=Ada", "-c", "user.email=a@example.org", "commit", "-qam", "My own")
    said: list[dict[str, object]] = []
    again = ReplayedHistory(History.create(folder), Journal(None, (said.append,)))
    for tree, message in ((ONE, "Code as generated"), (TWO, "Mend it\n\nbecause.")):
        again.commit(tree, message)
    again.settle(TWO)
    assert subjects(folder) == ["Code as generated", "Mend it", "My own", "Another way than before"]
    assert (folder / "a.py").read_bytes() == b"2\n"
    assert "they stay in its history (git log)" in str(said[-1]["message"])


def test_edits_that_no_run_has_seen_stay_and_are_not_passed_over_in_silence(folder: Path):
    said: list[dict[str, object]] = []
    for content in (b"2\n", b"mine\n"):
        (folder / "a.py").write_bytes(content)
        again = ReplayedHistory(History.create(folder), Journal(None, (said.append,)))
        again.commit(ONE, "Code as generated")
        again.commit(TWO, "Mend it\n\nbecause.")
        again.settle(TWO)
    assert (folder / "a.py").read_bytes() == b"mine\n"
    assert subjects(folder) == ["Code as generated", "Mend it"]
    assert len(said) == 1
    assert "edited by hand (a.py) and stays so; what this run says is of its last commit" in str(said[0]["message"])


def test_a_run_that_comes_out_as_before_settles_without_a_commit(folder: Path):
    again = open_again(folder)
    again.commit(ONE, "Code as generated")
    again.commit(TWO, "Mend it\n\nbecause.")
    again.settle(TWO)
    assert subjects(folder) == ["Code as generated", "Mend it"]


def test_edits_by_hand_are_told_before_and_after_those_kept_as_commits_and_those_in_the_folder(folder: Path):
    assert open_again(folder).by_hand() == ()
    (folder / "a.py").write_bytes(b"mine\n")
    again = open_again(folder)
    again.commit(THREE, "Mend otherwise")
    (folder / "a.py").write_bytes(b"mine again\n")
    edits = [(before.files, after.files) for before, after in again.by_hand()]
    assert edits == [(TWO.files, {**TWO.files, "a.py": b"mine\n"}), (THREE.files, {"a.py": b"mine again\n"})]
