"""A program that kills itself with SIGKILL has not run out of memory.

control: memory
ends: signalled 9
within: 4
"""

import os
import signal

import contained  # noqa: F401 - ends the attack outside of a container

os.kill(os.getpid(), signal.SIGKILL)
