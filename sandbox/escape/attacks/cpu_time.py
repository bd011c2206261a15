"""CPU time is limited by itself, however many processes share it.

control: deadline
ends: cpu
within: 4
limits: cpu_seconds=0.5 wall_seconds=8
needs: cpu_counter
"""

import os

import contained  # noqa: F401 - ends the attack outside of a container

os.fork()
while True:
    pass
