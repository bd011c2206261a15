"""One request that is paid for: its cost set aside before and counted after, what it lost included."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import replace
from typing import Any

import openai

from p2c.errors import ContextTooLong
from p2c.model.budget import Budget
from p2c.model.collect import Counted, Part
from p2c.model.dialect import reply_limit
from p2c.model.prices import Prices
from p2c.model.settings import ModelSettings
from p2c.model.source import CHARACTERS_PER_TOKEN, Call, Request
from p2c.model.stopping import text_came
from p2c.model.stream import Interrupted, request_part
from p2c.model.trouble import Transient
from p2c.model.watch import Watch
from p2c.types import Usage

LEAST_CUT = 1000
"""Tokens of a prompt; of a shorter one the estimate is too rough to tell from it that the endpoint cut it."""


class PaidRequests:
    """Makes requests to one endpoint. Safe for several threads.

    Attributes:
        heard: when text of any answer came last (`time.monotonic`).
        reached: set once the endpoint has answered anything.
    """

    def __init__(self, client: openai.OpenAI, settings: ModelSettings, budget: Budget, prices: Prices) -> None:
        self.heard = time.monotonic()
        self.reached = threading.Event()
        self._client = client
        self._settings = settings
        self._budget = budget
        self._prices = prices
        self._overran = False
        """Whether a reply was longer than its limit: some endpoints take none, or count no reasoning towards it."""
        self._noted: set[str] = set()
        self._lock = threading.Lock()

    def make(self, request: Request, call: Call, body: dict[str, Any], *, is_limited: bool) -> Part:
        """Make `request` as `body`.

        Args:
            is_limited: whether the body limits the reply. One that nothing limits could cost anything: it goes alone.

        Raises:
            BudgetExceeded: it was not made.
            ContextTooLong: the same; it does not fit into the window that the settings name.
            Transient, Refused, ModelError: it failed.
        """
        self._check_context(request)
        limit = reply_limit(request, self._settings)
        likely = self._prices.cost(request.prompt_tokens(), 0, limit)
        is_limited = is_limited and not self._overran
        most = self._prices.most(request.most_prompt_tokens(), limit) if is_limited else math.inf
        with self._budget.reserve(request.step, likely, most):
            call.under_way()
            failure: Exception | None = None
            with Watch(call.progress, self._settings.timeout, self._settings.stall_seconds, self._hear) as watch:
                try:
                    part = request_part(self._client, body, self._settings, watch)
                except Interrupted as error:
                    failure, lost = error.cause, error
            if not (isinstance(failure, Transient) and failure.unreached):
                self.reached.set()
            if failure is not None:
                if lost.may_cost:
                    self._pay(call, _of_the_lost(request, lost))
                raise failure
            tokens = self._tokens(request, call, part)
            self._overran = self._overran or tokens.reply > limit
            self._pay(call, tokens)
            self._note_cut(call, request, tokens)
        return part

    def _tokens(self, request: Request, call: Call, part: Part) -> Counted:
        if part.counted is not None and (part.counted.reply or not part.characters):
            return part.counted
        self._note(call, f"{self._settings.endpoint()} does not count tokens; they are estimated from characters")
        return _estimate(request, part.characters)

    def _pay(self, call: Call, tokens: Counted) -> None:
        cost = self._prices.cost(tokens.prompt, tokens.cached, tokens.reply, tokens.written)
        self._budget.spend(cost)
        call.paid(
            Usage(
                calls=1,
                prompt_tokens=tokens.prompt,
                cached_tokens=tokens.cached,
                reply_tokens=tokens.reply,
                cost_usd=cost,
            )
        )

    def _hear(self) -> None:
        self.heard = time.monotonic()
        text_came()

    def _check_context(self, request: Request) -> None:
        window = self._settings.context_tokens
        if window is not None and request.prompt_tokens() >= window:
            raise ContextTooLong(
                f"the prompt has about {request.prompt_tokens()} tokens, the model's context window "
                f"{window} (P2C_CONTEXT_TOKENS); use a model with a larger one"
            )

    def _note_cut(self, call: Call, request: Request, tokens: Counted) -> None:
        """Say so when the endpoint read much less than was sent: some cut a prompt to their window without a word."""
        sent = sum(len(message.content) for message in request.messages) // CHARACTERS_PER_TOKEN
        if sent >= LEAST_CUT and tokens.prompt < sent // 2:
            message = (
                f"{self._settings.endpoint()} counted {tokens.prompt} tokens of a prompt of about {sent}: it seems to "
                "cut what it is sent to its context window without a word, as Ollama does. Make that window larger "
                "(there: OLLAMA_CONTEXT_LENGTH), or set P2C_CONTEXT_TOKENS to it: sections of the paper go then"
            )
            self._note(call, message, about="cut")

    def _note(self, call: Call, message: str, about: str = "") -> None:
        """Once about each thing; it is the message itself where it is always the same."""
        with self._lock:
            if (about or message) in self._noted:
                return
            self._noted.add(about or message)
        call.note(message)


def _estimate(request: Request, characters: int) -> Counted:
    return Counted(request.prompt_tokens(), 0, characters // CHARACTERS_PER_TOKEN)


def _of_the_lost(request: Request, lost: Interrupted) -> Counted:
    """A count that comes with the pieces may be of the beginning alone."""
    so_far = _estimate(request, lost.characters)
    return replace(lost.counted, reply=max(lost.counted.reply, so_far.reply)) if lost.counted else so_far
