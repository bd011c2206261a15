"""Children in process groups and sessions of their own are ended with the program.

control: deadline
ends: wall
within: 1.8
limits: wall_seconds=1
"""

import os
import signal
import time

import contained  # noqa: F401 - ends the attack outside of a container

for _ in range(8):
    if os.fork() == 0:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGABRT):
            signal.signal(number, signal.SIG_IGN)
        break
time.sleep(60)
