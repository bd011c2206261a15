"""Where answers come from: the protocol between the model and an endpoint or a recording."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from p2c.model.schema import Schema, schema_text
from p2c.model.types import Message
from p2c.run.journal import Journal
from p2c.types import Usage

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English and code; for estimates before a call, and where an endpoint counts nothing."""
TOKENS_AROUND = 256
"""More than any chat template adds to a message; the words that introduce a schema included."""


@dataclass(frozen=True)
class Request:
    """One question. `name` is that of the schema's type."""

    key: str
    step: str
    messages: tuple[Message, ...]
    schema: Schema | None = None
    name: str = ""
    by_format: bool = True
    """Whether the schema may go into `response_format`. In the prompt it does not change how that begins: OpenAI's
    prefix cache has it in front of everything (https://platform.openai.com/docs/guides/prompt-caching)."""

    def prompt_tokens(self) -> int:
        """An estimate."""
        pictures = sum(image.tokens() for message in self.messages for image in message.images)
        return sum(len(message.content) for message in self.messages) // CHARACTERS_PER_TOKEN + pictures

    def most_prompt_tokens(self) -> int:
        """What the endpoint cannot count more than, as no tokenizer makes two tokens of a byte; the schema included."""
        schema = 0 if self.schema is None else len(schema_text(self.schema).encode("utf-8", "replace"))
        said = sum(len(message.content.encode("utf-8", "replace")) + TOKENS_AROUND for message in self.messages)
        said += sum(image.most_tokens() for message in self.messages for image in message.images)
        return said + 2 * schema  # endpoints send it closed, with every property listed as required


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

        What happens on the way, and what was paid, is told to `call`; before anything is asked, that it is under way.

        Raises:
            BudgetExceeded, ModelError, RecordingExhausted: as the endpoint or the recording has it.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Call:
    """One call while it lasts: its events go to the journal, its tokens are added up.

    Args:
        step: where in the run it belongs.
        journal: told what happens.
        begun: the beginning of the answer, when an earlier process was given that much and not the rest.
        keep: told the answer so far when it was cut off at the limit; a later process goes on from there.
        prompt_tokens: an estimate, for the journal.
    """

    def __init__(
        self,
        step: str,
        journal: Journal,
        begun: str = "",
        keep: Callable[[str], None] | None = None,
        prompt_tokens: int = 0,
    ) -> None:
        self.step = step
        self.begun = begun
        self.usage = Usage()
        self._unrecorded = Usage()
        self._journal = journal
        self._keep = keep
        self._prompt_tokens = prompt_tokens
        self._is_under_way = False
        self._started = time.monotonic()
        self._seconds: float | None = None

    @property
    def seconds(self) -> float:
        """Since the call began; in a recording, as recorded."""
        return round(time.monotonic() - self._started if self._seconds is None else self._seconds, 3)

    def under_way(self) -> None:
        """A request goes out. The first one is told: a call that waited for its turn until then has cost nothing."""
        if not self._is_under_way:
            self._is_under_way = True
            self._journal.emit("call_started", step=self.step, prompt_tokens=self._prompt_tokens)

    def lasted(self, seconds: float) -> None:
        """Set the time that the call took when it was recorded."""
        self._seconds = seconds

    def paid(self, usage: Usage) -> None:
        """Count the tokens of one request, useful or not."""
        self.usage = self.usage + usage
        self._unrecorded = self._unrecorded + usage

    def settle(self) -> Usage:
        """What was paid since the last time this was asked."""
        settled, self._unrecorded = self._unrecorded, Usage()
        return settled

    @property
    def is_settled(self) -> bool:
        """Whether nothing was paid since then."""
        return not self._unrecorded.calls

    def cut_off(self, text: str) -> None:
        """The answer so far, cut off at the limit, is kept, for the rest may never come; empty: it is no use."""
        if self._keep is not None:
            self._keep(text)

    def progress(self, characters: int) -> None:
        """A sign of life for people."""
        self._journal.emit("call_progress", step=self.step, seconds=self.seconds, characters=characters)

    def retried(self, reason: str, wait_seconds: float) -> None:
        """The request failed and is made again after a wait."""
        self._journal.emit("call_retried", step=self.step, reason=reason, wait_seconds=round(wait_seconds, 1))

    def note(self, message: str) -> None:
        """Tell people something once."""
        self._journal.emit("note", message=message)
