"""Where answers come from: the protocol between the model and an endpoint or a recording."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from p2c.model.schema import Schema
from p2c.model.types import Message
from p2c.run.journal import Journal
from p2c.types import Usage

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English and code; for estimates before a call, and where an endpoint counts nothing."""


@dataclass(frozen=True)
class Request:
    """One question. `name` is that of the schema's type."""

    key: str
    step: str
    messages: tuple[Message, ...]
    schema: Schema | None = None
    name: str = ""

    def prompt_tokens(self) -> int:
        """An estimate."""
        return sum(len(message.content) for message in self.messages) // CHARACTERS_PER_TOKEN


class Source(Protocol):
    """Answers questions."""

    @property
    def model(self) -> str:
        """The name of the model, a part of every exchange's key."""
        ...

    @property
    def recorded(self) -> bool:
        """Whether the answers were recorded before."""
        ...

    def complete(self, request: Request, call: Call) -> str:
        """The answer to `request`, reasoning removed, continuations joined.

        What happens on the way, and what was paid, is told to `call`.

        Raises:
            BudgetExceeded, ModelError, RecordingExhausted: as the endpoint or the recording has it.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Call:
    """One call while it lasts: its events go to the journal, its tokens are added up."""

    def __init__(self, step: str, journal: Journal, clock: Callable[[], float] = time.monotonic) -> None:
        self.step = step
        self.usage = Usage()
        self._journal = journal
        self._clock = clock
        self._started = clock()
        self._seconds: float | None = None

    @property
    def seconds(self) -> float:
        """Since the call began; in a recording, as recorded."""
        return round(self._clock() - self._started if self._seconds is None else self._seconds, 3)

    def lasted(self, seconds: float) -> None:
        """Set the time that the call took when it was recorded."""
        self._seconds = seconds

    def paid(self, usage: Usage) -> None:
        """Count the tokens of one request, useful or not."""
        self.usage = self.usage + usage

    def progress(self, characters: int) -> None:
        """A sign of life for people."""
        self._journal.emit("call_progress", step=self.step, seconds=self.seconds, characters=characters)

    def retried(self, reason: str, wait_seconds: float) -> None:
        """The request failed and is made again after a wait."""
        self._journal.emit("call_retried", step=self.step, reason=reason, wait_seconds=round(wait_seconds, 1))

    def note(self, message: str) -> None:
        """Tell people something once."""
        self._journal.emit("note", message=message)
