"""Sixty-four busy processes on two processors do not keep the supervisor from ending the run in time.

ends: wall
within: 2.3
limits: wall_seconds=1
"""

import os

for _ in range(63):
    if os.fork() == 0:
        break
while True:
    pass
