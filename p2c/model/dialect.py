"""What an endpoint takes of the protocol: learnt from its refusals, remembered for the process."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from p2c.model.failures import Refused
from p2c.model.schema import response_format, schema_text
from p2c.model.settings import ModelSettings
from p2c.model.source import Request
from p2c.model.types import Message
from p2c.prompts import render

_OPTIONAL = {
    "response_format": ("json_schema", "structured output", "grammar"),
    "stream_options": ("include_usage",),
    "temperature": (),
}
"""Parameters that some endpoints refuse, the rarest first, with other words for them in refusals."""


@dataclass(frozen=True)
class Dialect:
    """The optional parts of a request that are still sent."""

    response_format: bool = True
    """Whether a schema goes into `response_format`; else into the prompt."""
    stream_options: bool = True
    temperature: bool = True
    limit: str | None = "max_tokens"
    """The parameter that limits the reply: `max_tokens`, `max_completion_tokens` (OpenAI's own), or none."""

    def without(self, message: str, sent: Mapping[str, object]) -> Dialect | None:
        """Without the parameter that a refusal names; None when it names none that was sent."""
        lower = message.lower()
        for name, words in _OPTIONAL.items():
            if name in sent and any(word in lower for word in (name, *words)):
                return self.dropping(name)
        if self.limit and self.limit in lower:
            return replace(self, limit="max_completion_tokens" if self.limit == "max_tokens" else None)
        return None

    def simpler(self, sent: Mapping[str, object]) -> Dialect | None:
        """Without the rarest optional parameter that was sent; None when there is none left."""
        return next((self.dropping(name) for name in _OPTIONAL if name in sent), None)

    def dropping(self, name: str) -> Dialect:
        """Without one optional parameter."""
        return Dialect(
            response_format=self.response_format and name != "response_format",
            stream_options=self.stream_options and name != "stream_options",
            temperature=self.temperature and name != "temperature",
            limit=self.limit,
        )


class Dialects:
    """The dialect of each endpoint and model, shared by the whole process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Dialect] = {}
        self._proven: set[tuple[str, str, str]] = set()

    def get(self, settings: ModelSettings) -> Dialect:
        """The dialect that worked last; at first, everything is sent."""
        is_openai = "api.openai.com" in settings.base_url
        first = Dialect(limit="max_completion_tokens" if is_openai else "max_tokens")
        with self._lock:
            return self._known.get((settings.base_url, settings.model), first)

    def worked(self, settings: ModelSettings, dialect: Dialect, sent: Mapping[str, object]) -> None:
        """Remember what an endpoint took."""
        with self._lock:
            self._known[settings.base_url, settings.model] = dialect
            self._proven |= {(settings.base_url, settings.model, name) for name in sent}

    def after(self, refusal: Refused, settings: ModelSettings, dialect: Dialect, sent: Mapping[str, object]) -> Dialect:
        """What to send instead.

        Raises:
            Exception: `refusal.otherwise`, when nothing that was sent explains the refusal.
        """
        with self._lock:
            unproven = {n: v for n, v in sent.items() if (settings.base_url, settings.model, n) not in self._proven}
        if refusal.is_vague:
            lesser = dialect.dropping("response_format") if "response_format" in unproven else None
        else:
            lesser = dialect.without(refusal.message, sent) or dialect.simpler(unproven)
        if lesser is None:
            raise refusal.otherwise
        return lesser


def parameters(request: Request, settings: ModelSettings, dialect: Dialect) -> dict[str, Any]:
    """The body of the request in this dialect."""
    optional: dict[str, Any] = {}
    if request.schema is not None and dialect.response_format:
        optional["response_format"] = response_format(request.name, request.schema)
    else:
        request = with_schema_in_prompt(request)
    if dialect.stream_options:
        optional["stream_options"] = {"include_usage": True}
    if dialect.temperature and settings.temperature is not None:
        optional["temperature"] = settings.temperature
    if dialect.limit:
        optional[dialect.limit] = reply_limit(request, settings)
    said = [{"role": message.role, "content": message.content} for message in request.messages]
    return {"model": settings.model, "messages": said, "stream": True, **optional}


def with_schema_in_prompt(request: Request) -> Request:
    """The same question with its schema, if any, in words at the end of the last message."""
    if request.schema is None:
        return request
    last = request.messages[-1]
    asked = render("model/schema", schema=schema_text(request.schema))
    said = (*request.messages[:-1], Message(role=last.role, content=f"{last.content}\n\n{asked}"))
    return replace(request, messages=said, schema=None)


def reply_limit(request: Request, settings: ModelSettings) -> int:
    """Tokens that the reply may have: the setting, or what the context window leaves."""
    if settings.context_tokens is None:
        return settings.max_reply_tokens
    return max(1, min(settings.max_reply_tokens, settings.context_tokens - request.prompt_tokens()))
