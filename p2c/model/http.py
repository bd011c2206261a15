"""An endpoint over HTTP: retries, dialects, continuations, budget."""

from __future__ import annotations

import random
import threading
from dataclasses import replace

import httpx2
import openai

from p2c.errors import ContextTooLong, ModelError
from p2c.model.budget import Budget
from p2c.model.continuation import join
from p2c.model.dialect import Dialect, Dialects, parameters, reply_limit, with_schema_in_prompt
from p2c.model.failures import Refused, Transient
from p2c.model.prices import Prices
from p2c.model.settings import ModelSettings
from p2c.model.source import CHARACTERS_PER_TOKEN, Call, Request
from p2c.model.stream import Counted, Interrupted, Part, request_part
from p2c.model.text import without_reasoning
from p2c.model.types import Message
from p2c.model.watch import Watch
from p2c.prompts import render
from p2c.types import Usage

MOST_PARTS = 8
LONGEST_BACKOFF = 60.0
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
        self._budget = budget
        self._prices = prices
        self._backoff = backoff_seconds
        self._closed = threading.Event()
        self._noted: set[str] = set()
        self._lock = threading.Lock()
        self._client = openai.OpenAI(
            base_url=settings.base_url,
            api_key=settings.api_key,
            max_retries=0,
            timeout=httpx2.Timeout(connect=30.0, read=settings.timeout, write=120.0, pool=None),
        )

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
        text, asked = "", request
        for _ in range(MOST_PARTS):
            part = self._part(asked, call)
            text = join(text, part.text) if text else part.text
            if part.finish != "length":
                return text
            asked = _go_on(request, text)
        raise ModelError(
            f"{request.step}: the answer was not complete after {MOST_PARTS} parts of up to "
            f"{self._settings.max_reply_tokens} tokens; set P2C_MAX_REPLY_TOKENS higher"
        )

    def _part(self, request: Request, call: Call) -> Part:
        """One part of the answer, after as many tries as it takes.

        Raises:
            ModelError: the endpoint failed for good, or as often as is tried.
        """
        tried = 0
        while True:
            tried += 1
            try:
                return self._checked(self._in_dialect(request, call), request)
            except Transient as error:
                failure = error
            if tried >= min(self._settings.tries, failure.tries or self._settings.tries):
                break
            wait = self._wait(tried, failure)
            call.retried(failure.reason, wait)
            if self._closed.wait(wait):
                raise ModelError(f"{request.step}: stopped while waiting to ask again ({failure.reason})")
        raise ModelError(
            f"{request.step}: {failure.reason}; tried {tried} times. "
            "Check the endpoint and run the same command again: it goes on from here"
        )

    def _checked(self, part: Part, request: Request) -> Part:
        """The part without reasoning, unless it is a refusal or empty."""
        if part.refusal or part.finish == "content_filter":
            why = part.refusal or "its content filter stopped the answer"
            raise ModelError(f"{request.step}: the model refused: {why[:300]}; try another model")
        text = without_reasoning(part.text)
        if text.strip():
            return replace(part, text=text)
        if part.finish == "length":
            raise ModelError(
                f"{request.step}: the model used all of its {reply_limit(request, self._settings)} reply tokens for "
                "reasoning; set P2C_MAX_REPLY_TOKENS higher"
            )
        raise Transient(f"{self._settings.endpoint()} sent an empty answer", tries=3)

    def _in_dialect(self, request: Request, call: Call) -> Part:
        """One try; what the endpoint refuses to understand is left out, and remembered once that has worked."""
        dialect = _DIALECTS.get(self._settings)
        while True:
            body = parameters(request, self._settings, dialect)
            try:
                part = self._once(request, call, dialect)
            except Refused as error:
                refusal = error
            else:
                _DIALECTS.worked(self._settings, dialect, body)
                return part
            dialect = _DIALECTS.after(refusal, self._settings, dialect, body)
            call.retried(f"{self._settings.endpoint()} refused the request: {refusal.message}; asking plainer", 0.0)

    def _once(self, request: Request, call: Call, dialect: Dialect) -> Part:
        """One request, its cost reserved before and counted after."""
        settings = self._settings
        self._check_context(request)
        most = self._prices.cost(request.prompt_tokens(), 0, reply_limit(request, settings))
        with self._budget.reserve(request.step, most):
            failure: Exception | None = None
            with Watch(call.progress, settings.timeout, settings.stall_seconds) as watch:
                try:
                    part = request_part(self._client, parameters(request, settings, dialect), settings, watch)
                except Interrupted as error:
                    failure, characters = error.cause, error.characters
            if failure is not None:
                if characters:
                    self._pay(call, _estimate(request, characters))
                raise failure
            if part.counted is None:
                self._note(call, f"{settings.endpoint()} does not count tokens; they are estimated from characters")
            self._pay(call, part.counted or _estimate(request, len(part.text)))
        return part

    def _pay(self, call: Call, counted: Counted) -> None:
        cost = self._prices.cost(counted.prompt, counted.cached, counted.reply)
        self._budget.spend(cost)
        call.paid(
            Usage(
                calls=1,
                prompt_tokens=counted.prompt,
                cached_tokens=counted.cached,
                reply_tokens=counted.reply,
                cost_usd=cost,
            )
        )

    def _wait(self, tried: int, failure: Transient) -> float:
        """Seconds: what the endpoint asks for, else doubling, with jitter so that parallel calls spread."""
        jitter = random.uniform(0.0, 0.25)  # noqa: S311 - spreads retries, guards nothing
        if failure.wait is not None:
            return failure.wait + jitter * self._backoff
        return float(min(LONGEST_BACKOFF, self._backoff * 2 ** (tried - 1)) * (1 + jitter))

    def _check_context(self, request: Request) -> None:
        window = self._settings.context_tokens
        if window is not None and request.prompt_tokens() >= window:
            raise ContextTooLong(
                f"{request.step}: the prompt has about {request.prompt_tokens()} tokens, the model's context window "
                f"{window}; use a model with a larger window"
            )

    def _note(self, call: Call, message: str) -> None:
        with self._lock:
            if message in self._noted:
                return
            self._noted.add(message)
        call.note(message)


def _go_on(request: Request, text: str) -> Request:
    """Ask for the rest; a schema goes into the prompt, for a `response_format` would make a new object of the rest."""
    asked = with_schema_in_prompt(request)
    rest = Message(role="assistant", content=text), Message(role="user", content=render("model/go_on"))
    return replace(asked, messages=(*asked.messages, *rest))


def _estimate(request: Request, characters: int) -> Counted:
    return Counted(request.prompt_tokens(), 0, characters // CHARACTERS_PER_TOKEN)
