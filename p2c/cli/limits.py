"""What `--timeout` and `--memory` mean for a run in the sandbox; the same for every command."""

from __future__ import annotations

from dataclasses import replace

from sandbox.settings import Limits

LONGEST_SECONDS = 366 * 24 * 3600
"""A time limit is at most a year: clocks and sockets cannot be told to wait for any number of seconds."""


def limits(timeout: float | None, memory: int | None = None) -> Limits:
    """The usual limits with the user's own in place of them.

    Args:
        timeout: seconds of wall time for one run; both CPUs may be busy for all of it.
        memory: bytes.
    """
    usual = Limits()
    if timeout is not None:
        usual = replace(usual, wall_seconds=timeout, cpu_seconds=max(usual.cpu_seconds, usual.cpus * timeout))
    return usual if memory is None else replace(usual, memory_bytes=memory)
