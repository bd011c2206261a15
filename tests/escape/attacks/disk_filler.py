"""A full workspace is reported as that; sparse files do not fool the count, and inodes are limited too.

ends: disk
within: 10
limits: workspace_bytes=67108864 workspace_inodes=2000 wall_seconds=9
"""

import contextlib
from pathlib import Path

with Path("sparse").open("wb") as sparse:
    sparse.truncate(1 << 50)
made = 0
with contextlib.suppress(OSError):
    for made in range(10_000):
        Path(f"empty-{made}").touch()
if made >= 2_000:
    raise SystemExit("inodes are not limited")
for path in Path().glob("empty-*"):
    path.unlink()
with Path("filler").open("wb") as filler:
    while True:
        filler.write(b"x" * (1 << 20))
