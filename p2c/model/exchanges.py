"""Every exchange with the model, appended to the run folder: no finished call is ever paid for twice."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from p2c.model.beginnings import Beginnings
from p2c.model.schema import Schema
from p2c.model.types import Message
from p2c.run.lines import JsonLines
from p2c.types import Usage, Value


class Exchange(Value):
    """One question and its answer."""

    key: str
    """Of `exchange_key`."""
    step: str
    model: str
    messages: tuple[Message, ...]
    """For people: a long beginning that an earlier exchange has as well is one line (`beginnings.py`)."""
    reply: str | None
    """None when the call was paid for but brought no usable answer."""
    usage: Usage
    seconds: float
    recorded: bool = False
    """Whether it came from a recording instead of an endpoint."""
    partial: str | None = None
    """The answer so far, when it was cut off at the limit: a later exchange of the same key has all of it. Empty: there
    is no use in going on from what there was."""


def exchange_key(model: str, messages: Sequence[Message], schema: Schema | None = None) -> str:
    """SHA-256 (hex) over what decides an answer: the model's name, the messages, the schema asked for."""
    said = [[message.role, message.content, *(image.digest for image in message.images)] for message in messages]
    text = json.dumps([model, said, schema], ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def read_exchanges(path: Path) -> Iterator[Exchange]:
    """The exchanges in a file, in order; lines torn by a killed process are passed over."""
    for entry in JsonLines(path).read():
        try:
            yield Exchange.model_validate(entry)
        except ValidationError:
            continue


class Exchanges:
    """A run's exchanges: those of earlier processes are served again, new ones are appended.

    The k-th identical question within one process gets the k-th recorded answer. Safe for several threads.

    Args:
        path: of the file.
        priced: an exchange of an earlier process with its cost, where that was not known then and is now.
    """

    def __init__(self, path: Path, priced: Callable[[Exchange], Exchange] = lambda exchange: exchange) -> None:
        self._lines = JsonLines(path)
        self._lock = threading.Lock()
        self._by_key: dict[str, list[Exchange]] = {}
        self._served: dict[str, int] = {}
        self._usage: dict[str, Usage] = {}
        self._begun: dict[str, str] = {}
        self._all: list[Exchange] = []
        self._beginnings = Beginnings()
        for exchange in read_exchanges(path):
            self._remember(priced(exchange))

    def take(self, key: str) -> Exchange | None:
        """The next recorded exchange for `key` that was not served yet, or None."""
        with self._lock:
            served, known = self._served.get(key, 0), self._by_key.get(key, [])
            if served >= len(known):
                return None
            self._served[key] = served + 1
            return known[served]

    def begun(self, key: str) -> str:
        """The beginning of an answer whose rest never came; empty when there is none."""
        with self._lock:
            return self._begun.get(key, "")

    def append(self, exchange: Exchange) -> None:
        """Append a new exchange; on the disk when this returns. Raises RunFolderError when it cannot be written."""
        with self._lock:
            short = exchange.model_copy(update={"messages": self._beginnings.shortened(exchange.messages)})
        self._lines.append(short.model_dump(mode="json"))
        with self._lock:
            self._beginnings.add(exchange.key, exchange.messages)
            self._remember(short)
            if exchange.reply is not None:
                self._served[exchange.key] = self._served.get(exchange.key, 0) + 1

    def all(self) -> tuple[Exchange, ...]:
        """Every exchange so far, in order."""
        with self._lock:
            return tuple(self._all)

    def usage(self) -> dict[str, Usage]:
        """Tokens and cost by step, of earlier processes too."""
        with self._lock:
            return dict(self._usage)

    def _remember(self, exchange: Exchange) -> None:
        self._all.append(exchange)
        self._usage[exchange.step] = self._usage.get(exchange.step, Usage()) + exchange.usage
        if exchange.partial is not None:
            self._begun[exchange.key] = exchange.partial
        if exchange.reply is not None:
            self._begun.pop(exchange.key, None)
            self._by_key.setdefault(exchange.key, []).append(exchange)
