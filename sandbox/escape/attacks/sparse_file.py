"""A sparse file of a petabyte takes no room and hurts nobody.

control: disk_full
ends: exited 0
within: 5
limits: workspace_bytes=67108864
"""

import os
from pathlib import Path

from contained import PLACES

for place in PLACES:
    path = Path(place, "sparse")
    before = os.statvfs(place).f_bavail
    with path.open("wb") as file:
        file.truncate(1 << 50)
    assert path.stat().st_size == 1 << 50
    assert before - os.statvfs(place).f_bavail <= 1, f"it takes room in {place}"
