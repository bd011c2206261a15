"""A worker that takes all memory is told from one that fails by itself, although the parent lives on.

ends: memory
within: 10
limits: memory_bytes=268435456 wall_seconds=9
"""

import os
import sys

child = os.fork()
if child == 0:
    hoard = []
    while True:
        hoard.append(b"x" * (8 << 20))
_, status = os.waitpid(child, 0)
sys.exit(1 if status else 0)
