"""The output repository's git history: a commit for the generated code, one for each accepted edit."""

from __future__ import annotations

import re
import shlex
import shutil
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from p2c.errors import RunFolderError
from p2c.run.atomic import plain_errors
from p2c.run.git import Git, user_identity
from p2c.run.worktree import check_paths, content_of, write_exactly
from sandbox.tree import Tree

BRANCH = "refs/heads/main"
_MARK = "p2c.history"
_LEFT_BEHIND = ("*.lock", f"{BRANCH}.lock", "fast_import_crash_*", "objects/pack/tmp_*", "objects/??/tmp_*")
"""Patterns below `.git`: of a git that was killed or had no room."""
_ID = re.compile(r"[0-9a-f]{40}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_PLAIN_ATTRIBUTES = (
    "* !text !eol !crlf !ident !filter !diff !merge !working-tree-encoding !whitespace !export-ignore !export-subst\n"
)
"""In `.git/info/attributes`, which wins over every `.gitattributes` in the tree (gitattributes(5))."""


@dataclass(frozen=True)
class Commit:
    """One commit. `time` is in seconds since the epoch."""

    sha: str
    message: str
    author: str
    time: int

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


class History:
    """The linear history of one repository, branch `main`; its files lie in the folder as a plain checkout.

    Contents are stored byte for byte: no filter, no line-end conversion, whatever the tree's `.gitattributes` say.
    For one process at a time (the run folder's lock sees to that).
    """

    def __init__(self, folder: Path, git: Git) -> None:
        self.folder = folder
        self._git = git
        self._last: tuple[str, Collection[str]] = "", ()
        """The last commit that was made here, and its paths: git need not be asked for them."""

    @classmethod
    def create(cls, folder: Path) -> History:
        """The history in `folder`, which is made if need be; an earlier one of ours is gone on with.

        Raises:
            RunFolderError: `folder` is already a git repository of somebody else, another branch than `main` is
                checked out there, or it cannot be written to.
        """
        git = Git(folder.absolute())
        with plain_errors("make the repository", folder):
            folder.mkdir(parents=True, exist_ok=True)
            if not git.folder.exists():
                _make(Git(git.work, ".git.making"), git.folder)
            for stale in (path for pattern in _LEFT_BEHIND for path in git.folder.glob(pattern)):
                stale.unlink(missing_ok=True)  # nobody else works here
            _check_ours(git)
        history = cls(folder.absolute(), git)
        history._finish_checkout()
        return history

    def commit(self, tree: Tree, message: str) -> str:
        """Commit exactly `tree`, and make the folder hold it: what an earlier commit had and `tree` has not goes.

        Files in the folder that were never committed are left alone unless `tree` has one of the same name.

        Returns:
            The commit's id (40 hex digits).

        Raises:
            ValueError: a path leads out of the repository, into `.git`, or is both a file and a folder.
            RunFolderError: git or the disk failed; the history is then as it was.
        """
        check_paths(tree.files)
        parent = self._head()
        stream = _import_stream(tree, message, parent, user_identity())
        made = self._git.run("fast-import", "--quiet", "--force", "--done", stdin=stream).decode("ascii").strip()
        sha, before = self._last
        self._check_out(tree, before if parent == sha else self._entries(parent) if parent else ())
        self._last = made, frozenset(tree.files)
        return made

    def log(self) -> tuple[Commit, ...]:
        """The commits, oldest first."""
        if not self._head():
            return ()
        listed = self._git.run("log", "--reverse", "-z", "--format=%H%n%an <%ae>%n%at%n%B", "HEAD").decode(
            "utf-8", "replace"
        )
        commits = []
        for entry in listed.split("\0"):
            if entry.strip():
                sha, author, seconds, message = entry.lstrip("\n").split("\n", 3)
                commits.append(Commit(sha, message.strip("\n"), author, int(seconds)))
        return tuple(commits)

    def diff(self, old: str, new: str) -> str:
        """The unified diff between two commits."""
        shown = self._git.run(
            "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames",
            "--src-prefix=a/", "--dst-prefix=b/", _checked(old), _checked(new), "--",
        )  # fmt: skip
        return shown.decode("utf-8", "replace")

    def tree(self, sha: str) -> Tree:
        """The tree of a commit, byte for byte."""
        entries = self._entries(_checked(sha))
        contents = self._git.blobs([blob for _, blob in entries.values()])
        files = dict(zip(entries, contents, strict=True))
        return Tree(files, frozenset(path for path, (mode, _) in entries.items() if mode == "100755"))

    def _check_out(self, tree: Tree, before: Collection[str]) -> None:
        """Make the folder hold `tree` in place of the paths `before`; the index follows when all of it is written."""
        write_exactly(self.folder, tree, before, scratch=self._git.folder)
        self._git.run("read-tree", BRANCH)

    def _finish_checkout(self) -> None:
        """Write what a killed process did not come to of the last commit; what was edited by hand meanwhile stays.

        The index is then still that of the commit before. Any other index has what the user staged.
        """
        head = self._head()
        if not head:
            return
        known = self._git.run("rev-list", "--max-count=2", head).decode("ascii").split()
        index, earlier = self._index(), self._entries(known[1]) if known[1:] else {}
        if index != earlier or index == self._entries(known[0]):
            return
        last, before = self.tree(known[0]), self.tree(known[1]) if known[1:] else Tree({})
        edited = {
            path
            for path in last.files.keys() | before.files.keys()
            if content_of(self.folder, path) not in (last.files.get(path), before.files.get(path))
        }
        unedited = last.changed(dict.fromkeys(edited & last.files.keys()))
        self._check_out(unedited, before.files.keys() - edited)

    def _index(self) -> dict[str, tuple[str, str]]:
        """What was checked out last, whole, or what the user staged since: path -> (mode, blob)."""
        entries = {}
        for line in self._git.run("ls-files", "--stage", "-z").split(b"\0"):
            if line:
                facts, _, path = line.partition(b"\t")
                mode, blob, _stage = facts.decode("ascii").split(" ")
                entries[path.decode("utf-8", "surrogateescape")] = (mode, blob)
        return entries

    def _head(self) -> str:
        """The id of the last commit, or nothing; git is asked where it does not stand in the branch's own file."""
        with suppress(OSError):
            loose = (self._git.folder / BRANCH).read_text("ascii", "replace").strip()
            if _ID.fullmatch(loose):
                return loose
        return self._git.run("for-each-ref", "--format=%(objectname)", BRANCH).decode("ascii").strip()

    def _entries(self, sha: str) -> dict[str, tuple[str, str]]:
        """Path -> (mode, blob)."""
        entries = {}
        for line in self._git.run("ls-tree", "-r", "-z", "--full-tree", sha).split(b"\0"):
            if line:
                facts, _, path = line.partition(b"\t")
                mode, _kind, blob = facts.decode("ascii").split(" ")
                entries[path.decode("utf-8", "surrogateescape")] = (mode, blob)
        return entries


