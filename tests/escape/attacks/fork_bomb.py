"""A fork bomb is stopped at the limit of processes, and ended.

ends: processes
within: 7
limits: pids=64 wall_seconds=6
"""

import os

while True:
    try:
        os.fork()
    except OSError:
        pass
