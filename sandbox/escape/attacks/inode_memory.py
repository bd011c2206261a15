"""Memory that the kernel spends on a hundred thousand empty files is the program's, and the report says so.

control: memory
ends: memory disk
within: 14
limits: memory_bytes=134217728 wall_seconds=13
needs: memory oom_counter
"""

import os
from pathlib import Path

import contained  # noqa: F401 - ends the attack outside of a container

Path("/proc/self/oom_score_adj").write_text("0")
for place in ("/workspace", "/tmp", "/job", "/home/sandbox", "/dev/shm"):
    try:
        for number in range(100_000):
            os.close(os.open(f"{place}/{'long' * 50}-{number}", os.O_CREAT | os.O_WRONLY))
    except OSError:
        continue
raise SystemExit(3)
