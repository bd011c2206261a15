"""What an endpoint takes of the protocol: learnt from its refusals, remembered for the process."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from p2c.model.schema import response_format, schema_text
from p2c.model.settings import ModelSettings
from p2c.model.source import Request
from p2c.model.trouble import Refused
from p2c.model.types import Message
from p2c.model.words import REPLY_LIMIT
from p2c.prompts import render

_OPTIONAL = {
    "response_format": re.compile(r"response_format|schema|structured output|grammar|generate json"),
    "stream_options": re.compile(r"stream_options|include_usage"),
    "temperature": re.compile(r"temperature"),
    "stream": re.compile(r"\bstream(ing|ed)?\b(?!_)"),
}
"""Parameters that some endpoints refuse, the rarest first, with the words for them in refusals."""
_SYSTEM = re.compile(
    r"system (role|message|prompt|instruction)s?\W.{0,20}not |not support.{0,6}system\b|developer instruction is not"
    r"|only user and assistant roles|roles must alternate user/assistant"
)
"""No system message: Gemma's, Mistral's and Llama's templates, Gemini's words for Gemma, OpenAI's for its first o1."""
_LIMITS = ("max_tokens", "max_completion_tokens", None)
"""Names of the parameter that limits a reply, in the order in which they are tried; at last there is none."""
_UNKNOWN = re.compile(r"unsupported param|not supported|unrecognized|unknown|unexpected|not permitted|extra|instead")
"""The name is refused, not the value: `max_tokens is too large` wants no other name."""


@dataclass(frozen=True)
class Dialect:
    """The optional parts of a request that are still sent."""

    response_format: bool = True
    """Whether a schema goes into `response_format`; else into the prompt."""
    stream_options: bool = True
    temperature: bool = True
    stream: bool = True
    system: bool = True
    """Whether there may be system messages; else they open the first one of the user."""
    limit: str | None = "max_tokens"
    """The parameter that limits the reply: `max_tokens`, `max_completion_tokens` (OpenAI's own), or none."""

    def without(self, message: str, sent: Mapping[str, object]) -> Dialect | None:
        """Without the parameter that a refusal names; None when it names none that was sent."""
        lower = message.lower()
        if self.system and _SYSTEM.search(lower) and _has_system(sent):
            return self.dropping("system")
        for name, words in _OPTIONAL.items():
            if name in sent and words.search(lower):
                return self.dropping(name)
        if self.limit in sent and REPLY_LIMIT.search(lower):
            return replace(self, limit=self._other_limit() if _UNKNOWN.search(lower) else None)
        return None

    def simpler(self, sent: Mapping[str, object]) -> Dialect | None:
        """Without the rarest optional parameter that was sent; None when there is none left."""
        return next((self.dropping(name) for name in _OPTIONAL if name in sent), None)

    def dropping(self, name: str) -> Dialect:
        """Without one optional parameter."""
        without: dict[str, Any] = {name: False}
        return replace(self, **without)

    def both(self, other: Dialect) -> Dialect:
        """What this and the other take: what one call has learnt is not forgotten by one that began before it."""
        return Dialect(
            **{name: getattr(self, name) and getattr(other, name) for name in (*_OPTIONAL, "system")},
            limit=_LIMITS[max(_LIMITS.index(self.limit), _LIMITS.index(other.limit))],
        )

    def _other_limit(self) -> str | None:
        return _LIMITS[_LIMITS.index(self.limit) + 1]


