"""The model's context window, and how it is shared between the paper and the repositories."""

from __future__ import annotations

from dataclasses import dataclass

from p2c.evaluate.fit import CHARACTERS_A_TOKEN, level
from p2c.model.settings import ModelSettings

ASSUMED_TOKENS = 128_000
"""Of a model whose window nobody tells; also what PaperCoder's evaluation allows at most."""
_TASK_TOKENS = 4_000
"""For the rules, the task, a schema in the prompt, and an answer that goes back once."""
_SMALLEST = 12_000


@dataclass(frozen=True)
class Window:
    """A context window.

    Attributes:
        tokens: its size.
        source: where the size is from, for people.
        reply_tokens: kept free for the answer.
    """

    tokens: int
    source: str
    reply_tokens: int

    @property
    def characters(self) -> int:
        """Room for the paper and the repositories."""
        return max(0, self.tokens - self.reply_tokens - _TASK_TOKENS) * CHARACTERS_A_TOKEN

    def shares(self, *wants: int, taken: int = 0) -> tuple[int, ...]:
        """Characters for each of `wants`: what one does not need goes to the others; `taken` are used already."""
        cap = level(wants, self.characters - taken)
        return tuple(min(want, cap) for want in wants)


def window_of(settings: ModelSettings) -> Window:
    """The window that the user told, else that of the maintained table of models, else an assumption."""
    if settings.context_tokens is not None:
        return _window(settings.context_tokens, "as P2C_CONTEXT_TOKENS says", settings)
    known = None if settings.recorded else _known(settings)
    if known is not None:
        return _window(known, "of the table of models", settings)
    return _window(ASSUMED_TOKENS, "assumed; P2C_CONTEXT_TOKENS tells it", settings)


def _window(tokens: int, source: str, settings: ModelSettings) -> Window:
    tokens = max(tokens, _SMALLEST)
    return Window(tokens, source, min(settings.max_reply_tokens, tokens // 4))


def _known(settings: ModelSettings) -> int | None:
    """The window of a model at its provider's own endpoint; elsewhere a name may mean anything."""
    from genai_prices import Usage, calc_price  # noqa: PLC0415 - takes half a second; a recorded run needs none

    try:
        found = calc_price(Usage(), settings.model, provider_api_url=settings.base_url)
    except (LookupError, ValueError):
        return None
    return found.model.context_window
