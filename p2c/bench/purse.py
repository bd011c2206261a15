"""The money of a whole set: what one run may spend, so that all together never pass `--max-cost`."""

from __future__ import annotations

from collections.abc import Mapping

_LEAST = 1e-6
"""Dollars: less is nothing."""


class Purse:
    """Shares the set's money out among the runs that go at the same time.

    What is free is divided evenly by the places that are left, so that the first run does not take all of it; what a
    run leaves over is free again. A run is told the most that it may spend in all, earlier processes included, as that
    is how `--max-cost` counts.

    Args:
        limit_usd: None: no limit.
    """

    def __init__(self, limit_usd: float | None) -> None:
        self.limit = limit_usd
        self._held: dict[str, float] = {}

    def take(self, name: str, own: float | None, spent: Mapping[str, float], places: int) -> float | None:
        """What the run may spend in all, set aside until `give_back`; None: as much as it likes.

        Args:
            name: of the entry.
            own: its own limit in dollars; None: none.
            spent: what each entry has spent so far.
            places: runs that may be started now, this one included, 1 or more.

        Raises:
            Spent: nothing is left for it.
        """
        if self.limit is None:
            return own
        before = spent.get(name, 0.0)
        others = sum(cost for other, cost in spent.items() if other != name and other not in self._held)
        free = self.limit - others - sum(self._held.values()) - before
        if free <= _LEAST:
            raise Spent
        share = before + free / max(1, places)
        amount = share if own is None else min(own, share)
        self._held[name] = amount
        return amount

    def give_back(self, name: str) -> None:
        """The run has ended: what it did spend counts from now on."""
        self._held.pop(name, None)


class Spent(Exception):
    """The set's money is spent, or set aside for the runs under way."""
