"""The paper's numbers beside the reproduced ones, as the smoke run wrote them.

The metrics file that a plan's smoke contract promises is a JSON object with `metrics` (name -> number) and
`paper`, a list of `{"name", "paper", "reproduced"}`. Whatever else is in it is left alone; the file was
written by the program under test, so nothing in it is trusted to be of any type.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from p2c.types import Value
from sandbox.words import counted

MAX_ROWS = 200
MAX_NAME = 120


class Comparison(Value):
    """One number of the paper and what the run got for it."""

    name: str
    paper: float
    reproduced: float | None

    @property
    def relative_difference(self) -> float | None:
        """`|reproduced - paper| / |paper|`, or None where it is not defined."""
        if self.reproduced is None or self.paper == 0:
            return None
        return abs(self.reproduced - self.paper) / abs(self.paper)


def comparisons(metrics: Mapping[str, object]) -> tuple[Comparison, ...]:
    """The rows of `metrics["paper"]` that are well formed, at most `MAX_ROWS`, in their order."""
    rows = metrics.get("paper")
    if not isinstance(rows, list):
        return ()
    found = (_row(row) for row in rows[:MAX_ROWS])
    return tuple(row for row in found if row is not None)


def agreement(rows: Sequence[Comparison]) -> str:
    """How well the numbers agree, in a few words: `73 numbers, 71 within 1 %, 73 within 10 %`."""
    differences = [row.relative_difference for row in rows if row.relative_difference is not None]
    parts = [counted(len(rows), "number")]
    parts += [f"{sum(d <= share for d in differences)} within {share:.0%}" for share in (0.01, 0.1)]
    if missing := sum(row.reproduced is None for row in rows):
        parts.append(f"{missing} not measured")
    return ", ".join(parts)


def furthest(rows: Sequence[Comparison], most: int = 12) -> tuple[Comparison, ...]:
    """At most `most` of the rows, those that were not measured and those that differ most first."""

    def distance(row: Comparison) -> float:
        return math.inf if row.reproduced is None else row.relative_difference or 0.0

    return tuple(sorted(rows, key=distance, reverse=True)[:most])


def _row(row: object) -> Comparison | None:
    if not isinstance(row, dict) or not isinstance(row.get("name"), str):
        return None
    paper = _number(row.get("paper"))
    if paper is None:
        return None
    name = "".join(c if c.isprintable() else "\ufffd" for c in row["name"][:MAX_NAME])
    return Comparison(name=name, paper=paper, reproduced=_number(row.get("reproduced")))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = float(value)
    return number if math.isfinite(number) else None
