"""A stub endpoint on loopback whose behaviour is scripted, and a model that talks to it over real HTTP."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from p2c.model import ModelSettings
from p2c.model.budget import Budget
from p2c.model.chat import ChatModel
from p2c.model.exchanges import Exchanges
from p2c.model.http import HttpSource
from p2c.model.prices import Prices
from p2c.run.journal import Journal

KEY = "sk-secret-0123456789"
Body = dict[str, Any]
Act = Callable[["Exchange"], None]


@dataclass
class Exchange:
    """One request at the stub, with what it can do to the client."""

    handler: BaseHTTPRequestHandler
    body: Body

    def status(self, status: int, body: Body | str, headers: dict[str, str] | None = None) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.handler.send_response(status)
        kind = "text/html" if isinstance(body, str) else "application/json"
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.handler.send_header(name, value)
        self.handler.end_headers()
        self.handler.wfile.write(data)

    def begin(self) -> None:
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", "text/event-stream")
        self.handler.send_header("Connection", "close")
        self.handler.end_headers()
        self.handler.close_connection = True

    def chunk(self, chunk: Body | str) -> None:
        data = chunk if isinstance(chunk, str) else json.dumps({"id": "c", "object": "chat.completion.chunk"} | chunk)
        self.handler.wfile.write(b"data: " + data.encode() + b"\n\n")
        self.handler.wfile.flush()

    def text(self, text: str | None, finish: str | None = None, **delta: object) -> None:
        self.chunk({"choices": [{"index": 0, "delta": {"content": text, **delta}, "finish_reason": finish}]})

    def end(self, finish: str = "stop", usage: Body | None = None) -> None:
        self.text(None, finish)
        if usage is not None:
            self.chunk({"choices": [], "usage": usage})
        self.chunk("[DONE]")

    def reset(self) -> None:
        """Drop the connection with a TCP reset."""
        connection = self.handler.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.handler.wfile.flush()
        connection.shutdown(socket.SHUT_RD)
        self.handler.close_connection = True
        connection.close()


@dataclass
class Stub:
    """The endpoint: `script` is done one by one, its last act again and again."""

    url: str = ""
    script: list[Act] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    most_at_once: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def does(self, *acts: Act) -> None:
        self.script[:] = acts

    @staticmethod
    def says(text: str, finish: str = "stop", usage: Body | None = None) -> Act:
        """A proper streamed answer."""

        def act(exchange: Exchange) -> None:
            exchange.begin()
            for start in range(0, len(text), 7):
                exchange.text(text[start : start + 7])
            exchange.end(finish, usage or {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110})

        return act

    @staticmethod
    def fails(status: int, message: str = "no", headers: dict[str, str] | None = None, **error: object) -> Act:
        """An error in OpenAI's form."""
        return lambda exchange: exchange.status(status, {"error": {"message": message, **error}}, headers)

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        with self._lock:
            self.bodies.append(body)
            self.times.append(time.monotonic())
            act = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            act(Exchange(handler, body))
        finally:
            with self._lock:
                self._now -= 1


@pytest.fixture
def stub() -> Iterator[Stub]:
    state = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            try:
                state.serve(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

        def finish(self) -> None:
            with suppress(OSError, ValueError):
                super().finish()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass

        def shutdown_request(self, request: Any) -> None:
            with suppress(OSError):
                super().shutdown_request(request)

    server = Server(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def events() -> list[dict[str, object]]:
    return []


Open = Callable[..., ChatModel]


@pytest.fixture
def open_stub(stub: Stub, tmp_path: Path, events: list[dict[str, object]]) -> Iterator[Open]:
    """Opens a model at the stub, with short waits; keyword arguments are settings."""
    opened: list[ChatModel] = []

    def open_it(**changes: Any) -> ChatModel:
        defaults: dict[str, Any] = {
            "base_url": stub.url, "api_key": KEY, "model": "some-model",
            "timeout": 5.0, "stall_seconds": 5.0, "tries": 4,
        }  # fmt: skip
        settings = ModelSettings(**{**defaults, **changes})
        exchanges = Exchanges(tmp_path / "exchanges.jsonl")
        spent = sum(usage.cost_usd or 0.0 for usage in exchanges.usage().values())
        source = HttpSource(settings, Budget(settings.max_cost_usd, spent), Prices(settings), backoff_seconds=0.01)
        model = ChatModel(
            source, exchanges, Journal(tmp_path / "journal.jsonl", (events.append,)), settings.concurrency
        )
        opened.append(model)
        return model

    yield open_it
    for model in opened:
        model.close()
