"""A full workspace is reported as that.

control: disk_full
ends: disk
within: 10
limits: workspace_bytes=67108864 wall_seconds=9
needs: tmpfs_size
"""

from pathlib import Path

import contained  # noqa: F401 - ends the attack outside of a container

with Path("filler").open("wb") as filler:
    while True:
        filler.write(b"x" * (1 << 20))
