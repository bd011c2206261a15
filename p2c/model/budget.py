"""The budget: `--max-cost` is never exceeded by more than one call, however many are under way.

What a call will cost is known only when it has ended, so before each one so much is set aside as it can cost at
most (`Prices.most`: a token a byte, the whole reply limit). Calls go at the same time only while all that is spent
and set aside fits into the limit. One that does not fit waits; alone it may go on its likely cost, as
then nothing but that one call can lead over the limit.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from p2c.errors import BudgetExceeded, ModelError
from p2c.model.stopping import SLICE, is_stopped


class Budget:
    """Dollars spent and set aside. Safe for several threads."""

    def __init__(self, limit_usd: float | None, spent_usd: float = 0.0) -> None:
        self._limit = limit_usd
        self._spent = spent_usd
        self._set_aside: list[float] = []
        """Of each call under way, the most that it can cost."""
        self._changed = threading.Condition()

    @contextmanager
    def reserve(self, step: str, likely_usd: float | None, most_usd: float | None = None) -> Iterator[None]:
        """Set aside what a call can cost, for as long as it takes.

        Args:
            step: for the message.
            likely_usd: what the call is estimated to cost, its reply as long as allowed; None when the price is
                unknown, and then the call is let through (`--max-cost` is refused before, see `opening.py`).
            most_usd: what it cannot go over, in truth; infinite where nothing limits its reply, so that it goes
                alone. None: as `likely_usd`.

        Raises:
            BudgetExceeded: with this call the limit would likely be passed.
            ModelError: the run has been stopped meanwhile, so the call is not made.
        """
        likely = likely_usd or 0.0
        most = max(likely, likely if most_usd is None else most_usd)
        with self._changed:
            while not self._has_room(step, likely_usd, most):
                self._changed.wait(SLICE)  # an end of the run is told to nobody who waits here
            self._set_aside.append(most)
        try:
            yield
        finally:
            with self._changed:
                self._set_aside.remove(most)
                self._changed.notify_all()

    def spend(self, usd: float | None) -> None:
        """Count what a call did cost; None (unknown) counts nothing."""
        with self._changed:
            self._spent += usd or 0.0
            self._changed.notify_all()

    def _has_room(self, step: str, likely: float | None, most: float) -> bool:
        """Whether the call may be made now; raises as `reserve` does when it may not be made at all."""
        if is_stopped():
            raise ModelError("not asked, as the run ends")
        if self._limit is None or likely is None:
            return True
        self._refuse(step, likely, self._limit)
        return not self._set_aside or self._spent + sum(self._set_aside) + most <= self._limit

    def _refuse(self, step: str, likely: float, limit: float) -> None:
        if self._spent + likely <= limit:
            return
        raise BudgetExceeded(
            f"{step}: the next call could cost up to ${likely:.4f}; with ${self._spent:.4f} spent that "
            f"may go over the limit of ${limit:g}. It was not made. "
            "Raise --max-cost and run the same command again: it goes on from here"
        )
