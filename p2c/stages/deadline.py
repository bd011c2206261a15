"""`--max-minutes`: a model that is asked nothing more once the time is up."""

from __future__ import annotations

import time
from collections.abc import Sequence

from p2c.errors import BudgetExceeded
from p2c.model.types import Answer, Message, Model, Reply
from p2c.types import Usage


class Deadline:
    """Implements `Model` by asking another one, for `minutes` from now on; None: for ever."""

    def __init__(self, model: Model, minutes: float | None) -> None:
        self._model = model
        self._minutes = minutes
        self._ends = None if minutes is None else time.monotonic() + minutes * 60

    def minutes_left(self) -> float | None:
        """Until the deadline, but never quite nothing; None without one."""
        return None if self._ends is None else max(0.001, (self._ends - time.monotonic()) / 60)

    def ask(self, step: str, messages: Sequence[Message]) -> Reply:
        """As `Model.ask`. Raises BudgetExceeded once the time is up."""
        self._check(step)
        return self._model.ask(step, messages)

    def ask_for(self, step: str, messages: Sequence[Message], answer: type[Answer]) -> Answer:
        """As `Model.ask_for`. Raises BudgetExceeded once the time is up."""
        self._check(step)
        return self._model.ask_for(step, messages, answer)

    def usage(self) -> dict[str, Usage]:
        """As `Model.usage`."""
        return self._model.usage()

    def _check(self, step: str) -> None:
        if self._ends is not None and time.monotonic() >= self._ends:
            raise BudgetExceeded(
                f"{step}: --max-minutes {self._minutes:g} is over; what was made is kept, "
                "and the same command goes on from here"
            )
