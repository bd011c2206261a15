"""A program that kills all it can reach does not silence the report on it.

ends: exited 7
within: 4
"""

import os
import signal
import sys

signal.signal(signal.SIGTERM, signal.SIG_IGN)
for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
    try:
        os.kill(-1, number)
    except ProcessLookupError:
        pass
print("still here", flush=True)
sys.exit(7)
