"""A stub of a model endpoint: OpenAI's chat completions over real HTTP on loopback, with a pace and a prefix cache.

It counts what it is sent, streams where it is asked to, and takes its answers from a function. The schema of a
structured answer counts as prompt and stands before the first message, as OpenAI documents ("Prompt caching": the
schema "serves as a prefix to the system message"). A prompt's beginning is in the cache once its call has got its
first token.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any, Self

from benchmarks.prefix_cache import CHARACTERS_PER_TOKEN, PrefixCache, tokens

PIECE_SECONDS = 0.05
"""A piece of a stream comes so often, after a first one of one token."""

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Pace:
    """How fast the endpoint is: seconds, tokens a second."""

    latency: float = 0.2
    prompt: float = 20_000.0
    """Of prompt tokens that are not in the cache."""
    reply: float = 400.0


@dataclass(frozen=True)
class Answered:
    """An answer, and what was asked, for the tables."""

    label: str
    text: str


@dataclass(frozen=True)
class Served:
    """One call as the endpoint counted it; times on the monotonic clock."""

    label: str
    prompt: int
    cached: int
    reply: int
    began: float
    ended: float


class Unasked(ValueError):
    """Nobody has an answer to this prompt; the message says what was found in it."""


class Endpoint:
    """Serves while its context lasts.

    Args:
        answer: the reply to a request's body. Raises Unasked, which the client gets as status 400.
        pace: how fast it answers.
    """

    def __init__(self, answer: Callable[[Body], Answered], pace: Pace | None = None) -> None:
        self._answer = answer
        self._pace = pace or Pace()
        self._cache = PrefixCache()
        self._lock = threading.Lock()
        self._served: list[Served] = []
        self._unasked: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        """For OPENAI_BASE_URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def served(self) -> tuple[Served, ...]:
        """Every call that was answered to its end, in that order."""
        with self._lock:
            return tuple(self._served)

    @property
    def unasked(self) -> tuple[str, ...]:
        """What nobody had an answer to."""
        with self._lock:
            return tuple(self._unasked)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, exchange: _Exchange, body: Body) -> None:
        """Answer one request, taking the time that it takes."""
        began = time.monotonic()
        prompt = prompt_of(body)
        try:
            found = self._answer(body)
        except Unasked as error:
            with self._lock:
                self._unasked.append(str(error))
            exchange.refuse(str(error))
            return
        text, finish = _within_limit(found.text, body)
        cached = self._cache.served(prompt)
        first = began + self._pace.latency + (tokens(prompt) - cached) / self._pace.prompt
        _sleep_until(first)
        self._cache.keep(prompt)
        usage = _usage(tokens(prompt), cached, tokens(text))
        if body.get("stream"):
            wants_usage = bool((body.get("stream_options") or {}).get("include_usage"))
            exchange.stream(text, finish, usage if wants_usage else None, first, self._pace.reply)
        else:
            _sleep_until(first + tokens(text) / self._pace.reply)
            exchange.whole(text, finish, usage)
        served = Served(found.label, tokens(prompt), cached, tokens(text), began, time.monotonic())
        with self._lock:
            self._served.append(served)


def prompt_of(body: Body) -> str:
    """All that the model reads, in the order in which the endpoint reads it."""
    schema = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema")
    head = json.dumps(schema) if schema else ""
    return head + "".join(f"<|{message['role']}|>{_content(message['content'])}" for message in body["messages"])


def _content(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text") or "") for part in parts if isinstance(part, dict))


def _within_limit(text: str, body: Body) -> tuple[str, str]:
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    if limit is None or tokens(text) <= limit:
        return text, "stop"
    return text[: limit * CHARACTERS_PER_TOKEN], "length"


def _usage(prompt: int, cached: int, reply: int) -> Body:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": reply,
        "total_tokens": prompt + reply,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


def _sleep_until(moment: float) -> None:
    """Until a time of the monotonic clock; what was late before is made up for, so that a pace holds on average."""
    time.sleep(max(0.0, moment - time.monotonic()))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


class _Exchange:
    """One request at the wire."""

    def __init__(self, handler: BaseHTTPRequestHandler, model: str) -> None:
        self._handler = handler
        self._model = model

    def refuse(self, reason: str) -> None:
        """Status 400."""
        self._send(400, {"error": {"message": reason, "type": "invalid_request_error", "code": None, "param": None}})

    def whole(self, text: str, finish: str, usage: Body) -> None:
        """The answer as one object."""
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
        self._send(200, {**self._frame("chat.completion"), "choices": [choice], "usage": usage})

    def stream(self, text: str, finish: str, usage: Body | None, first: float, pace: float) -> None:
        """The answer in pieces, from the moment `first` on, `pace` tokens a second."""
        self._handler.send_response(200)
        self._handler.send_header("Content-Type", "text/event-stream")
        self._handler.send_header("Connection", "close")
        self._handler.end_headers()
        self._handler.close_connection = True
        size = max(1, round(pace * PIECE_SECONDS)) * CHARACTERS_PER_TOKEN
        ends = [*range(CHARACTERS_PER_TOKEN, len(text), size), len(text)]
        for start, end in pairwise([0, *ends]):
            _sleep_until(first + tokens(text[:end]) / pace)
            self._event({"choices": [{"index": 0, "delta": {"content": text[start:end]}, "finish_reason": None}]})
        self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        if usage is not None:
            self._event({"choices": [], "usage": usage})
        self._handler.wfile.write(b"data: [DONE]\n\n")

    def _event(self, event: Body) -> None:
        data = json.dumps({**self._frame("chat.completion.chunk"), **event})
        self._handler.wfile.write(f"data: {data}\n\n".encode())
        self._handler.wfile.flush()

    def _frame(self, kind: str) -> Body:
        return {"id": "stub", "object": kind, "created": 0, "model": self._model}

    def _send(self, status: int, answer: Body) -> None:
        data = json.dumps(answer).encode()
        self._handler.send_response(status)
        self._handler.send_header("Content-Type", "application/json")
        self._handler.send_header("Content-Length", str(len(data)))
        self._handler.end_headers()
        self._handler.wfile.write(data)


def _handler(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with suppress(BrokenPipeError, ConnectionResetError):  # the client has gone; nobody waits for an answer
                endpoint.serve(_Exchange(self, str(body.get("model", ""))), body)

        def log_message(self, *_: object) -> None:
            """Nothing: every call is counted instead."""

    return Handler
