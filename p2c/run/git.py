"""Plain `git`, shut off from hooks, filters, signing, global configuration and hostile trees."""

from __future__ import annotations

import errno
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from p2c.errors import RunFolderError, UsageError
from p2c.run.atomic import plain_errors

_SAFE = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.autocrlf=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.quotePath=true",
    "commit.gpgsign=false",
    "tag.gpgsign=false",
    "core.fsync=committed,reference",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.allow=never",
    "diff.external=",
    "safe.directory=*",
    "advice.detachedHead=false",
)
AUTHOR = "p2c <p2c@localhost>"
_TROUBLES = {
    "No space left on device": errno.ENOSPC,
    "Out of diskspace": errno.ENOSPC,
    "Disk quota exceeded": errno.EDQUOT,
    "Input/output error": errno.EIO,
    "Read-only file system": errno.EROFS,
    "Permission denied": errno.EACCES,
}
"""What git says, in the language C, of a disk that fails it."""
_READING = frozenset({"for-each-ref", "rev-list", "ls-tree", "ls-files", "cat-file", "log"})
"""Fails only where the repository is damaged."""


class Git:
    """Runs git in one repository, whose folder is `name` below `work`.

    Attributes named in the tree's own `.gitattributes` are overridden (see `history.py`), and the process gets none
    of the variables by which a caller's git would redirect it.
    """

    def __init__(self, work: Path, name: str = ".git") -> None:
        self.work = work
        self.folder = work / name

    def run(self, *arguments: str, stdin: bytes = b"", check: bool = True) -> bytes:
        """The output of `git ARGUMENTS`; `check`: that it fails is an error.

        Raises:
            RunFolderError: git is not installed, or it failed; the message holds its own words. DiskFull: there was no
                room.
        """
        settings = [part for setting in _SAFE for part in ("-c", setting)]
        done = _started([f"--git-dir={self.folder}", f"--work-tree={self.work}", *settings, *arguments], stdin)
        if check and done.returncode:
            self._fail(arguments[0], done.stderr.decode("utf-8", "replace").strip() or f"status {done.returncode}")
        return done.stdout

    def blobs(self, ids: Sequence[str]) -> list[bytes]:
        """The contents of files by their ids, in that order."""
        answer = self.run("cat-file", "--batch", stdin="".join(f"{one}\n" for one in ids).encode("ascii"))
        found, position = [], 0
        for _ in ids:
            end = answer.index(b"\n", position)
            size = int(answer[position:end].split()[2])
            found.append(answer[end + 1 : end + 1 + size])
            position = end + 1 + size + 1
        return found

    def _fail(self, command: str, said: str) -> NoReturn:
        number = next((number for words, number in _TROUBLES.items() if words in said), None)
        if number is not None:
            with plain_errors("write the git history of", self.work):
                raise OSError(number, os.strerror(number))
        advice = (
            "; its history is damaged: move that folder away, and the command that made it makes it again"
            if command in _READING
            else ""
        )
        raise RunFolderError(f"git {command} failed in {self.work}: {said}{advice}")


def repository_around(folder: Path) -> tuple[Git, str]:
    """The git repository that `folder` lies in, and where in it: empty, or a path that ends in `/`.

    Raises:
        UsageError: it lies in none.
    """
    asked = _started(["-c", "safe.directory=*", "-C", str(folder), "rev-parse", "--absolute-git-dir", "--show-prefix"])
    if asked.returncode:
        raise UsageError(f"{folder} is no git repository, so it has no revisions; name two folders instead")
    place, prefix = asked.stdout.decode("utf-8", "surrogateescape").split("\n")[:2]
    return Git(folder.absolute(), place), prefix


def _started(arguments: Sequence[str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *arguments], input=stdin, capture_output=True, check=False, env=_environment())
    except FileNotFoundError:
        raise RunFolderError("git is not installed; install it (apt-get install git) and try again") from None


def user_identity() -> str:
    """`NAME <EMAIL>` from the user's own git configuration; p2c's where that names nobody."""
    values = []
    for name in ("user.name", "user.email"):
        try:
            done = subprocess.run(
                ["git", "config", "--global", "--get", name],
                capture_output=True, check=False, env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            )  # fmt: skip
        except FileNotFoundError:
            return AUTHOR
        text = done.stdout.decode("utf-8", "replace")
        values.append(re.sub(r"[<>\x00-\x1f]", "", text).strip())
    return f"{values[0]} <{values[1]}>" if all(values) else AUTHOR


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
