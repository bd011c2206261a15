"""Which model is asked, where, and within which limits."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from p2c.errors import NoEndpoint, UsageError
from p2c.run.secrets import keep_secret

OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True)
class ModelSettings:
    """How the model is reached. Times in seconds."""

    base_url: str = OPENAI
    """Of an endpoint that speaks OpenAI's chat completions; it usually ends in `/v1`."""
    api_key: str = field(default="none", repr=False)
    """Sent as bearer token; it is never written or printed. Local servers take any."""
    model: str = ""
    max_cost_usd: float | None = None
    price_usd_per_million: tuple[float, float] | tuple[float, float, float] | None = None
    """Of prompt and reply tokens, and of cached prompt tokens where they cost less; for prices that are not known."""
    temperature: float | None = None
    """None leaves it to the endpoint."""
    context_tokens: int | None = None
    """The model's context window, where the endpoint should not be trusted to refuse what is too long."""
    max_reply_tokens: int = 16_384
    """Of one reply; a longer answer is continued."""
    recorded: Path | None = None
    """Recorded replies to serve instead of asking an endpoint."""
    timeout: float = 600.0
    """Until the first text of a reply, reasoning included."""
    stall_seconds: float = 180.0
    """Between two pieces of a reply that has begun."""
    tries: int = 9
    """Of one call, the first included; the waits between them add up to two minutes (see `patience.py`)."""
    concurrency: int = 16
    """Calls at the same time."""

    @classmethod
    def from_environment(
        cls,
        *,
        model: str | None = None,
        max_cost_usd: float | None = None,
        recorded: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> ModelSettings:
        """The settings from options and environment variables.

        Read are `OPENAI_BASE_URL`, `OPENAI_API_KEY`, `P2C_MODEL` (when `model` is None) and, rarely needed,
        `P2C_TEMPERATURE`, `P2C_CONTEXT_TOKENS`, `P2C_MAX_REPLY_TOKENS`, `P2C_TIMEOUT`, `P2C_STALL_SECONDS`,
        `P2C_TRIES`, `P2C_CONCURRENCY` and `P2C_PRICE` (dollars per million prompt and reply tokens: `0.15,0.60`; a
        third number, `0.15,0.60,0.075`, for prompt tokens that the cache served).

        Raises:
            NoEndpoint: no endpoint or no model is configured, and there are no recorded replies.
            UsageError: a variable's value makes no sense.
        """
        values = os.environ if environment is None else environment
        base_url, api_key = values.get("OPENAI_BASE_URL", "").strip(), values.get("OPENAI_API_KEY", "").strip()
        name = (model or values.get("P2C_MODEL", "")).strip()
        if recorded is None and not (name and (base_url or api_key)):
            raise NoEndpoint(_no_endpoint(base_url, api_key, name))
        keep_secret(base_url)
        settings = cls(
            base_url=_checked_url(base_url or OPENAI),
            api_key=_checked_key(api_key) or "none",
            model=name,
            max_cost_usd=max_cost_usd,
            price_usd_per_million=_price(values),
            temperature=_number(values, "P2C_TEMPERATURE"),
            recorded=recorded,
        )
        context, reply = _number(values, "P2C_CONTEXT_TOKENS"), _number(values, "P2C_MAX_REPLY_TOKENS")
        tries, concurrency = _number(values, "P2C_TRIES"), _number(values, "P2C_CONCURRENCY")
        return replace(
            settings,
            context_tokens=int(context) if context else None,
            max_reply_tokens=int(reply) if reply else settings.max_reply_tokens,
            timeout=_number(values, "P2C_TIMEOUT") or settings.timeout,
            stall_seconds=_number(values, "P2C_STALL_SECONDS") or settings.stall_seconds,
            tries=int(tries) if tries else settings.tries,
            concurrency=int(concurrency) if concurrency else settings.concurrency,
        )

    def endpoint(self) -> str:
        """The base URL without user name, password, query and slash at its end, for messages."""
        scheme, _, rest = self.base_url.partition("://")
        place = re.split(r"[?#]", rest, maxsplit=1)[0]
        host, slash, path = place.partition("/")
        return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}".rstrip("/")


def _no_endpoint(base_url: str, api_key: str, model: str) -> str:
    settings = {"OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": api_key, "--model (or P2C_MODEL)": model}
    missing = [name for name, value in settings.items() if not value]
    return (
        "no model is configured. Set OPENAI_BASE_URL (any endpoint that speaks OpenAI's chat completions; "
        "without it, OpenAI's own), OPENAI_API_KEY (local servers take any) and --model (or P2C_MODEL). "
        f"Not set: {', '.join(missing)}. To see p2c work without a model, run: make demo"
    )


def _checked_url(url: str) -> str:
    """The address, when there can be one; messages never repeat it, for it may hold a password."""
    try:
        parts = urlsplit(url)
        has_host = bool((parts.hostname or "").encode("idna")) and (parts.port is None or parts.port > 0)
    except ValueError:  # a port that is no number, a bracket that is not closed, two dots in a row
        has_host = False
    if not has_host or parts.scheme not in ("http", "https") or not url.isprintable() or " " in url:
        raise UsageError(
            "OPENAI_BASE_URL must begin with http:// or https:// and name a host (and perhaps a port and a path), "
            "e.g. http://127.0.0.1:11434/v1"
        )
    return url


def _checked_key(key: str) -> str:
    """The key, when it can be sent: a header holds no line breaks and nothing but ASCII."""
    if not key.isascii() or not key.isprintable():
        raise UsageError(
            "OPENAI_API_KEY holds a character that no key has (a line break, a typographic quote?); copy it again"
        )
    return key


def _number(values: Mapping[str, str], name: str) -> float | None:
    text = values.get(name, "").strip()
    try:
        number = float(text) if text else None
    except ValueError:
        raise UsageError(f"{name} must be a number, not {text!r}") from None
    if number is not None and not 0 <= number < 1e9:
        raise UsageError(f"{name} must not be negative or absurdly large, as {text!r} is")
    return number


def _price(values: Mapping[str, str]) -> tuple[float, float] | tuple[float, float, float] | None:
    text = values.get("P2C_PRICE", "").strip()
    if not text:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (2, 3) or not all(0 <= number < 1e9 for number in numbers):
        raise UsageError(
            "P2C_PRICE must be two numbers, dollars per million prompt and reply tokens as in 0.15,0.60 (or three: the "
            f"last for prompt tokens from the endpoint's cache), not {text!r}"
        )
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (numbers[0], numbers[1], numbers[2])