class Dialects:
    """The dialect of each endpoint and model, shared by the whole process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Dialect] = {}
        self._proven: set[tuple[str, str, str]] = set()

    def get(self, settings: ModelSettings) -> Dialect:
        """The dialect that worked last; at first, everything is sent."""
        with self._lock:
            return self._known.get((settings.base_url, settings.model), _first(settings))

    def worked(self, settings: ModelSettings, dialect: Dialect, sent: Mapping[str, object]) -> None:
        """Remember what an endpoint took."""
        with self._lock:
            known = self._known.get((settings.base_url, settings.model), _first(settings))
            self._known[settings.base_url, settings.model] = known.both(dialect)
            self._proven |= {(settings.base_url, settings.model, name) for name in sent}

    def after(self, refusal: Refused, settings: ModelSettings, dialect: Dialect, sent: Mapping[str, object]) -> Dialect:
        """What to send instead.

        Raises:
            Exception: `refusal.otherwise`, when nothing that was sent explains the refusal.
        """
        with self._lock:
            unproven = {n: v for n, v in sent.items() if (settings.base_url, settings.model, n) not in self._proven}
        if refusal.is_vague:
            named = {name: sent[name] for name in ("messages", "response_format") if name in sent}
            lesser = dialect.without(refusal.message, named)
            if lesser is None and "response_format" in unproven:
                lesser = dialect.dropping("response_format")
        else:
            lesser = dialect.without(refusal.message, sent)
            if lesser is None and not refusal.is_named:
                lesser = dialect.simpler(unproven)
        if lesser is None:
            raise refusal.otherwise
        return lesser


def _first(settings: ModelSettings) -> Dialect:
    is_openai = "api.openai.com" in settings.base_url
    return Dialect(limit="max_completion_tokens" if is_openai else "max_tokens")


def parameters(request: Request, settings: ModelSettings, dialect: Dialect) -> dict[str, Any]:
    """The body of the request in this dialect.

    A schema stands in the prompt where it is sent as `response_format`, too: some endpoints take that and ignore it.
    """
    optional: dict[str, Any] = {}
    if request.schema is not None and request.by_format and dialect.response_format:
        optional["response_format"] = response_format(request.name, request.schema)
    request = with_schema_in_prompt(request)
    if dialect.stream:
        optional["stream"] = True
    if dialect.stream and dialect.stream_options:
        optional["stream_options"] = {"include_usage": True}
    if dialect.temperature and settings.temperature is not None:
        optional["temperature"] = settings.temperature
    if dialect.limit:
        optional[dialect.limit] = reply_limit(request, settings)
    messages = request.messages if dialect.system else _without_system(request.messages)
    said = [{"role": message.role, "content": _content(message)} for message in messages]
    return {"model": settings.model, "messages": said, **optional}


def _has_system(sent: Mapping[str, object]) -> bool:
    messages = sent.get("messages")
    return isinstance(messages, list) and any(message["role"] == "system" for message in messages)


def _without_system(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """System messages as the beginning of the first other one, where they are as near the front as before."""
    rules = "".join(f"{message.content}\n\n" for message in messages if message.role == "system")
    first, *rest = (message for message in messages if message.role != "system")
    return (first.model_copy(update={"content": rules + first.content}), *rest)


def _content(message: Message) -> str | list[dict[str, Any]]:
    """A text, or content parts where pictures go along: each behind its label, and then the text."""
    if not message.images:
        return message.content
    parts: list[dict[str, Any]] = []
    for image in message.images:
        parts.append({"type": "text", "text": image.label})
        parts.append({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image.data}"}})
    return [*parts, {"type": "text", "text": message.content}]


def with_schema_in_prompt(request: Request) -> Request:
    """The same question with its schema, if any, in words at the end of the last message."""
    if request.schema is None:
        return request
    last = request.messages[-1]
    asked = render("model/schema", schema=schema_text(request.schema))
    said = (*request.messages[:-1], last.model_copy(update={"content": f"{last.content}\n\n{asked}"}))
    return replace(request, messages=said, schema=None)


def reply_limit(request: Request, settings: ModelSettings) -> int:
    """Tokens that the reply may have: the setting, or what the context window leaves."""
    if settings.context_tokens is None:
        return settings.max_reply_tokens
    return max(1, min(settings.max_reply_tokens, settings.context_tokens - request.prompt_tokens()))
