"""An endpoint over HTTP: retries, dialects, continuations."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import replace

from p2c.errors import ModelError, ModelRefused
from p2c.model.budget import Budget
from p2c.model.client import open_client, proxy_variable
from p2c.model.collect import Part
from p2c.model.continuation import goes_round, join
from p2c.model.dialect import Dialects, parameters, reply_limit, with_schema_in_prompt
from p2c.model.paid import PaidRequests
from p2c.model.patience import TRIES_UNREACHED, backoff
from p2c.model.prices import Prices
from p2c.model.settings import ModelSettings
from p2c.model.source import Call, Request
from p2c.model.stopping import is_stopped, stopped_within
from p2c.model.text import without_end_tokens, without_reasoning
from p2c.model.trouble import Refused, Transient
from p2c.model.types import Message
from p2c.prompts import render
from sandbox.words import counted

MOST_PARTS = 8
_DIALECTS = Dialects()


class HttpSource:
    """Implements `Source` over the `openai` package, whose own retries are off so that each one is journaled.

    Args:
        settings: where the model is.
        budget: asked before every request.
        prices: what a request costs.
        backoff_seconds: the first wait before a request is made again; it doubles each time.
    """

    recorded = False

    def __init__(self, settings: ModelSettings, budget: Budget, prices: Prices, backoff_seconds: float = 1.0) -> None:
        self._settings = settings
        self._backoff = backoff_seconds
        self._closed = threading.Event()
        self._client = open_client(settings)
        self._requests = PaidRequests(self._client, settings, budget, prices)

    @property
    def model(self) -> str:
        """See `Source.model`."""
        return self._settings.model

    def close(self) -> None:
        """See `Source.close`."""
        self._closed.set()
        self._client.close()

    def complete(self, request: Request, call: Call) -> str:
        """See `Source.complete`. An answer cut off at the output limit is continued and joined."""
        text = call.begun
        asked = _go_on(request, text) if text else request
        for _ in range(MOST_PARTS):
            part = self._part(asked, call, is_rest=bool(text))
            before, text = text, join(text, part.text) if text else part.text
            if part.finish != "length":
                return text
            if len(text) - len(before) < len(part.text) // 2:
                what = "began anew instead of going on where it was cut off"
                break
            call.cut_off(text)
            asked = _go_on(request, text)
        else:
            what = f"was not complete after {MOST_PARTS} parts"
        call.cut_off("")
        raise ModelError(
            f"{request.step}: the answer {what} (at most {self._settings.max_reply_tokens} tokens each time); "
            "set P2C_MAX_REPLY_TOKENS higher, or use another model"
        )

    def _part(self, request: Request, call: Call, *, is_rest: bool) -> Part:
        """One part of the answer, after as many tries as it takes.

        Raises:
            ModelError: the endpoint failed for good, or as often as is tried.
        """
        tried = 0
        while True:
            tried, asked = tried + 1, time.monotonic()
            try:
                return self._checked(self._in_dialect(request, call), request, is_rest=is_rest)
            except Transient as error:
                failure = error
                tried -= failure.is_silent and self._requests.heard > asked  # it waited for its turn behind other calls
            except ModelError as error:
                final = error
                break
            if tried >= self._tries(failure):
                final = ModelError(
                    f"{failure.reason}; tried {counted(tried, 'time')}. "
                    f"{failure.advice} and run the same command again: it goes on from here{self._by_proxy()}"
                )
                break
            wait = self._wait(tried, failure)
            if not is_stopped():  # what is announced is done
                call.retried(failure.reason, wait)
            if stopped_within(wait, self._closed):
                final = ModelError(f"not asked again, as the run ends ({failure.reason})")
                break
        # Raised outside the handlers, and anew: no context that holds the request, and so the key.
        raise type(final)(f"{request.step}: {final}")

    def _checked(self, part: Part, request: Request, *, is_rest: bool) -> Part:
        """The part without reasoning, unless it is a refusal or empty (the rest of an answer may be)."""
        if part.refusal or part.finish == "content_filter":
            why = part.refusal or "its content filter stopped the answer"
            raise ModelRefused(f"the model refused: {why[:300]}; try another model")
        text = without_end_tokens(without_reasoning(part.text))
        if part.finish == "length" and goes_round(text):
            what = f"the model says the same again and again, until its limit ({text[-40:].strip()!r})"
            raise Transient(what, tries=2, advice="Try another model")
        if text.strip() or (is_rest and part.finish != "length"):
            return replace(part, text=text)
        if part.finish == "length":
            raise ModelError(
                f"the model used all of its {reply_limit(request, self._settings)} reply tokens for "
                "reasoning; set P2C_MAX_REPLY_TOKENS higher"
            )
        if part.characters:
            what, advice = "sent reasoning but no answer", "Use another model, or mend the endpoint's reasoning parser,"
            raise Transient(f"{self._settings.endpoint()} {what}", tries=3, advice=advice)
        raise Transient(f"{self._settings.endpoint()} sent an empty answer", tries=3, advice="Try another model")

    def _in_dialect(self, request: Request, call: Call) -> Part:
        """One try; what the endpoint refuses to understand is left out, and remembered once that has worked."""
        dialect = _DIALECTS.get(self._settings)
        while True:
            body = parameters(request, self._settings, dialect)
            try:
                part = self._requests.make(request, call, body, is_limited=dialect.limit is not None)
            except Refused as error:
                refusal = error
            else:
                _DIALECTS.worked(self._settings, dialect, body)
                return part
            dialect = _DIALECTS.after(refusal, self._settings, dialect, body)
            if is_stopped():
                raise ModelError(f"not asked again, as the run ends ({refusal.message})")
            call.retried(f"{self._settings.endpoint()} refused the request: {refusal.message}; asking plainer", 0.0)

    def _wait(self, tried: int, failure: Transient) -> float:
        """Seconds: what the endpoint asks for (later not less than our own), else doubling; jitter spreads calls."""
        jitter = random.uniform(0.0, 0.25)  # noqa: S311 - spreads retries, guards nothing
        if failure.wait is None:
            return backoff(max(tried, 1), self._backoff) * (1 + jitter)
        least = backoff(tried - 1, self._backoff) if tried > 1 else 0.0  # some ask for 0 s, and again, and again
        return max(failure.wait, least) + jitter * self._backoff

    def _by_proxy(self) -> str:
        """What to know of a proxy on the way: what fails may be the proxy, and it may not be meant at all."""
        name = proxy_variable(self._settings)
        return name and f" (the requests go through the proxy in {name}; NO_PROXY names hosts that need none)"

    def _tries(self, failure: Transient) -> int:
        most = min(self._settings.tries, failure.tries or self._settings.tries)
        return min(most, TRIES_UNREACHED) if failure.unreached and not self._requests.reached.is_set() else most


def _go_on(request: Request, text: str) -> Request:
    """Ask for the rest; a schema goes into the prompt, for a `response_format` would make a new object of the rest."""
    asked = with_schema_in_prompt(request)
    rest = Message(role="assistant", content=text), Message(role="user", content=render("model/go_on"))
    return replace(asked, messages=(*asked.messages, *rest))
