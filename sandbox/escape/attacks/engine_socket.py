"""There is no engine's socket, and no disk of the host.

control: host
ends: exited 0
within: 9
"""

import os
import stat
from pathlib import Path

import contained  # noqa: F401 - ends the attack outside of a container

KNOWN = ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock")
for path in KNOWN:
    assert not Path(path).exists(), path
for folder, _, names in os.walk("/"):
    if folder.startswith(("/proc", "/sys")):
        continue
    for name in names:
        mode = (Path(folder) / name).lstat().st_mode
        assert not stat.S_ISSOCK(mode), f"{folder}/{name} is a socket"
        assert not stat.S_ISBLK(mode), f"{folder}/{name} is a disk"
