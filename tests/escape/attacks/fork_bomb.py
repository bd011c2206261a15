"""A fork bomb is stopped at the limit of processes, and ended.

ends: processes
within: 7
limits: pids=64 wall_seconds=6
"""

import contextlib
import os

while True:
    with contextlib.suppress(OSError):
        os.fork()
