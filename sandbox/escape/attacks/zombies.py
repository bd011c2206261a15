"""Children that nobody waits for do not keep the run from its end.

control: survivors
ends: exited 0
within: 3
limits: pids=64
"""

import os
import time

import contained  # noqa: F401 - ends the attack outside of a container

for _ in range(40):
    if os.fork() == 0:
        os._exit(0)
time.sleep(0.2)
os._exit(0)
