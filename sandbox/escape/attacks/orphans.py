"""Orphans are reaped: a program that leaves a hundred of them behind leaves no zombie.

control: survivors
ends: exited 0
within: 15
limits: pids=64 wall_seconds=20
"""

import os
import time
from pathlib import Path

import contained  # noqa: F401 - ends the attack outside of a container

for _ in range(100):
    middle = os.fork()
    if middle == 0:
        if os.fork() == 0:
            os._exit(0)
        os._exit(0)
    os.waitpid(middle, 0)
time.sleep(0.3)
alive = [path.name for path in Path("/proc").iterdir() if path.name.isdecimal()]
assert set(alive) == {"1", str(os.getpid())}, alive
