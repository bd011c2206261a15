"""Daemons that fork faster than they die are all gone when the time is up.

control: deadline
ends: wall processes
within: 2.3
limits: wall_seconds=1 pids=200
needs: pids
"""

import os
import signal
import time

import contained  # noqa: F401 - ends the attack outside of a container

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    try:
        if os.fork() == 0:
            os.setsid()
            time.sleep(0.001)
            if os.fork():
                os._exit(0)
    except OSError:
        time.sleep(0.001)
