"""A program that ignores every signal it can is ended when its time is up.

control: deadline
ends: wall
within: 1.8
limits: wall_seconds=1
"""

import signal
import time

import contained  # noqa: F401 - ends the attack outside of a container

for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        continue
print("ready", flush=True)
while True:
    time.sleep(0.1)
