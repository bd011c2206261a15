"""CPU time is limited by itself, however many processes share it.

ends: cpu
within: 4
limits: cpu_seconds=0.5 wall_seconds=8
"""

import os

os.fork()
while True:
    pass
