"""Sixty-four busy threads of one process do not keep the supervisor from ending the run in time.

control: cpu
ends: wall
within: 2.3
limits: wall_seconds=1
"""

import threading

import contained  # noqa: F401 - ends the attack outside of a container

for _ in range(64):
    threading.Thread(target=lambda: all(iter(lambda: True, False))).start()
