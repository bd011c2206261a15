"""The supervisor's side of tools that start ahead: a tool of ours is begun in a container that waits for its job.

It gets ready without its tree (an import of mypy costs more than most checks), and waits for a line on its standard
input, which comes when the tree is there. It is trusted, and nothing else has run in the container before it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import Any, NamedTuple


class Started(NamedTuple):
    """A tool that waits.

    Attributes:
        output, errors: descriptors from which its standard streams can be read.
        line: the one into which its line is to be written.
    """

    pid: int
    argv: list[str]
    env: dict[str, str]
    output: int
    errors: int
    line: int

    def fits(self, job: dict[str, Any]) -> bool:
        """Whether it is the job's own command."""
        return bool(job["argv"] == self.argv and job["env"] == self.env)

    def has_ended(self) -> bool:
        """Whether it is gone, for example because the machine ran short of memory."""
        return os.waitpid(self.pid, os.WNOHANG) != (0, 0)

    def go_on(self) -> None:
        """Tell it that its tree is there."""
        with contextlib.suppress(BrokenPipeError):  # it has ended, and its exit status says how
            os.write(self.line, b"\n")
        os.close(self.line)


def start(wanted: dict[str, Any]) -> Started:
    """Start the tool. Raises OSError where it is not in the image.

    Args:
        wanted: `argv`, and `env` (all variables of the job to come).
    """
    read, line = os.pipe()
    output, into_output = os.pipe()
    errors, into_errors = os.pipe()
    process = subprocess.Popen(
        wanted["argv"],
        stdin=read,
        stdout=into_output,
        stderr=into_errors,
        env=wanted["env"],
        cwd="/workspace",
        start_new_session=True,
    )
    process.returncode = 0  # it is reaped with all others
    for fd in (read, into_output, into_errors):
        os.close(fd)
    return Started(process.pid, wanted["argv"], wanted["env"], output, errors, line)
