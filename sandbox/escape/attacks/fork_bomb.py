"""A fork bomb is stopped at the limit of processes, and ended.

control: processes
ends: processes
within: 7
limits: pids=64 wall_seconds=6
needs: pids
"""

import contextlib
import os

import contained  # noqa: F401 - ends the attack outside of a container

while True:
    with contextlib.suppress(OSError):
        os.fork()
