"""The openai package's exceptions, mapped in one place to what is done about them."""

from __future__ import annotations

import email.utils
import re
import time

import openai

from p2c.errors import ContextTooLong, ModelError
from p2c.model.settings import ModelSettings

LONGEST_WAIT = 600.0
"""Seconds that an endpoint may ask us to wait before we give up instead."""
_CONTEXT = re.compile(
    r"context[_ ](length|window|size)|maximum context|exceeds? the (available|maximum) context|too many tokens"
    r"|prompt is too long|requested tokens|input is too long|reduce the length",
    re.IGNORECASE,
)
_KEY_LIKE = re.compile(r"\b(sk|pk|gsk|key)-[\w*.-]{6,}")


class Transient(Exception):
    """A request failed in a way that may pass.

    Attributes:
        reason: what failed, in one line.
        wait: seconds that the endpoint asks for, or None.
        tries: how often the request is worth making at all; None: as often as the settings say.
    """

    def __init__(self, reason: str, *, wait: float | None = None, tries: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait
        self.tries = tries


class Refused(Exception):
    """The endpoint did not take the request as it was; perhaps it takes it without an optional part.

    Attributes:
        message: the endpoint's words.
        otherwise: what to raise when there is nothing to leave out.
        is_vague: whether the cause may as well be another (a failure with status 500, a broken connection).
    """

    def __init__(self, message: str, otherwise: Exception, *, is_vague: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.otherwise = otherwise
        self.is_vague = is_vague


def read_failure(error: openai.OpenAIError, settings: ModelSettings) -> Exception:
    """What a failure means: Transient, Refused, or a ModelError that says what to try next."""
    where = settings.endpoint()
    if isinstance(error, openai.APITimeoutError):
        return Transient(f"{where} sent nothing for {settings.timeout:.0f} s")
    if isinstance(error, openai.APIConnectionError):
        cause = error.__cause__
        detail = scrub(f"{type(cause).__name__}: {cause}" if cause else str(error), settings)
        broken = Transient(f"the connection to {where} failed ({detail})")
        was_up = type(cause).__name__ not in ("ConnectError", "ConnectTimeout", "ProxyError")
        return Refused(detail, broken, is_vague=True) if was_up else broken
    if isinstance(error, openai.APIStatusError):
        return _read_status(error, settings)
    said = scrub(getattr(error, "message", str(error)), settings)
    if _is_context(error, said):
        return _too_long(said)
    return Transient(f"{where} broke off with an error: {said[:300]}")


def scrub(text: str, settings: ModelSettings) -> str:
    """`text` without the key, whatever echoed it."""
    for secret in (settings.api_key, settings.base_url.partition("://")[2].rpartition("@")[0]):
        if len(secret) > 4:
            text = text.replace(secret, "***")
    return _KEY_LIKE.sub("***", text)


def _read_status(error: openai.APIStatusError, settings: ModelSettings) -> Exception:
    where, status = settings.endpoint(), error.status_code
    said = scrub(_said(error), settings)
    if _is_context(error, said):
        return _too_long(said)
    final = {
        401: f"{where} refused the key (401: {said}); check OPENAI_API_KEY",
        402: f"{where} wants payment (402: {said}); check the account's balance",
        403: f"{where} forbids the call (403: {said}); check what the key may use",
        404: f"{where} has no model {settings.model!r}, or the base URL is wrong (404: {said}); check --model and "
        "OPENAI_BASE_URL, which usually ends in /v1",
        405: f"{where} is no chat endpoint (405: {said}); check OPENAI_BASE_URL, which usually ends in /v1",
    }
    if status in final:
        return ModelError(final[status])
    if status == 429:
        return _read_rate_limit(error, said, settings)
    if status in (400, 415, 422):
        return Refused(said, ModelError(f"{where} refused the request ({status}): {said}"))
    if status in (408, 409, 425) or status >= 500:
        failed = Transient(f"{where} failed ({status}: {said})", wait=_retry_after(error))
        return Refused(said, failed, is_vague=True) if status in (500, 501) else failed
    return ModelError(f"{where} refused the call ({status}: {said}); check OPENAI_BASE_URL and the model's name")


def _read_rate_limit(error: openai.APIStatusError, said: str, settings: ModelSettings) -> Exception:
    if "insufficient_quota" in (error.code, error.type):
        return ModelError(f"{settings.endpoint()}: the account's quota is used up ({said}); check its billing")
    wait = _retry_after(error)
    if wait is not None and wait > LONGEST_WAIT:
        return ModelError(
            f"{settings.endpoint()} limits the rate and asks to wait {wait:.0f} s ({said}); "
            "run the same command again then, it goes on from here"
        )
    return Transient(f"{settings.endpoint()} limits the rate (429: {said})", wait=wait)


def _said(error: openai.APIStatusError) -> str:
    """The endpoint's own words, short; an HTML page is named as such."""
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error", body)
        text = inner.get("message") or inner.get("detail") if isinstance(inner, dict) else inner
        text = str(text or body)
    else:
        text = error.response.text
    if "<html" in text[:500].lower() or text.lstrip().lower().startswith("<!doctype"):
        return "an HTML page"
    return " ".join(text.split())[:300]


def _is_context(error: openai.OpenAIError, said: str) -> bool:
    return getattr(error, "code", None) == "context_length_exceeded" or (
        getattr(error, "status_code", 400) in (400, 413, 422, 500) and _CONTEXT.search(said) is not None
    )


def _too_long(said: str) -> ContextTooLong:
    return ContextTooLong(
        f"the prompt is longer than the model's context window ({said}); use a model with a larger window"
    )


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Seconds of the `Retry-After` header, which holds seconds or a date (RFC 9110, section 10.2.3)."""
    value = error.response.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
