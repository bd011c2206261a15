"""Daemons that start the next one and die at once cannot outrun the end of the time.

control: deadline
ends: wall
within: 2.3
limits: wall_seconds=1
"""

import os
import time

import contained  # noqa: F401 - ends the attack outside of a container

for _ in range(8):
    if os.fork() == 0:
        while True:
            os.setsid()
            if os.fork():
                os._exit(0)
time.sleep(60)
