"""A program that neither writes nor computes is ended long before its time is up.

ends: idle
within: 3
limits: idle_seconds=1 wall_seconds=20
"""

import time

print("waiting", flush=True)
while True:
    time.sleep(0.2)
