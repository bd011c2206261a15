"""System calls are filtered, and a program cannot take the filter off.

control: calls
ends: exited 0
within: 4
"""

import ctypes

from contained import status

PR_SET_SECCOMP = 22
assert status()["Seccomp"] == "2"
assert int(status().get("Seccomp_filters", "1")) >= 1
assert ctypes.CDLL(None).prctl(PR_SET_SECCOMP, 0, 0, 0, 0) == -1
assert status()["Seccomp"] == "2"
