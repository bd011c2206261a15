"""Bytes of a reply to JSON objects: an event stream, or one whole object, whatever the headers call it.

Event streams are read as the HTML standard has them (section 9.2.6), with the violations that endpoints are known for:
no blank line between events, no blank behind the colon, an error as a bare line of JSON or in a field of that name
(older llama.cpp), bytes that are no UTF-8.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_BYTES = 64 * 2**20
"""Of one line, and of a body that is no stream. Endless lines are no answer."""
DONE: Mapping[str, Any] = {}
"""Yielded, by identity, where the stream says that it is complete."""
_FIELD = re.compile(r"(data|event|id|retry|error)?:[ ]?(.*)", re.DOTALL)
Json = Mapping[str, Any]


class NotAnAnswer(Exception):
    """Status 200, but no chat completion. `is_page`: text that is no JSON at all, an HTML page for example."""

    def __init__(self, what: str, *, is_page: bool = False) -> None:
        super().__init__(what)
        self.is_page = is_page


def read_objects(pieces: Iterable[bytes]) -> Iterator[Json]:
    """The JSON objects in a reply, as they come; `DONE` at the end of a stream that says so.

    Args:
        pieces: the body, decompressed, in pieces of any size.

    Raises:
        NotAnAnswer: the body, or a piece of its stream, is no JSON object.
    """
    events = _Events()
    for line in _lines(pieces):
        for found in events.take(line):
            yield found
            if found is DONE:
                return
    yield from events.rest()


@dataclass
class _Events:
    """Lines to objects. `data`: of the event that is being read; `other`: lines before the first event."""

    event: str = ""
    data: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    seen: bool = False

    def take(self, line: str) -> Iterator[Json]:
        """What is complete with this line."""
        found = _FIELD.fullmatch(line)
        if not line.strip():
            yield from self._ended()
        elif found is None:
            yield from self._stray(line)
        elif found[1] == "event":
            self.event = found[2].strip()
        elif found[1] == "error":
            self.seen = True
            yield _parsed(found[2], "error")
        elif found[1] == "data":
            self.seen = True
            yield from self._data(found[2])

    def rest(self) -> Iterator[Json]:
        """What is left when no line is: an event without a blank line behind it, or a body that was no stream."""
        yield from self._ended()
        if self.other and not self.seen:
            yield _whole("\n".join(self.other))

    def _data(self, text: str) -> Iterator[Json]:
        if text.strip() == "[DONE]":
            yield from self._ended()
            yield DONE
            return
        whole = None if self.data else _tried(text)
        if whole is not None:
            yield _named(whole, self.event)
        elif self.data or text.strip():
            _hold(self.data, text)

    def _ended(self) -> Iterator[Json]:
        data, event = self.data, self.event
        self.data, self.event = [], ""
        if data:
            yield _parsed("\n".join(data), event)

    def _stray(self, line: str) -> Iterator[Json]:
        if not self.seen:
            _hold(self.other, line)
        elif line.startswith("{"):
            yield from _bare_error(line)


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Lines without their ends, the last one too if it has none; a byte order mark before the first is none of it."""
    held, mark = bytearray(), "\ufeff"
    for piece in pieces:
        *ended, rest = piece.split(b"\n")
        for part in ended:
            held += part
            yield held.decode("utf-8", "replace").removesuffix("\r").removeprefix(mark)
            held.clear()
            mark = ""
        held += rest
        if len(held) > MOST_BYTES:
            raise NotAnAnswer(f"sent {len(held)} bytes without a line break")
    if held:
        yield held.decode("utf-8", "replace").removesuffix("\r").removeprefix(mark)


def _hold(held: list[str], line: str) -> None:
    held.append(line)
    if len(held) % 1000 == 0 and sum(map(len, held)) > MOST_BYTES:
        raise NotAnAnswer(f"sent more than {MOST_BYTES} characters that are no events")


def _tried(text: str) -> Json | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, Mapping) else {}


def _parsed(text: str, event: str) -> Json:
    value = _tried(text)
    if value is not None:
        return _named(value, event)
    if event == "error":
        return {"error": {"message": text}}
    raise NotAnAnswer(f"sent a broken piece of JSON ({text[:80]!r})")


def _named(value: Json, event: str) -> Json:
    return {"error": value} if event == "error" and "error" not in value else value


def _bare_error(line: str) -> Iterator[Json]:
    value = _tried(line)
    if value and value.get("error"):
        yield value


def _whole(text: str) -> Json:
    """The body of an endpoint that does not stream; Gemini's wraps its errors in a list."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        begins = " ".join(text[:2000].split())[:80]
        raise NotAnAnswer(f"answered with a page instead of a completion ({begins!r})", is_page=True) from None
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, Mapping) and (first.get("choices") or first.get("error")):
        return first
    raise NotAnAnswer(f"answered without a completion: {text[:200]}")
