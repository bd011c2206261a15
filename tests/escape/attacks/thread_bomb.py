"""Threads count as processes do.

ends: processes
within: 7
limits: pids=64 wall_seconds=6
"""

import threading
import time

for _ in range(100):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
