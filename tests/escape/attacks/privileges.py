"""The program is nobody: no capability, no way to new privileges, system calls filtered, not root, no core files.

ends: exited 0
within: 4
"""

import os
import resource
from pathlib import Path

status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
    assert int(status[name], 16) == 0, f"{name} is {status[name]}"
assert status["NoNewPrivs"] == "1"
assert status["Seccomp"] == "2"
assert int(status.get("Seccomp_filters", "2")) >= 2, "the supervisor's own filter is missing"
assert set(os.getresuid()) == {1000}
assert set(os.getresgid()) == {1000}
assert set(os.getgroups()) <= {1000}
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] <= 8192
for become in (os.setuid, os.setgid, os.seteuid):
    try:
        become(0)
    except PermissionError:
        continue
    raise AssertionError(f"{become.__name__}(0) was allowed")
