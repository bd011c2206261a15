"""A program that holds most of its memory when its time is up has run out of time, not of memory.

control: memory
ends: wall
within: 2.8
limits: memory_bytes=268435456 wall_seconds=2
"""

import time

import contained  # noqa: F401 - ends the attack outside of a container

hoard = b"x" * (150 << 20)
while hoard:
    time.sleep(0.1)
