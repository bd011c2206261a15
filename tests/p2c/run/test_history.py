"""The output repository's history tells exactly what happened, whatever the tree holds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from p2c.errors import RunFolderError
from p2c.run.history import History
from p2c.run.journal import Journal
from p2c.run.replay import ReplayedHistory
from sandbox.tree import Tree


def tree(executable: frozenset[str] = frozenset(), **files: bytes) -> Tree:
    return Tree({name.replace("__", "/"): content for name, content in files.items()}, executable)


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def on_disk(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts[:1]
    }


def test_each_commit_is_its_tree_byte_for_byte(tmp_path: Path) -> None:
    history = History.create(tmp_path / "repo")
    first = Tree({"main.py": b"x = 1\r\n", "src/a.py": b"", "bin.dat": b"\0\xff\xfe", "run.sh": b"#!/bin/sh\n"},
                 frozenset({"run.sh"}))  # fmt: skip
    second = first.changed({"src/a.py": None, "b/c/d.py": b"y = 2"})
    a, b = history.commit(first, "Generate the code"), history.commit(second, "Mend it\n\nBecause.")
    assert (history.tree(a).files, history.tree(a).executable) == (first.files, first.executable)
    assert history.tree(b).files == second.files
    assert on_disk(tmp_path / "repo") == dict(second.files)
    assert not (tmp_path / "repo" / "src").exists()
    assert os.access(tmp_path / "repo" / "run.sh", os.X_OK)
    assert [(c.sha, c.subject) for c in history.log()] == [(a, "Generate the code"), (b, "Mend it")]
    assert history.log()[1].message == "Mend it\n\nBecause."
    assert git(tmp_path / "repo", "status", "--porcelain") == ""
    git(tmp_path / "repo", "fsck", "--strict")


def test_a_diff_shows_what_changed(tmp_path: Path) -> None:
    history = History.create(tmp_path)
    a = history.commit(tree(a=b"one\ntwo\n"), "a")
    b = history.commit(tree(a=b"one\n2\n", n=b"new\n"), "b")
    diff = history.diff(a, b)
    assert "-two\n+2\n" in diff
    assert "+++ b/n\n" in diff


def test_the_users_name_is_used_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    config.write_text("")
    history = History.create(tmp_path / "repo")
    history.commit(tree(a=b"1"), "a")
    config.write_text("[user]\nname = Ada <L>\nemail = ada@example.org\n")
    history.commit(tree(a=b"2"), "b")
    assert [c.author for c in history.log()] == ["p2c <p2c@localhost>", "Ada L <ada@example.org>"]


def test_the_users_configuration_and_hooks_have_no_effect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "post-commit", "reference-transaction", "post-checkout", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (hooks / name).chmod(0o755)
    config = tmp_path / "config"
    config.write_text(
        f"[core]\nhooksPath={hooks}\nautocrlf=true\n[commit]\ngpgsign=true\n[diff]\nexternal=false\n"
        f"[init]\ntemplateDir={tmp_path}\ndefaultBranch=other\n[color]\nui=always\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere-index"))
    history = History.create(tmp_path / "repo")
    a = history.commit(tree(a=b"1\r\n"), "a")
    b = history.commit(tree(a=b"2\r\n"), "b")
    assert history.tree(a).files["a"] == b"1\r\n"
    assert "\x1b" not in history.diff(a, b)
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "elsewhere").exists()


def test_a_hostile_gitattributes_hides_and_changes_nothing(tmp_path: Path) -> None:
    history = History.create(tmp_path / "repo")
    attributes = b"* filter=evil text eol=crlf ident -diff export-ignore working-tree-encoding=UTF-16\n"
    files = {".gitattributes": attributes, "a.py": b"x = '$Id$'\n", ".gitignore": b"*\n", ".gitmodules": b"[s]\n",
             "sub/.gitattributes": b"* binary\n", "sub/b.py": b"y\n"}  # fmt: skip
    git(tmp_path / "repo", "config", "filter.evil.clean", f"touch {tmp_path}/ran; cat")
    git(tmp_path / "repo", "config", "filter.evil.smudge", f"touch {tmp_path}/ran; cat")
    a = history.commit(Tree(files), "a")
    b = history.commit(Tree({**files, "a.py": b"x = 2\n", "sub/b.py": b"z\n"}), "b")
    assert history.tree(a).files == files
    assert "-x = '$Id$'\n+x = 2\n" in history.diff(a, b)
    assert "-y\n+z\n" in history.diff(a, b)
    assert git(tmp_path / "repo", "status", "--porcelain") == ""
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "path", [".git/config", "a/.git/hooks/pre-commit", ".GIT/x", "a/.Git/x", "git~1/x", "../x", "/x", "a/../../x", ""]
)
def test_a_path_into_git_or_out_of_the_tree_is_refused(tmp_path: Path, path: str) -> None:
    history = History.create(tmp_path)
    with pytest.raises(ValueError, match=r"\.git|plain relative path"):
        history.commit(Tree({path: b"x"}), "no")
    assert history.log() == ()


def test_a_file_that_is_also_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is a file, and a folder"):
        History.create(tmp_path).commit(Tree({"a": b"", "a/b": b""}), "no")


@pytest.mark.parametrize(
    "path",
    ["with space.py", "-rf", "--help", 'quo"te', "new\nline", "tab\t", "ünï/ço.dé", "*", "a:b", "\udcff.bin", "@{u}"],
)
def test_odd_names_come_back(tmp_path: Path, path: str) -> None:
    history = History.create(tmp_path)
    sha = history.commit(Tree({path: b"1", "other": b"2"}), "odd")
    assert history.tree(sha).files == {path: b"1", "other": b"2"}
    assert (tmp_path / path).read_bytes() == b"1"


def test_links_in_the_folder_are_replaced_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep.py").write_text("mine")
    repo = tmp_path / "repo"
    history = History.create(repo)
    history.commit(Tree({"d/keep.py": b"1", "e": b"2"}), "a")
    (repo / "d" / "keep.py").unlink()
    (repo / "d").rmdir()
    (repo / "d").symlink_to(outside)
    (repo / "e").unlink()
    (repo / "e").symlink_to(outside / "keep.py")
    history.commit(Tree({"d/new.py": b"3", "e": b"4"}), "b")
    assert (outside / "keep.py").read_text() == "mine"
    assert sorted(p.name for p in outside.iterdir()) == ["keep.py"]
    assert on_disk(repo) == {"d/new.py": b"3", "e": b"4"}


def test_what_was_never_committed_stays(tmp_path: Path) -> None:
    history = History.create(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    history.commit(tree(a=b"1"), "a")
    history.commit(tree(b=b"1"), "b")
    assert on_disk(tmp_path) == {"notes.txt": b"mine", "b": b"1"}


def test_the_history_goes_on_after_a_killed_process(tmp_path: Path) -> None:
    first = History.create(tmp_path)
    first.commit(tree(a=b"1"), "a")
    git(tmp_path, "config", "core.worktree", str(tmp_path))  # what is taken out again needs the lock of config
    locks = ("index.lock", "HEAD.lock", "config.lock", "packed-refs.lock", "refs/heads/main.lock")
    for name in locks:
        (tmp_path / ".git" / name).write_text("")
    again = History.create(tmp_path)
    again.commit(tree(a=b"2"), "b")
    assert [c.subject for c in again.log()] == ["a", "b"]
    assert not [name for name in locks if (tmp_path / ".git" / name).exists()]


def test_a_file_is_replaced_as_a_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    history = History.create(tmp_path)
    history.commit(tree(a=b"1" * 100), "a")
    (tmp_path / "a").chmod(0o600)
    with (tmp_path / "a").open("rb") as before:
        history.commit(tree(a=b"2"), "b")
        assert before.read() == b"1" * 100, "a reader, as a kill, meets the old content or the new"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert on_disk(tmp_path) == {"a": b"2"}


def test_a_damaged_history_is_named_with_the_way_to_another(tmp_path: Path) -> None:
    sha = History.create(tmp_path).commit(tree(a=b"1"), "a")
    damaged = tmp_path / ".git/objects" / sha[:2] / sha[2:]
    damaged.chmod(0o644)
    damaged.write_bytes(b"")
    with pytest.raises(RunFolderError, match=r"its history is damaged: move that folder away, and the command"):
        History.create(tmp_path)


def test_a_repository_left_half_made_is_made_again(tmp_path: Path) -> None:
    (tmp_path / ".git.making").mkdir()
    (tmp_path / ".git.making" / "HEAD").write_text("ref: ")
    history = History.create(tmp_path)
    history.commit(tree(a=b"1"), "a")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".git", "a"]
    assert git(tmp_path, "log", "--format=%s").strip() == "a"


COMMITTER = """
import pathlib, sys
from p2c.run.history import History
from p2c.run.journal import Journal
from p2c.run.replay import ReplayedHistory
from sandbox.tree import Tree
history = History.create(pathlib.Path(sys.argv[1]))
print("ready", flush=True)
for number in range(1000):
    files = {f"src/f{n}.py": str(number).encode() * 2000 for n in range(number % 7 + 1)}
    print(history.commit(Tree(files), f"commit {number}"), flush=True)
