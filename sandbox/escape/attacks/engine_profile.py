"""The engine's seccomp profile stands besides the supervisor's own filter.

control: calls
ends: exited 0
within: 4
needs: profile
"""

import ctypes
import os
import platform

from contained import status

assert int(status().get("Seccomp_filters", "2")) >= 2, "there is only one filter"
libc = ctypes.CDLL(None, use_errno=True)
EPERM, ENOSYS = 1, 38
CLOCK_SETTIME = {"x86_64": 227, "aarch64": 112}.get(platform.machine())
if CLOCK_SETTIME:
    assert libc.syscall(CLOCK_SETTIME, 0, 0) == -1
    assert ctypes.get_errno() in (EPERM, ENOSYS), os.strerror(ctypes.get_errno())
