"""A program that takes all memory is ended by the kernel, and the result says memory, not signal.

control: memory
ends: memory
within: 10
limits: memory_bytes=268435456 wall_seconds=9
needs: memory oom_counter
"""

import contained  # noqa: F401 - ends the attack outside of a container

hoard = []
while True:
    hoard.append(b"x" * (8 << 20))
