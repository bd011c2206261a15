"""One request over the wire: a chat completion, streamed where the endpoint can, collected into one part."""

from __future__ import annotations

from typing import Any

import openai

from p2c.model.begun import answer_begun
from p2c.model.collect import Collector, Part, SentError
from p2c.model.failures import FAILURES, read_failure, read_sent_error
from p2c.model.redact import scrub
from p2c.model.settings import ModelSettings
from p2c.model.trouble import Refused, Transient, address_advice, stalled
from p2c.model.watch import Watch
from p2c.model.wire import DONE, NotAnAnswer, read_objects

MOST_CHARACTERS = 16 * 2**20
"""Of one part, reasoning included; a model that goes on beyond that repeats itself."""


class Interrupted(Exception):
    """A stream ended before its time. `cause` is Transient, Refused or ModelError.

    Attributes:
        characters: so many had come.
        counted: what the endpoint counted until then.
        may_cost: whether the endpoint had begun to stream: it has read the prompt then, and perhaps reasoned unseen.
    """

    def __init__(self, cause: Exception, collector: Collector, *, may_cost: bool) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.characters = collector.characters
        self.counted = collector.counted
        self.may_cost = may_cost or bool(collector.characters or collector.counted)


def request_part(client: openai.OpenAI, body: dict[str, Any], settings: ModelSettings, watch: Watch) -> Part:
    """Make one request.

    An answer is taken when its end was seen, whatever happens to the connection afterwards: it was paid for.

    Raises:
        Interrupted: it failed; `cause` says how.
    """
    collector = Collector()
    failure: Exception | None = None
    sent_error = False
    try:
        _collect(client, body, collector, watch)
    except FAILURES as error:
        failure = read_failure(error, settings)
    except SentError as error:
        failure, sent_error = read_sent_error(error.error, settings), True
    except NotAnAnswer as error:
        failure = _no_answer(error, settings)
    if collector.is_complete:
        return collector.part()
    if isinstance(failure, Refused) and collector.characters:
        failure = failure.otherwise  # it took the request, or it would not have begun to answer
    if watch.stalled_for is not None:
        failure = stalled(settings, watch.stalled_for, has_text=bool(collector.characters))
    elif isinstance(failure, Transient) and failure.is_silent and collector.characters:
        failure = stalled(settings, settings.timeout, has_text=True)
    # Raised outside the handlers: the library's exceptions hold the request, and so the key.
    may_cost = collector.is_streamed and not sent_error
    raise Interrupted(failure or _no_end(collector, settings), collector, may_cost=may_cost)


def _collect(client: openai.OpenAI, body: dict[str, Any], collector: Collector, watch: Watch) -> None:
    with client.chat.completions.with_streaming_response.create(**body) as answer:
        response = answer.http_response
        watch.began(response)
        collector.is_streamed = "event-stream" in response.headers.get("content-type", "")
        for chunk in read_objects(response.iter_bytes()):
            if chunk is DONE:
                collector.is_done = True
                return
            characters = collector.add(chunk)
            if characters and characters == collector.characters:
                answer_begun()
            watch.piece(characters)
            if collector.finish is not None:
                watch.ending()
            if collector.characters > MOST_CHARACTERS:
                raise NotAnAnswer(f"sent {collector.characters} characters without an end")


def _no_answer(error: NotAnAnswer, settings: ModelSettings) -> Transient:
    what = f"{settings.endpoint()} {scrub(str(error), settings)}"
    if error.is_page:
        advice = address_advice(settings)
        return Transient(what, tries=2, advice=f"{advice[:1].upper()}{advice[1:]},")
    return Transient(what, tries=3)


def _no_end(collector: Collector, settings: ModelSettings) -> Transient:
    if collector.finish == "error":
        return Transient(f"{settings.endpoint()} ended the answer with an error of its own")
    what = "ended the stream before the answer was complete" if collector.characters else "sent an empty answer"
    return Transient(f"{settings.endpoint()} {what}", tries=None if collector.characters else 3)
