"""Every place that can be written to takes so many files and no more.

control: disk_full
ends: exited 0
within: 14
limits: memory_bytes=536870912 workspace_inodes=2000 wall_seconds=13
needs: tmpfs_inodes
"""

import os

from contained import PLACES

for place in PLACES:
    made = 0
    try:
        for made in range(20_000):
            os.close(os.open(f"{place}/{made}", os.O_CREAT | os.O_WRONLY))
    except OSError:
        for number in range(made):
            os.unlink(f"{place}/{number}")
        continue
    raise AssertionError(f"{place} took {made} files")
