"""One line of `p2c doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "missing"]


@dataclass(frozen=True)
class Check:
    """What was found of one part of the set-up.

    Attributes:
        state: `ok`; `warning` (works, with less than it could); `missing` (needed, and not there).
        detail: what was found, one line.
        mend: a command or a sentence that mends it; empty where nothing has to be mended.
    """

    name: str
    state: State
    detail: str
    mend: str = ""
