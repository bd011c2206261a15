"""Exceptions of the openai package and of the library below it, mapped in one place to what is done about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import httpx2
import openai

from p2c.errors import ModelError
from p2c.model.settings import ModelSettings
from p2c.model.statuses import Said, read_status, read_too_long
from p2c.model.trouble import Transient, address_advice
from p2c.model.unreachable import read_connection
from p2c.model.words import NO_PLACE, words_of

FAILURES = (openai.OpenAIError, httpx2.RequestError, httpx2.StreamError, OSError)
"""What a request can end with. The package wraps most of it; a body that breaks off while it is read comes bare."""


def read_failure(error: Exception, settings: ModelSettings) -> Exception:
    """What a failure means: Transient, Refused, or a ModelError that says what to try next."""
    if not isinstance(error, openai.APIStatusError):
        return read_connection(error, settings)
    text = error.response.text
    words, code = words_of(_body(error.body, text), text, settings)
    if error.response.history:  # most redirects turn a POST into a GET, which is refused in other words
        words = f"{words}, after a redirect to {replace(settings, base_url=str(error.response.url)).endpoint()}"
    return read_status(Said(error.status_code, words, code, error.response.headers), settings)


def read_sent_error(error: object, settings: ModelSettings) -> Exception:
    """What an error means that came as JSON with status 200, alone or in the middle of a stream."""
    words, code = words_of({"error": error}, str(error), settings)
    status = error.get("code") or error.get("status") if isinstance(error, Mapping) else None
    if isinstance(status, str) and status.isdecimal():
        status = int(status)
    if isinstance(status, int) and 400 <= status < 500:
        return read_status(Said(status, words, code), settings)
    if NO_PLACE.search(words):
        return ModelError(f"{settings.endpoint()} has no chat completions ({words}); {address_advice(settings)}")
    too_long = read_too_long(Said(500, words, code))
    if too_long is not None:
        return too_long
    return Transient(f"{settings.endpoint()} broke off with an error: {words}")


def _body(body: object, text: str) -> object:
    """The body as parsed; the package hands over what it could not parse as text."""
    if isinstance(body, Mapping):
        return body
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return body
