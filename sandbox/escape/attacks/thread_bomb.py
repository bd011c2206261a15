"""Threads count as processes do.

control: processes
ends: processes
within: 7
limits: pids=64 wall_seconds=6
needs: pids
"""

import threading
import time

import contained  # noqa: F401 - ends the attack outside of a container

for _ in range(100):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
