"""Files in memory file systems and anonymous files count as memory; filling them all harms nobody else.

control: memory
ends: memory disk
within: 12
limits: memory_bytes=268435456 wall_seconds=11
needs: memory oom_counter
"""

import os
import sys

import contained  # noqa: F401 - ends the attack outside of a container

block = b"x" * (1 << 20)
for place in ("/workspace", "/tmp", "/job", "/home/sandbox", "/dev/shm"):
    fd = os.open(f"{place}/filler", os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(fd, block)
    except OSError:
        continue
fd = os.memfd_create("filler")
for _ in range(256):
    os.write(fd, block)
sys.exit(3)
