"""Nothing of the host shows: no engine's socket, no variable, no name, no disk, no process of another container.

ends: exited 0
within: 4
"""

import os
import socket
import stat
from pathlib import Path

for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock"):
    assert not Path(path).exists(), path
for device in Path("/dev").rglob("*"):
    assert not stat.S_ISBLK(device.lstat().st_mode), f"{device} is a disk"
assert socket.gethostname() == "sandbox"
resolver = Path("/etc/resolv.conf").read_text()
assert "nameserver" not in resolver or "127.0.0.1" in resolver, resolver
assert "search" not in resolver.replace("search .", ""), resolver
processes = {int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()}
assert processes == {1, os.getpid()}, processes
KNOWN = ("PYTHON", "HF_", "TRANSFORMERS_", "WANDB_", "TF_", "LC_", "TOKENIZERS_", "CUDA_")
PLAIN = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "TERM", "NO_COLOR", "MPLBACKEND"}
PLAIN |= {"DO_NOT_TRACK"}
for name in os.environ:
    fine = name in PLAIN or name.startswith(KNOWN) or name.endswith("_NUM_THREADS")
    assert fine, f"{name} comes from elsewhere"
for link in list(Path("/proc/self/fd").iterdir()):
    target = str(link.readlink()) if link.is_symlink() else ""
    assert target.startswith(("/dev/null", "pipe:", "/proc/")) or not target, f"descriptor {link.name}: {target}"
    assert int(link.name) < 4, f"descriptor {link.name} was inherited: {target}"
