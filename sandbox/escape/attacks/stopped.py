"""A program that stops itself is ended when its time is up.

control: deadline
ends: wall
within: 1.8
limits: wall_seconds=1
"""

import os
import signal

import contained  # noqa: F401 - ends the attack outside of a container

while True:
    os.kill(os.getpid(), signal.SIGSTOP)
