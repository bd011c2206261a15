"""Shared anonymous memory counts as memory.

control: memory
ends: memory
within: 10
limits: memory_bytes=268435456 wall_seconds=9
needs: memory oom_counter
"""

import mmap

import contained  # noqa: F401 - ends the attack outside of a container

size = 512 << 20
shared = mmap.mmap(-1, size)
for at in range(0, size, 1 << 20):
    shared[at : at + (1 << 20)] = b"x" * (1 << 20)
