"""Keys stay out of what is written and printed, whoever echoes them: the endpoint, its model, an error message."""

from __future__ import annotations

import json
import os
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

HIDDEN = "***"
_NAMES = re.compile(
    r"(?:^|[_-])(?:API_?KEY|KEY|TOKEN|SECRET|PAT|PASS|(?:PG)?PASSWORD|PASSWD|PASSPHRASE)(?:[_-]|$)", re.IGNORECASE
)
_BEGINNING = 12
"""So many characters of a long key are taken for the key: what quotes it may have cut it off."""
_addresses: set[str] = set()


def keep_secret(address: str) -> None:
    """From now on, in this process, what is secret in `address` is hidden too; for one that an option names."""
    _addresses.add(address)


def secrets(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The values of environment variables whose names say that they are secret; the longest first.

    Without `environment` they are this process's own, with the addresses that `keep_secret` was told.

    Passwords and keys in addresses (of the endpoint, a proxy, an index) are secret as well, and so is what a client
    makes of them: percent-encoded, in JSON, as the header of HTTP's Basic authentication (RFC 7617).

    A word such as `none` or `ollama`, which local servers take for a key, is no secret, or it could not be written
    anywhere: one has at least eight characters, a digit among them, or at least twenty. Nor is the path of a file
    that is there.
    """
    values, addresses = (os.environ, _addresses) if environment is None else (environment, ())
    found = {value.strip() for name, value in values.items() if _NAMES.search(name)}
    for text in (*values.values(), *addresses):
        for address in text.split() if "://" in text else ():
            found.update(_in_address(address))
    told = {form for value in found if _is_secret(value) for form in (value, quote(value, safe=""), _in_json(value))}
    return tuple(sorted(told, key=lambda value: (-len(value), value)))


def hidden(text: str) -> str:
    """`text` with every secret in it replaced by `***`."""
    for secret in secrets():
        if secret[:_BEGINNING] not in text:
            continue
        if secret.isdigit():  # a part of a longer number is another number
            text = re.sub(rf"(?<![\d.]){secret}(?!\d)", HIDDEN, text)
            continue
        text = text.replace(secret, HIDDEN)
        if len(secret) >= 16:
            text = re.sub(rf"{re.escape(secret[:_BEGINNING])}[\w*.…-]*", HIDDEN, text)
    return text


def hidden_bytes(content: bytes) -> bytes:
    """The same for bytes; those that hold no secret are given back as they are, text or not."""
    for secret in secrets():
        if secret.encode("utf-8", "replace")[:_BEGINNING] in content:
            return hidden(content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    return content


def hidden_within(value: object) -> object:
    """The same for what `json.loads` gives: every text in it, names of fields included."""
    if isinstance(value, str):
        return hidden(value)
    if isinstance(value, dict):
        return {hidden(name): hidden_within(inner) for name, inner in value.items()}
    return [hidden_within(inner) for inner in value] if isinstance(value, list) else value


def _in_address(address: str) -> Iterator[str]:
    """Password, or a user name that stands alone; both as a header; what the query calls a key."""
    try:
        parts = urlsplit(address)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:  # a bracket that is not closed: no address
        return
    yield password or user
    yield b64encode(f"{user}:{password}".encode("utf-8", "replace")).decode("ascii") if user or password else ""
    yield from (value for name, value in parse_qsl(parts.query) if _NAMES.search(name))


def _in_json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _is_secret(value: str) -> bool:
    is_long = len(value) >= 20 or (len(value) >= 8 and any(sign.isdigit() for sign in value))
    return is_long and not (value.startswith("/") and Path(value).exists())
