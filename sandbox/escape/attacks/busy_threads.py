"""Sixty-four busy processes on two processors do not keep the supervisor from ending the run in time.

control: cpu
ends: wall
within: 2.3
limits: wall_seconds=1
"""

import os

import contained  # noqa: F401 - ends the attack outside of a container

for _ in range(63):
    if os.fork() == 0:
        break
while True:
    pass
