"""Plain `git`, shut off from hooks, filters, signing, global configuration and hostile trees."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from p2c.errors import RunFolderError

_SAFE = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.autocrlf=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.quotePath=true",
    "commit.gpgsign=false",
    "tag.gpgsign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.allow=never",
    "diff.external=",
    "safe.directory=*",
    "advice.detachedHead=false",
)
AUTHOR = "p2c <p2c@localhost>"


class Git:
    """Runs git in one repository, whose folder is `name` below `work`.

    Attributes named in the tree's own `.gitattributes` are overridden (see `history.py`), and the process gets none
    of the variables by which a caller's git would redirect it.
    """

    def __init__(self, work: Path, name: str = ".git") -> None:
        self.work = work
        self.folder = work / name

    def run(self, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> bytes:
        """The output of `git ARGUMENTS`.

        Raises:
            RunFolderError: git is not installed, or it failed; the message holds its own words.
        """
        settings = [part for setting in _SAFE for part in ("-c", setting)]
        command = ["git", f"--git-dir={self.folder}", f"--work-tree={self.work}", *settings, *arguments]
        try:
            done = subprocess.run(command, input=stdin, capture_output=True, check=False, env=_environment(env or {}))
        except FileNotFoundError:
            raise RunFolderError("git is not installed; install it (apt-get install git) and try again") from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise RunFolderError(f"git {arguments[0]} failed in {self.work}: {said or f'status {done.returncode}'}")
        return done.stdout


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


def _environment(extra: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return (
        kept
        | {
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }
        | extra
    )
