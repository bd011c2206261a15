"""The places that can be written to are memory, small, and make no device or set-user-id file work.

control: files
ends: exited 0
within: 4
"""

import os
from pathlib import Path

from contained import PLACES, opened

mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
options = {where: (kind, set(flags.split(","))) for _, where, kind, flags, *_ in mounts}
for where in PLACES:
    kind, flags = options[where]
    assert kind == "tmpfs", where
    assert "rw" in flags, (where, flags)
    assert any(flag.startswith("size=") for flag in flags), where
    assert "noexec" not in flags, f"{where}: compiled extensions could not be loaded"
    state = os.statvfs(where)
    assert state.f_blocks * state.f_frsize <= 4 << 30, f"{where} has {state.f_blocks * state.f_frsize} bytes"
    path = Path(where, "probe")
    path.write_text("x")
    path.unlink()
    for number in (0o020000, 0o060000):
        device = f"{where}/device"
        try:
            os.mknod(device, 0o600 | number, os.makedev(1, 1))
        except OSError:
            continue
        assert not opened(device, os.O_RDONLY), f"a device made in {where} can be opened"
        os.unlink(device)
