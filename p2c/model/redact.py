"""No key in what an endpoint's words say to people, whatever it echoes.

`p2c/run/secrets.py` hides the environment's keys in all that is written; here also what the settings hold (an address
may carry a password) and what only looks like a key goes.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from p2c.model.settings import ModelSettings

_KEY_LIKE = re.compile(r"\b(?:sk|pk|rk|gsk|key|hf|xai|nvapi|AIza)[-_][\w*.-]{6,}|\bAIza[\w*-]{10,}")
"""Keys as providers make them, whole or with asterisks in their middle, as in OpenAI's own error messages."""
_BEARER = re.compile(r"\b(bearer|basic)\s+[\w.~+/=*-]{6,}", re.IGNORECASE)
SHORTEST = 5
"""Characters; what is shorter is a placeholder such as `none`, and would blot out half of a message."""


def scrub(text: str, settings: ModelSettings) -> str:
    """`text` without the key, whatever echoed it and however it was quoted, and without what looks like one."""
    for secret in secrets(settings):
        text = text.replace(secret, "***")
    return _KEY_LIKE.sub("***", _BEARER.sub(r"\1 ***", text))


def secrets(settings: ModelSettings) -> tuple[str, ...]:
    """Everything in the settings that must not be shown, the longest first: the key, and what the address carries."""
    found = {settings.api_key}
    try:
        url = urlsplit(settings.base_url)
    except ValueError:  # no address at all; whatever it holds was never sent
        url = urlsplit("")
    found |= {url.netloc.rpartition("@")[0], unquote(url.password or "")}
    found |= {value for _, value in parse_qsl(url.query)}
    found |= {quote(secret, safe="") for secret in found}
    return tuple(sorted((secret for secret in found if len(secret) >= SHORTEST), key=len, reverse=True))
