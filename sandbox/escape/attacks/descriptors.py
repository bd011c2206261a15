"""Open files are limited, and core files are not written.

control: processes
ends: exited 0
within: 5
needs: rlimits
"""

import os
import resource

import contained  # noqa: F401 - ends the attack outside of a container

assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
held = []
try:
    for _ in range(20_000):
        held.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    assert len(held) <= 8192, f"{len(held)} files could be opened"
else:
    raise AssertionError(f"{len(held)} files could be opened")
for raised in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE):
    try:
        resource.setrlimit(raised, (1 << 20, 1 << 20))
    except (OSError, ValueError):
        continue
    raise AssertionError("a limit could be raised")
