"""A program that kills itself with SIGKILL has not run out of memory.

ends: signalled 9
within: 4
"""

import os
import signal

os.kill(os.getpid(), signal.SIGKILL)
