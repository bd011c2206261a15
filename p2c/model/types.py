"""What is said to a model and what comes back; the protocol that everything above codes against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeVar

from pydantic import BaseModel, Field

from p2c.types import Usage, Value


class Image(Value):
    """A picture that goes along with a message, as PNG."""

    label: str
    """What it shows; said before it."""
    digest: str
    """SHA-256 (hex) of the PNG file."""
    width: int
    height: int
    data: str = ""
    """The PNG file in base64; empty in records, which name it by its digest."""

    def tokens(self) -> int:
        """About how many tokens of a prompt it takes: 85, and 170 for each tile of 512 pixels, as OpenAI documents."""
        return 85 + 170 * -(-self.width // 512) * -(-self.height // 512)

    def most_tokens(self) -> int:
        """More than any endpoint is known to count: a token for each patch of 14 pixels, and its label's bytes."""
        return len(self.label.encode("utf-8", "replace")) + -(-self.width // 14) * -(-self.height // 14)


class Message(Value):
    """One chat message."""

    role: Literal["system", "user", "assistant"]
    content: str
    images: tuple[Image, ...] = Field(default=(), exclude_if=lambda images: not images)
    """Shown before `content`, each behind its label."""


class Reply(Value):
    """The text of a model's answer, reasoning removed, continuations joined."""

    text: str
    model: str
    usage: Usage
    seconds: float
    recorded: bool = False
    """Whether it was taken from this run's own exchanges or from a recording instead of the endpoint."""


Answer = TypeVar("Answer", bound=BaseModel)


class Model(Protocol):
    """A chat model with its budget, journal and record of exchanges. Safe to call from several threads."""

    def ask(self, step: str, messages: Sequence[Message]) -> Reply:
        """The model's answer as text.

        Args:
            step: where in the run this call belongs, e.g. `planning/architecture`, `coding/model.py`,
                `debug/3`; shown to people, and the key of a recorded reply when prompts differ.
            messages: what is stable first (rules, paper, plan), what changes last.

        Raises:
            BudgetExceeded: the call could go over `--max-cost`; it was not made.
            ModelError: the endpoint failed after all retries, or refused.
        """
        ...

    def ask_for(self, step: str, messages: Sequence[Message], answer: type[Answer]) -> Answer:
        """The model's answer as a validated value.

        The JSON schema of `answer` is sent where the endpoint takes one, else it is put into the prompt.
        An answer that does not validate goes back once with the validation error.

        Raises:
            AnswerError: the second answer does not validate either.
            BudgetExceeded, ModelError: as for `ask`.
        """
        ...

    def usage(self) -> dict[str, Usage]:
        """Tokens and cost so far, by step; calls served from this run's own exchanges count once, when made."""
        ...
