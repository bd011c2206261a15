"""What a repository wrote, on its way to a CI system's log: nothing of it is a workflow command there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from p2c.report.formats.github import stop_and_resume
from p2c.report.plain import plain


def is_github() -> bool:
    """Whether GitHub Actions runs this process, and so reads what it prints."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


@contextmanager
def no_commands(console: Console, *, is_read: bool) -> Iterator[None]:
    """Where GitHub reads along, nothing that is printed meanwhile is a workflow command.

    Args:
        console: the stream of the two lines that say so; never one that is to be JSON alone.
        is_read: whether GitHub reads along; without it nothing is printed.
    """
    stop, resume = stop_and_resume() if is_read else ("", "")
    if stop:
        console.print(stop, markup=False, soft_wrap=True)
    try:
        yield
    finally:
        if resume:
            console.print(resume, markup=False, soft_wrap=True)


def error_line(error: Exception) -> str:
    """`Error: ...` in one line that is no workflow command: `::` counts at a line's start only, `##[` anywhere."""
    return f"Error: {plain(str(error), 2000)}".replace("##[", "## [")
