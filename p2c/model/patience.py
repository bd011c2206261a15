"""How long a failure is waited out before it is the end of a call."""

from __future__ import annotations

LONGEST_BACKOFF = 30.0
"""Seconds; also what is lost at most when an endpoint that was gone is back."""
TRIES_UNREACHED = 3
"""Of an endpoint that this process never reached: a wrong address does not get better."""


def backoff(tried: int, first: float) -> float:
    """Seconds to wait after `tried` tries (1 or more): `first`, then double each time, up to `LONGEST_BACKOFF`."""
    return min(LONGEST_BACKOFF, first * 2.0 ** min(tried - 1, 32))
