"""`--max-minutes`: a model that is asked nothing more once the time is up."""

from __future__ import annotations

import time
from collections.abc import Sequence

from p2c.errors import BudgetExceeded
from p2c.model.types import Answer, Message, Model, Reply
from p2c.types import Usage


class Deadline:
    """Implements `Model` by asking another one, until a moment of `time.monotonic()`."""

    def __init__(self, model: Model, minutes: float) -> None:
        self._model = model
        self._minutes = minutes
        self._ends = time.monotonic() + minutes * 60

    def seconds_left(self) -> float:
        """Until the deadline; negative after it."""
        return self._ends - time.monotonic()

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
        if self.seconds_left() <= 0:
            raise BudgetExceeded(
                f"{step}: the {self._minutes:g} minutes of --max-minutes are over; what was made is kept, "
                "and the same command goes on from here"
            )
