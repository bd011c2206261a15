"""How many entries go at once where the user does not say."""

from __future__ import annotations

import os
import sys

ENTRY_BYTES = 3 << 30
"""Memory of this machine for each entry: p2c itself, warm containers, and the run that it may have under way."""


def usual_jobs() -> int:
    """One for each processor, as far as the memory suffices; 1 or more."""
    return max(
        1,
        min(len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1, _memory() // ENTRY_BYTES),
    )


def _memory() -> int:
    """Bytes of this machine's memory; plenty where that is not known."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return sys.maxsize
