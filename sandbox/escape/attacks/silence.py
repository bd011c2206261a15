"""A program that neither writes nor computes is ended long before its time is up.

control: deadline
ends: idle
within: 3
limits: idle_seconds=1 wall_seconds=20
"""

import time

import contained  # noqa: F401 - ends the attack outside of a container

print("waiting", flush=True)
while True:
    time.sleep(0.2)