def _make(making: Git, to: Path) -> None:
    """Make the repository under another name first: one that a killed process left half made is not taken for it."""
    shutil.rmtree(making.folder, ignore_errors=True)
    making.run("init", "--quiet", "--template=", "--initial-branch=main")
    making.run("config", "core.bare", "false")
    making.run("config", _MARK, "1")
    (making.folder / "info").mkdir(exist_ok=True)
    (making.folder / "info" / "attributes").write_text(_PLAIN_ATTRIBUTES, encoding="ascii")
    making.folder.rename(to)


def _check_ours(git: Git) -> None:
    config = git.run("config", "--local", "--list", "-z").decode("utf-8", "replace")
    if f"{_MARK}\n" not in config:
        raise RunFolderError(f"{git.work} is a git repository already; name a folder that is not")
    if git.run("symbolic-ref", "HEAD", check=False).decode("utf-8", "replace").strip() != BRANCH:
        raise RunFolderError(
            f"another branch or commit than main, to which p2c commits, is checked out in {git.work}; "
            f"go back to it (git -C {shlex.quote(str(git.work))} checkout main) and run the same command again"
        )
    if "core.worktree\n" in config:  # git-init wrote where it was made; a folder that is moved would be none to git
        git.run("config", "--unset-all", "core.worktree")


def _checked(revision: str) -> str:
    """Raises ValueError unless this is a commit's id, which no option of git can look like."""
    if not revision or set(revision) - set("0123456789abcdef"):
        raise ValueError(f"{revision!r} is not the id of a commit")
    return revision


def written(message: str) -> str:
    """A message as it is committed: of what programs and papers put into it, nothing moves a terminal's cursor."""
    return _CONTROL.sub("", message).strip("\n")


def _import_stream(tree: Tree, message: str, parent: str, author: str) -> bytes:
    """Input of git-fast-import(1): the whole tree as one commit on the branch."""
    said = written(message).encode("utf-8", "replace")
    when = f"{author} {int(time.time())} +0000".encode()
    parts = [
        b"commit " + BRANCH.encode() + b"\n", b"mark :1\n", b"author " + when + b"\n", b"committer " + when + b"\n",
        b"data %d\n" % len(said), said, b"\n",
    ]  # fmt: skip
    if parent:
        parts.append(f"from {parent}\n".encode("ascii"))
    parts.append(b"deleteall\n")
    for path, content in sorted(tree.files.items()):
        mode = b"100755" if path in tree.executable else b"100644"
        parts += [b"M " + mode + b" inline " + _quoted(path) + b"\n", b"data %d\n" % len(content), content, b"\n"]
    return b"".join([*parts, b"get-mark :1\n", b"done\n"])


def _quoted(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return b'"' + escaped.encode("utf-8", "surrogateescape") + b'"'
