"""p2c as a process that another p2c has started: it ends in order when that one is gone.

`python -m p2c.cli.child PARENT COMMAND ...`, with the process id of the one that starts it. When that one ends, even by
SIGKILL, the kernel sends SIGINT (prctl(2), PR_SET_PDEATHSIG; Linux only), which is what Ctrl-C does.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from p2c.cli import main

_PR_SET_PDEATHSIG = 1


def _end_with(parent: int) -> None:
    """Ask the kernel. Raises KeyboardInterrupt where `parent` has ended meanwhile."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
        if os.getppid() != parent:
            raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would ignore it
    _end_with(int(sys.argv[1]))
    main(sys.argv[2:])
