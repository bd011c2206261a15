"""One request over the wire: a chat completion, streamed where the endpoint can, collected into one part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import openai

from p2c.model.failures import Transient, read_failure, scrub
from p2c.model.settings import ModelSettings
from p2c.model.text import clean
from p2c.model.watch import Watch

if TYPE_CHECKING:
    import httpx2


@dataclass(frozen=True)
class Counted:
    """Tokens as the endpoint counted them."""

    prompt: int
    cached: int
    reply: int


@dataclass(frozen=True)
class Part:
    """What one request brought: the whole answer, or its beginning when `finish` is `length`."""

    text: str
    finish: str | None
    refusal: str
    counted: Counted | None


class Interrupted(Exception):
    """A stream ended before its time; so many characters had come. `cause` is Transient, Refused or ModelError."""

    def __init__(self, cause: Exception, characters: int) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.characters = characters


class Collector:
    """Puts the pieces of a stream together. Endpoints leave out, or send as null, any field there is."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._refusals: list[str] = []
        self._finish: str | None = None
        self._counted: Counted | None = None
        self.characters = 0

    def add(self, chunk: Mapping[str, Any]) -> int:
        """Take one chunk, or a whole completion; returns the characters in it, reasoning included."""
        before = self.characters
        self._counted = _counted(chunk.get("usage")) or self._counted
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, Mapping) and not choice.get("index"):
                self._add_choice(choice)
        return self.characters - before

    def part(self) -> Part:
        """All of it."""
        return Part(clean("".join(self._texts)), self._finish, "".join(self._refusals), self._counted)

    def _add_choice(self, choice: Mapping[str, Any]) -> None:
        delta = choice.get("delta") or choice.get("message") or {}
        if isinstance(delta, Mapping):
            text = _text(delta.get("content"))
            self._texts.append(text)
            self._refusals.append(_text(delta.get("refusal")))
            reasoning = _text(delta.get("reasoning_content") or delta.get("reasoning"))
            self.characters += len(text) + len(reasoning)
        self._finish = choice.get("finish_reason") or self._finish


def request_part(client: openai.OpenAI, body: dict[str, Any], settings: ModelSettings, watch: Watch) -> Part:
    """Make one request.

    Raises:
        Interrupted: it failed; `cause` says how.
    """
    collector = Collector()
    failure: Exception
    try:
        _collect(client, body, collector, watch)
    except openai.OpenAIError as error:
        failure = read_failure(error, settings)
    except json.JSONDecodeError:
        failure = Transient(f"{settings.endpoint()} sent a broken piece of JSON")
    except NotAnAnswer as error:
        failure = Transient(f"{settings.endpoint()} {scrub(str(error), settings)}", tries=2)
    else:
        part = collector.part()
        if part.finish or part.counted:
            return part
        what = "ended the stream before the answer was complete" if collector.characters else "sent an empty answer"
        failure = Transient(f"{settings.endpoint()} {what}")
    if watch.stalled_for is not None:
        failure = Transient(f"{settings.endpoint()} stalled: nothing came for {watch.stalled_for:.0f} s")
    # Raised outside the handlers: the library's exceptions hold the request, and so the key.
    raise Interrupted(failure, collector.characters)


class NotAnAnswer(Exception):
    """Status 200, but no chat completion: an HTML page, an error as JSON."""


def _collect(client: openai.OpenAI, body: dict[str, Any], collector: Collector, watch: Watch) -> None:
    stream = cast("openai.Stream[Any]", client.chat.completions.create(**body))
    with stream:
        watch.began(stream.response)
        kind = stream.response.headers.get("content-type", "")
        if "json" in kind or "html" in kind:
            watch.piece(collector.add(_whole(stream.response)))
            return
        for chunk in stream:
            watch.piece(collector.add(chunk.to_dict(mode="json", warnings=False)))


def _whole(response: httpx2.Response) -> Mapping[str, Any]:
    """The completion of an endpoint that does not stream."""
    text = response.read().decode("utf-8", "replace")
    try:
        whole = json.loads(text)
    except ValueError:
        raise NotAnAnswer(
            "answered with a page instead of a completion; check OPENAI_BASE_URL, which usually ends in /v1 "
            f"(it begins {' '.join(text.split())[:80]!r})"
        ) from None
    if not isinstance(whole, Mapping) or not whole.get("choices"):
        raise NotAnAnswer(f"answered without a completion: {text[:200]}")
    return whole


def _text(content: object) -> str:
    """Text of a delta: a string, null, or a list of parts (Mistral)."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def _counted(usage: object) -> Counted | None:
    if not isinstance(usage, Mapping) or usage.get("prompt_tokens") is None:
        return None
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else None
    cached = usage.get("prompt_cache_hit_tokens") if cached is None else cached  # DeepSeek's name for it
    return Counted(_count(usage.get("prompt_tokens")), _count(cached), _count(usage.get("completion_tokens")))


def _count(value: object) -> int:
    return max(0, int(value)) if isinstance(value, int | float) else 0
