"""What a run has asked of the model so far, also one that left no report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from p2c.model.exchanges import read_exchanges
from p2c.run.folder import EXCHANGES
from p2c.types import Usage


@dataclass(frozen=True)
class Asked:
    """The calls of a run.

    Attributes:
        usage: of all of them, recorded replies included.
        seconds: that an endpoint took; a recorded reply took none.
        dollars: for the calls to an endpoint whose price is known.
        is_known: whether that is all of them.
    """

    usage: Usage
    seconds: float
    dollars: float
    is_known: bool


def asked_in(folder: Path) -> Asked:
    """The calls in the run folder, those of all its processes."""
    usage, seconds, dollars, is_known = Usage(), 0.0, 0.0, True
    for one in read_exchanges(folder / EXCHANGES):
        usage += one.usage
        if not one.recorded:
            seconds += one.seconds
            dollars += one.usage.cost_usd or 0.0
            is_known = is_known and one.usage.cost_usd is not None
    return Asked(usage, seconds, dollars, is_known)
