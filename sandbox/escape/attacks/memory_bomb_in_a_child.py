"""A worker that takes all memory is told from one that fails by itself, although the parent lives on.

control: memory
ends: memory
within: 10
limits: memory_bytes=268435456 wall_seconds=9
needs: memory oom_counter
"""

import os
import sys

import contained  # noqa: F401 - ends the attack outside of a container

child = os.fork()
if child == 0:
    hoard = []
    while True:
        hoard.append(b"x" * (8 << 20))
_, status = os.waitpid(child, 0)
sys.exit(1 if status else 0)
