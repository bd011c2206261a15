"""The budget: no call is made that could go over `--max-cost`, calls in flight counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from p2c.errors import BudgetExceeded


class Budget:
    """Dollars spent and set aside. Safe for several threads."""

    def __init__(self, limit_usd: float | None, spent_usd: float = 0.0) -> None:
        self._limit = limit_usd
        self._spent = spent_usd
        self._in_flight = 0.0
        self._changed = threading.Condition()

    @contextmanager
    def reserve(self, step: str, most_usd: float | None) -> Iterator[None]:
        """Set aside the most that a call can cost, for as long as it takes.

        A call that fits only once calls in flight turn out cheaper than their worst case waits for them.

        Args:
            step: for the message.
            most_usd: None when the price is unknown; the call is then let through.

        Raises:
            BudgetExceeded: even alone the call could go over the limit.
        """
        amount = most_usd or 0.0
        with self._changed:
            while self._limit is not None and most_usd is not None:
                if self._spent + amount > self._limit:
                    raise BudgetExceeded(
                        f"{step}: the next call could cost up to ${amount:.4f}; with ${self._spent:.4f} spent that "
                        f"may go over the limit of ${self._limit:g}. It was not made. "
                        "Raise --max-cost and run the same command again: it goes on from here"
                    )
                if self._spent + self._in_flight + amount <= self._limit:
                    break
                self._changed.wait()
            self._in_flight += amount
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= amount
                self._changed.notify_all()

    def spend(self, usd: float | None) -> None:
        """Count what a call did cost; None (unknown) counts nothing."""
        with self._changed:
            self._spent += usd or 0.0
            self._changed.notify_all()
