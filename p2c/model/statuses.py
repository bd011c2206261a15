"""What an endpoint's error means: its status, its words, and what it says about waiting."""

from __future__ import annotations

import email.utils
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from p2c.errors import ContextTooLong, ModelError, ModelRefused
from p2c.model.settings import ModelSettings
from p2c.model.trouble import Refused, Transient, address_advice
from p2c.model.words import BAD_KEY, FILTERED, NO_MODEL, REPLY_LIMIT, TEXT_ONLY, TOO_LARGE, TOO_LONG

LONGEST_WAIT = 600.0
"""Seconds that an endpoint may ask us to wait before we give up instead."""
_CONTEXT_STATUSES = (400, 413, 422, 500)
_UNLIKED = (400, 403, 404, 415, 422, 500)
"""Statuses of a prompt that is refused for what it says or shows."""
_PASSING = (408, 409, 425, 498, 499)
"""Besides 429 and 5xx: timeouts, conflicts, too early; Groq's and nginx's own for busy and gone."""


@dataclass(frozen=True)
class Said:
    """An endpoint's error.

    Attributes:
        status: HTTP's, or what stands for it in a body that came with status 200.
        words: its message, scrubbed, in one line, at most 300 characters; an HTML page is only named as such.
        code: the machine-readable reason, for example `context_length_exceeded`; may be empty.
        headers: of the response.
    """

    status: int
    words: str
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def read_status(said: Said, settings: ModelSettings) -> Exception:
    """Transient, Refused, or a ModelError that says what to try next."""
    for read in (_too_much, _unliked, _final):
        known = read(said, settings)
        if known is not None:
            return known
    where, status = settings.endpoint(), said.status
    if status == 429:
        return _rate_limit(said, settings)
    if status in (400, 415, 422):
        return Refused(said.words, ModelError(f"{where} refused the request ({status}: {said.words}); {_PLAINER}"))
    if status in _PASSING or status >= 500:
        failed = _passing(f"{where} failed ({status}: {said.words})", said)
        vague = status in (500, 501) and isinstance(failed, Transient)
        return Refused(said.words, failed, is_vague=True) if vague else failed
    return ModelError(f"{where} refused the call ({status}: {said.words}); {address_advice(settings)}")


_PLAINER = "nothing optional is left to leave out: try another model, or another endpoint"
_FINAL = {
    401: ("refused the key", "check OPENAI_API_KEY"),
    402: ("wants payment", "check the account's balance"),
    403: ("forbids the call", "check what the key may use"),
    405: ("is no chat endpoint", ""),
    407: ("is behind a proxy that wants a password", "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY"),
    413: ("takes no request of this size", "use a model or a server with a larger limit"),
}
"""What each says, and what to try; without it, the address may be wrong."""


def _too_much(said: Said, settings: ModelSettings) -> Exception | None:
    """A prompt, or a prompt and the longest reply to it, that is more than the window or the rate allows."""
    error: ModelError | None = read_too_long(said)
    if error is None and said.status in (413, 429) and TOO_LARGE.search(said.words):
        what, advice = _FINAL[413]
        error = ModelError(f"{settings.endpoint()} {what} ({said.status}: {said.words}); {advice}")
    if error is not None and REPLY_LIMIT.search(said.words):
        return Refused(said.words, error, is_named=True)
    return error


def _unliked(said: Said, settings: ModelSettings) -> ModelError | None:
    """The end of the call, where the prompt's content or pictures are what the endpoint does not take."""
    where = settings.endpoint()
    if said.status not in _UNLIKED:
        return None
    if TEXT_ONLY.search(said.words):
        return ModelError(f"{where} takes no pictures for {settings.model!r} ({said.status}: {said.words})")
    if FILTERED.search(f"{said.code} {said.words}"):
        return ModelRefused(f"{where} refused the prompt ({said.status}: {said.words}); try another model")
    return None


def _final(said: Said, settings: ModelSettings) -> ModelError | None:
    """The end of the call, where the status says that waiting and other words are no help."""
    if said.status == 404 or (said.status == 400 and NO_MODEL.search(f"{said.code} {said.words}")):
        what, advice = _not_found(said, settings)
    elif said.status == 400 and BAD_KEY.search(said.words):
        what, advice = _FINAL[401]
    elif said.status in _FINAL:
        what, advice = _FINAL[said.status]
    else:
        return None
    advice = advice or address_advice(settings)
    return ModelError(f"{settings.endpoint()} {what} ({said.status}: {said.words}); {advice}")


def _not_found(said: Said, settings: ModelSettings) -> tuple[str, str]:
    where = settings.endpoint()
    if _names_model(said, settings):
        advice = f"check --model (or P2C_MODEL): {where}/models lists what there is"
        return f"has no model {settings.model!r}", advice
    return f"has no chat completions, or no model {settings.model!r}", f"{address_advice(settings)}, and --model"


def _names_model(said: Said, settings: ModelSettings) -> bool:
    lower = said.words.lower()
    names_it = bool(settings.model) and settings.model.lower() in lower
    return names_it or "model" in said.code.lower() or "model" in lower


def _rate_limit(said: Said, settings: ModelSettings) -> Exception:
    where = settings.endpoint()
    if "insufficient_quota" in said.code:
        return ModelError(f"{where}: the account's quota is used up ({said.words}); check its billing")
    return _passing(f"{where} limits the rate (429: {said.words})", said)


def _passing(what: str, said: Said) -> Exception:
    wait = retry_after(said.headers)
    if wait is not None and wait > LONGEST_WAIT:
        return ModelError(
            f"{what} and asks to wait {wait:.0f} s; run the same command again then, it goes on from here"
        )
    return Transient(what, wait=wait)


def read_too_long(said: Said) -> ContextTooLong | None:
    """The error for a prompt that does not fit, where that is what the endpoint says; else None."""
    named = "context_length_exceeded" in said.code
    if not named and (said.status not in _CONTEXT_STATUSES or not TOO_LONG.search(said.words)):
        return None
    return ContextTooLong(
        f"the prompt is longer than the model's context window ({said.words}); use a model with a larger window, "
        "or set P2C_CONTEXT_TOKENS to this one's: sections of the paper are left out then"
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the endpoint asks to wait, never negative; None where it does not say.

    Read are OpenAI's `Retry-After-Ms` and `Retry-After`, which holds seconds or a date (RFC 9110, section 10.2.3).
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if not math.isnan(seconds):
            return max(0.0, seconds)
    try:
        date = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, date.timestamp() - time.time())
    except (ValueError, TypeError, OverflowError, OSError):
        return None
