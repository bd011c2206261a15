"""A daemon in a session of its own does not outlive the run, nor delay its end.

control: survivors
ends: exited 0
within: 2
"""

import os
import signal
import time

import contained  # noqa: F401 - ends the attack outside of a container

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        null = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        time.sleep(60)
    os._exit(0)
time.sleep(0.1)
