"""Nothing but the sandbox's own small tmpfs mounts can be written to, and none of them takes devices or set-user-id.

ends: exited 0
within: 8
"""

import os
from pathlib import Path

WRITABLE = {"/workspace", "/job", "/tmp", "/home/sandbox", "/dev/shm"}
KERNEL = {"proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "devtmpfs"}

mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
options = {where: (kind, set(flags.split(","))) for _, where, kind, flags, *_ in mounts}
assert "ro" in options["/"][1]
for where in WRITABLE:
    kind, flags = options[where]
    assert kind == "tmpfs", where
    assert {"rw", "nosuid", "nodev"} <= flags, (where, flags)
    assert any(flag.startswith("size=") for flag in flags), where
    assert any(flag.startswith("nr_inodes=") for flag in flags), where
    assert "noexec" not in flags, f"{where}: compiled extensions could not be loaded"
    (Path(where) / "probe").write_text("x")
    (Path(where) / "probe").unlink()

for folder, below, _ in os.walk("/"):
    if folder in WRITABLE or options.get(folder, ("", ()))[0] in KERNEL:
        below.clear()
        continue
    try:
        (Path(folder) / ".probe").write_text("x")
    except OSError:
        continue
    raise AssertionError(f"{folder} can be written to")

for secret in ("/proc/kcore", "/etc/shadow", "/proc/keys", "/proc/timer_list", "/dev/mem", "/dev/kmsg"):
    try:
        content = os.read(os.open(secret, os.O_RDONLY), 1)
    except OSError:
        continue
    assert not content, f"{secret} can be read"
for lever in ("/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/sys/kernel/uevent_helper"):
    try:
        os.open(lever, os.O_WRONLY)
    except OSError:
        continue
    raise AssertionError(f"{lever} can be opened for writing")
try:
    os.mknod("/workspace/device", 0o600 | 0o020000, os.makedev(1, 1))
except OSError:
    pass
else:
    raise AssertionError("a device could be made")