"""


def test_kill_9_in_the_middle_of_a_commit_leaves_a_sound_history(tmp_path: Path) -> None:
    told: list[str] = []
    for round_number in range(8):
        child = subprocess.Popen([sys.executable, "-c", COMMITTER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.011 * round_number)
        child.send_signal(signal.SIGKILL)
        told += [line.strip() for line in child.stdout if line.endswith("\n")]
        child.stdout.close()
        child.wait()
    history = History.create(tmp_path)
    last = history.commit(tree(a=b"1"), "the last")
    assert {c.sha for c in history.log()} >= {*told, last}
    assert on_disk(tmp_path) == {"a": b"1"}
    git(tmp_path, "fsck", "--strict")


def test_a_commit_that_was_not_checked_out_any_more_is_checked_out_later(tmp_path: Path) -> None:
    history = History.create(tmp_path)
    history.commit(tree(old=b"1", both=b"1"), "a")
    stream = b"commit refs/heads/main\ncommitter x <x> 0 +0000\ndata 1\nbfrom refs/heads/main^0\ndeleteall\n"
    stream += b"M 100644 inline both\ndata 1\n2\nM 100644 inline new\ndata 1\n2\n"
    subprocess.run(["git", "-C", str(tmp_path), "fast-import", "--quiet"], input=stream, check=True)
    History.create(tmp_path)
    assert on_disk(tmp_path) == {"both": b"2", "new": b"2"}
    assert git(tmp_path, "status", "--porcelain") == ""


def test_somebody_elses_repository_is_left_alone(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    before = (tmp_path / ".git" / "config").read_text()
    with pytest.raises(RunFolderError, match="is a git repository already"):
        History.create(tmp_path)
    assert (tmp_path / ".git" / "config").read_text() == before


def test_a_revision_is_never_an_option(tmp_path: Path) -> None:
    history = History.create(tmp_path)
    sha = history.commit(tree(a=b"1"), "a")
    with pytest.raises(ValueError, match="not the id of a commit"):
        history.diff("--output=/tmp/x", sha)


def test_an_empty_history_has_no_commits(tmp_path: Path) -> None:
    assert History.create(tmp_path).log() == ()


def test_the_same_tree_twice_and_an_empty_tree_are_commits_too(tmp_path: Path) -> None:
    history = History.create(tmp_path)
    a, b, c = (history.commit(t, "x\0y") for t in (tree(a=b"1"), tree(a=b"1"), Tree({})))
    assert len({a, b, c}) == 3
    assert history.diff(a, b) == ""
    assert on_disk(tmp_path) == {}
    assert history.log()[0].message == "xy"


def test_a_moved_repository_is_one_to_plain_git_and_one_that_an_older_p2c_made_becomes_one(tmp_path: Path) -> None:
    history = History.create(tmp_path / "made")
    history.commit(Tree({"a.py": b"1\n"}), "one")
    (tmp_path / "made").rename(tmp_path / "moved")
    status = ["git", "-C", str(tmp_path / "moved"), "status", "--porcelain"]
    assert subprocess.run(status, capture_output=True, text=True, check=True).stdout == ""
    config = ["git", "-C", str(tmp_path / "moved"), "config", "core.worktree", str(tmp_path / "made")]
    subprocess.run(config, check=True)
    assert subprocess.run(status, capture_output=True, check=False).returncode != 0
    History.create(tmp_path / "moved")
    assert subprocess.run(status, capture_output=True, text=True, check=True).stdout == ""


def test_a_message_moves_no_cursor_and_is_known_again(tmp_path: Path) -> None:
    message = "Mend E: \x1b[31mred\x1b]0;t\x07\0\ud800\n\nsaid\r\nso"
    history = History.create(tmp_path / "repo")
    history.commit(Tree({"a.py": b"1\n"}), message)
    assert history.log()[0].message == "Mend E: [31mred]0;t\n\nsaid\nso"
    again = ReplayedHistory(History.create(tmp_path / "repo"), Journal(None))
    again.commit(Tree({"a.py": b"1\n"}), message)
    assert len(history.log()) == 1
