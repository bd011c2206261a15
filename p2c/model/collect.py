"""The pieces of a streamed answer, or a whole completion, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from p2c.model.text import clean

_CUT_OFF = ("length", "max_tokens", "model_length", "model_context_window_exceeded")
"""Words of endpoints for an answer that was cut off at the limit."""
_BROKEN = ("error", "abort", "insufficient_system_resource", "network_error")
"""For one that the endpoint gave up: OpenRouter's and Mistral's, vLLM's and SGLang's, DeepSeek's, Zhipu's."""
_FILTERED = ("sensitive", "safety", "recitation", "prohibited_content", "blocklist", "refusal")
"""For one that was stopped for what it says, besides `content_filter` with or without a reason behind it: Zhipu's,
Gemini's, Anthropic's."""


@dataclass(frozen=True)
class Counted:
    """Tokens as the endpoint counted them."""

    prompt: int
    cached: int
    reply: int
    written: int = 0
    """Of the prompt tokens, those written to the cache, where the endpoint tells and may charge more for them."""


@dataclass(frozen=True)
class Part:
    """What one request brought: the whole answer, or its beginning when `finish` is `length`.

    Attributes:
        characters: of the text and of reasoning beside it, which is paid for but not kept.
    """

    text: str
    finish: str | None
    refusal: str
    counted: Counted | None
    characters: int


class SentError(Exception):
    """The endpoint sent an error as JSON with status 200."""

    def __init__(self, error: object) -> None:
        super().__init__()
        self.error = error


class Collector:
    """Puts the pieces of a stream together. Endpoints leave out, or send as null, any field there is."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._refusals: list[str] = []
        self.finish: str | None = None
        """Why the answer ended: `stop`, `length`, `content_filter`, or `error` for one that was given up."""
        self.counted: Counted | None = None
        self.characters = 0
        self.is_streamed = False
        """Whether it comes as a stream of events."""
        self.is_done = False
        """Whether the endpoint said so, without a reason for its end."""

    def add(self, chunk: Mapping[str, Any]) -> int:
        """Take one chunk, or a whole completion; returns the characters in it, reasoning included.

        Raises:
            SentError: it is an error.
        """
        before = self.characters
        self.counted = _counted(chunk.get("usage")) or self.counted
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, Mapping) and not choice.get("index"):
                self._add_choice(choice)
        if chunk.get("error"):
            raise SentError(chunk["error"])
        return self.characters - before

    @property
    def is_complete(self) -> bool:
        """Whether the end of the answer was seen. (A count of tokens is none: some send it all the time.)"""
        return self.finish not in (None, "error") or (self.is_done and self.finish is None and self.characters > 0)

    def part(self) -> Part:
        """All of it."""
        text = clean("".join(self._texts))
        return Part(text, self.finish, "".join(self._refusals), self.counted, self.characters)

    def _add_choice(self, choice: Mapping[str, Any]) -> None:
        delta = choice.get("delta") or choice.get("message") or {}
        if isinstance(delta, Mapping):
            text = _text(delta.get("content"))
            self._texts.append(text)
            self._refusals.append(_text(delta.get("refusal")))
            reasoning = _text(delta.get("reasoning_content") or delta.get("reasoning"))
            self.characters += len(text) + len(reasoning)
        self.is_done = self.is_done or isinstance(choice.get("message"), Mapping)
        finish = choice.get("finish_reason")
        if isinstance(finish, str) and finish:
            self.finish = _finish(finish.lower())


def _finish(word: str) -> str:
    """An endpoint's word for why an answer ended, as OpenAI's; `error` is none of theirs."""
    if word in _CUT_OFF:
        return "length"
    if word in _BROKEN:
        return "error"
    return "content_filter" if word in _FILTERED or word.startswith("content_filter") else word


def _text(content: object) -> str:
    """Text of a delta: a string, null, or a list of parts (Mistral)."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def _counted(usage: object) -> Counted | None:
    """The count in `usage`; None where there is none: no prompt has no tokens, and some endpoints send zeros.

    The total is believed where it is more than its parts: xAI and Gemini leave out of `completion_tokens` what the
    model reasoned, and charge for it (https://docs.x.ai/docs/key-information/consumption-and-rate-limits). More
    cached tokens than tokens of the prompt stand beside those, as in Anthropic's own protocol, and not among them.
    """
    if not isinstance(usage, Mapping) or not (prompt := _count(usage.get("prompt_tokens"))):
        return None
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else None
    cached = _count(usage.get("prompt_cache_hit_tokens") if cached is None else cached)  # DeepSeek's name for it
    written = _count(details.get("cache_write_tokens")) if isinstance(details, Mapping) else 0
    prompt = prompt + cached if cached > prompt else prompt
    reply = max(_count(usage.get("completion_tokens")), _count(usage.get("total_tokens")) - prompt)
    return Counted(prompt, cached, reply, written)


def _count(value: object) -> int:
    """A number of tokens; Python's JSON reads NaN and Infinity, too."""
    return int(value) if isinstance(value, int | float) and value is not True and 0 <= value < 1e12 else 0
