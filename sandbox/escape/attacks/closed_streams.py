"""A program that closes its output goes on and keeps its exit status.

control: survivors
ends: exited 5
within: 3
"""

import os
import time

import contained  # noqa: F401 - ends the attack outside of a container

os.close(1)
os.close(2)
time.sleep(0.3)
os._exit(5)
