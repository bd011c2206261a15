"""Every place that can be written to has a size of its own, and all of them full leave the program its memory.

control: disk_full
ends: exited 0
within: 14
limits: memory_bytes=536870912 wall_seconds=13
needs: tmpfs_size
"""

import os

from contained import PLACES

block = b"x" * (1 << 20)
written = 0
for place in PLACES:
    fd = os.open(f"{place}/filler", os.O_WRONLY | os.O_CREAT)
    for _ in range(1024):
        try:
            written += os.write(fd, block)
        except OSError:
            break
    else:
        raise AssertionError(f"{place} took a gigabyte")
assert written <= 400 << 20, f"{written} bytes were written"
hoard = b"x" * (64 << 20)
