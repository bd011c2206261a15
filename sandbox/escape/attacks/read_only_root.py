"""Nothing but the sandbox's own small places can be written to.

control: files
ends: exited 0
within: 10
"""

import os
from pathlib import Path

from contained import PLACES

KERNEL = {"proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "devtmpfs"}
mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
kinds = {where: kind for _, where, kind, *_ in mounts}
assert "ro" in next(flags for _, where, _, flags, *_ in mounts if where == "/").split(",")
for folder, below, _ in os.walk("/"):
    if folder in PLACES or kinds.get(folder) in KERNEL:
        below.clear()
        continue
    try:
        (Path(folder) / ".probe").write_text("x")
    except OSError:
        continue
    raise AssertionError(f"{folder} can be written to")
for name in ("/etc/passwd", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/opt/p2c/inside/supervisor.py"):
    try:
        os.close(os.open(name, os.O_WRONLY))
    except OSError:
        continue
    raise AssertionError(f"{name} can be written to")
