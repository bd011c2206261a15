"""The few statistics that the results use, and how figures are written."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Spread:
    """Median, least and greatest of some values of one unit."""

    median: float
    least: float
    most: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of `values`. Raises ValueError when there are none."""
        if not values:
            raise ValueError("no value was measured, so there is no median")
        return cls(statistics.median(values), min(values), max(values), len(values))


def ratio(value: float, base: float) -> float | None:
    """`value / base`; None where `base` is zero or less, and so the ratio means nothing."""
    return value / base if base > 0 else None


def seconds_text(seconds: float) -> str:
    """A time for a person: `12.3 ms` below a second, `4.56 s` below a minute and a half, else `123 s`."""
    if abs(seconds) < 1:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds:.2f} s" if abs(seconds) < 90 else f"{seconds:.0f} s"


def bytes_text(size: float) -> str:
    """A size for a person, in binary units: `12 KiB`, `3.4 MiB`, `1.20 GiB`."""
    if abs(size) < MIB:
        return f"{size / 1024:.0f} KiB"
    return f"{size / MIB:.1f} MiB" if abs(size) < 1024 * MIB else f"{size / MIB / 1024:.2f} GiB"


def ratio_text(value: float | None) -> str:
    """A ratio for a person: `0.08`, `1.25`, `12.5`, `340`; `-` for none."""
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def count_text(value: float) -> str:
    """A count for a person."""
    return f"{value:.0f}"


def share_text(value: float) -> str:
    """A share of one for a person: `99.5 %`."""
    return f"{value:.1%}".replace("%", " %")


UNITS = {"s": seconds_text, "bytes": bytes_text, "ratio": ratio_text, "share": share_text, "count": count_text}


def figure(value: float, unit: str) -> str:
    """`value` as a person reads it; `unit` is one of s, bytes, ratio, share, count. Raises KeyError for another."""
    return UNITS[unit](value)
