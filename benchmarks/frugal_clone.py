"""Where PaperCoder's own scripts are: a clone that the user names, or one that git fetches into this user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.frame import InputMissing
from benchmarks.frugal_runs import PAPER, SCRIPTS
from sandbox.setup.places import cache_folder, once

URL = "https://github.com/going-doer/Paper2Code"
COMMIT = "ba9169978043d5799c8d4f4a0963e6b66a24c2e1"
"""Of March 2026, the one whose figures `PUBLISHED` of `frugal.py` holds."""
GIT_SECONDS = 120.0


def clone(inputs: Mapping[str, Sequence[str]], say: Callable[[str], None], url: str = URL) -> Path:
    """The folder of a clone; nothing is written to one that the user names.

    Raises:
        InputMissing: there is none and none can be made; the message says what to do.
    """
    if named := inputs.get("papercoder"):
        folder = Path(named[0])
        if absent := _absent(folder):
            raise InputMissing(f"--papercoder {folder} lacks {absent}; name a clone of {URL}")
        return folder
    folder = cache_folder() / "bench" / "papercoder"
    with once("bench-papercoder"):
        if _absent(folder):
            say(f"fetching {url}")
            _make(url, folder)
    if absent := _absent(folder):
        raise InputMissing(f"{url} at {COMMIT[:7]} has no {absent}; name a clone that has it with --papercoder DIR")
    return folder


def _absent(folder: Path) -> str:
    """The first file that is not there of those that are needed."""
    needed = (*(Path("codes") / name for name in SCRIPTS), PAPER)
    return next((str(path) for path in needed if not (folder / path).is_file()), "")


def _make(url: str, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for arguments in (("init",), ("fetch", "--depth", "1", url, COMMIT), ("checkout", "FETCH_HEAD")):
        if why := _git(folder, *arguments):
            raise InputMissing(f"{url} cannot be fetched ({why}); name a clone of it with --papercoder DIR")


def _git(folder: Path, *arguments: str) -> str:
    """Why it failed; empty when it did not."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (" ".join(done.stderr.split())[-200:] or "it gave no reason") if done.returncode else ""
