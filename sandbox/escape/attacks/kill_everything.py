"""A program that kills all it can reach does not silence the report on it.

control: survivors
ends: exited 7
within: 4
"""

import contextlib
import os
import signal
import sys

import contained  # noqa: F401 - ends the attack outside of a container

signal.signal(signal.SIGTERM, signal.SIG_IGN)
for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, number)
print("still here", flush=True)
sys.exit(7)
