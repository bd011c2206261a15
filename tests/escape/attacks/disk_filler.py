"""A full workspace is reported as that; sparse files do not fool the count, and inodes are limited too.

ends: disk
within: 10
limits: workspace_bytes=67108864 workspace_inodes=2000 wall_seconds=9
"""

import errno
from pathlib import Path

with Path("sparse").open("wb") as sparse:
    sparse.truncate(1 << 50)
try:
    for number in range(10_000):
        Path(f"empty-{number}").touch()
except OSError as error:
    assert error.errno == errno.ENOSPC
for path in Path().glob("empty-*"):
    path.unlink()
with Path("filler").open("wb") as filler:
    while True:
        filler.write(b"x" * (1 << 20))
