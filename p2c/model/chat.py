"""The model that everything above talks to: exchanges first, then the source; every call in the journal."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from p2c.errors import P2cError
from p2c.model.asking import ask_for_value
from p2c.model.exchanges import Exchange, Exchanges, exchange_key
from p2c.model.schema import Schema, schema_of
from p2c.model.source import Call, Request, Source
from p2c.model.text import clean
from p2c.model.types import Answer, Message, Reply
from p2c.run.journal import Journal
from p2c.run.secrets import hidden
from p2c.types import Usage


class ChatModel:
    """Implements `Model` over a source of answers. Safe for several threads.

    An answer that this run has already been given (`exchanges.jsonl`) is never asked for again.
    """

    def __init__(self, source: Source, exchanges: Exchanges, journal: Journal, concurrency: int) -> None:
        self._source = source
        self._exchanges = exchanges
        self._journal = journal
        self._slots = threading.BoundedSemaphore(max(1, concurrency))
        self._by_format = False
        """Whether structured answers are asked for with `response_format` at once: it is what helped before."""

    def ask(self, step: str, messages: Sequence[Message]) -> Reply:
        """See `Model.ask`."""
        return self._ask(step, messages, None, "")

    def ask_for(self, step: str, messages: Sequence[Message], answer: type[Answer]) -> Answer:
        """See `Model.ask_for`."""
        schema = schema_of(answer)
        by_format, asked_again = self._by_format, False

        def ask(said: Sequence[Message], *, again: bool) -> Reply:
            nonlocal asked_again
            asked_again = again
            return self._ask(step, said, schema, answer.__name__, by_format=by_format or again)

        def refused(reason: str) -> None:
            self._journal.emit("answer_refused", step=step, reason=reason)

        value = ask_for_value(ask, step, messages, answer, refused)
        if asked_again:
            self._by_format = True
        return value

    def usage(self) -> dict[str, Usage]:
        """See `Model.usage`; what earlier processes of this run paid is included."""
        return self._exchanges.usage()

    def close(self) -> None:
        """Let go of connections; calls that wait to be made again end with ModelError."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(
        self, step: str, messages: Sequence[Message], schema: Schema | None, name: str, *, by_format: bool = True
    ) -> Reply:
        said = tuple(message.model_copy(update={"content": clean(message.content)}) for message in messages)
        request = Request(exchange_key(self._source.model, said, schema), step, said, schema, name, by_format)
        known, tokens = self._exchanges.take(request.key), request.prompt_tokens()
        if known is not None and known.reply is not None:
            self._journal.emit("call_started", step=step, prompt_tokens=tokens)
            self._finished(step, 0.0, known.usage, recorded=True)
            return Reply(text=known.reply, model=known.model, usage=known.usage, seconds=known.seconds, recorded=True)
        begun = self._exchanges.begun(request.key)
        call = Call(step, self._journal, begun, lambda text: self._record(request, call, None, hidden(text)), tokens)
        try:
            with self._slots:
                text = hidden(self._source.complete(request, call))
        except (P2cError, KeyboardInterrupt) as error:
            self._failed(request, call, error)
            raise
        self._record(request, call, text)
        recorded = self._source.recorded
        self._finished(step, call.seconds, call.usage, recorded=recorded)
        return Reply(text=text, model=self._source.model, usage=call.usage, seconds=call.seconds, recorded=recorded)

    def _record(self, request: Request, call: Call, text: str | None, partial: str | None = None) -> None:
        exchange = Exchange(
            key=request.key,
            step=request.step,
            model=self._source.model,
            messages=tuple(_without_data(message) for message in request.messages),
            reply=text,
            usage=call.settle(),
            seconds=call.seconds,
            recorded=self._source.recorded,
            partial=partial,
        )
        self._exchanges.append(exchange)

    def _finished(self, step: str, seconds: float, usage: Usage, *, recorded: bool) -> None:
        self._journal.emit("call_finished", step=step, seconds=seconds, usage=usage.model_dump(), recorded=recorded)

    def _failed(self, request: Request, call: Call, error: BaseException) -> None:
        """What a failed call did cost counts, in this process and the next."""
        if not call.is_settled:
            self._record(request, call, None)
        call.under_way()
        reason = str(error) or type(error).__name__
        paid = call.usage.model_dump()
        self._journal.emit("call_failed", step=request.step, seconds=call.seconds, reason=reason, usage=paid)


def _without_data(message: Message) -> Message:
    """The message as it is recorded: pictures, which are files of the run folder, by their digests."""
    if not message.images:
        return message
    return message.model_copy(update={"images": tuple(i.model_copy(update={"data": ""}) for i in message.images)})
