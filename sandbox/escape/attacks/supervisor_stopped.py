"""The supervisor can neither be stopped nor killed.

control: supervisor
ends: exited 0
within: 5
"""

import os
import signal
import time

import contained  # noqa: F401 - ends the attack outside of a container

for number in signal.valid_signals():
    try:
        os.kill(1, number)
    except OSError:
        continue
os.killpg(os.getpgid(0), 0)
time.sleep(0.3)
