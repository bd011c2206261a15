"""A stub endpoint on loopback whose behaviour is scripted, and a model that talks to it over real HTTP."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import struct
import subprocess
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
from p2c.model.dialect import Dialects
from p2c.model.exchanges import Exchanges
from p2c.model.http import HttpSource
from p2c.model.prices import Prices
from p2c.run.journal import Journal

KEY = "sk-secret-0123456789"
COUNT = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
Body = dict[str, Any]
Act = Callable[["Exchange"], None]


@dataclass
class Exchange:
    """One request at the stub, with what it can do to the client."""

    handler: BaseHTTPRequestHandler
    body: Body
    over: threading.Event
    read: threading.Event
    """Whether the client has read the first piece of an answer (where the test uses `when_begun`)."""

    def says(self, text: str, finish: str = "stop", usage: Body | None = None) -> None:
        """A proper streamed answer."""
        self.begin()
        for start in range(0, len(text), 7):
            self.text(text[start : start + 7])
        self.end(finish, usage or COUNT)

    def fails(self, status: int, message: str = "no", headers: dict[str, str] | None = None, **error: object) -> None:
        """An error in OpenAI's form."""
        self.status(status, {"error": {"message": message, **error}}, headers)

    def status(self, status: int, body: Body | str | bytes, headers: dict[str, str] | None = None) -> None:
        """A whole response: JSON, or a page."""
        data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.handler.send_response(status)
        kind = "text/html" if isinstance(body, str) else "application/json"
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.handler.send_header(name, value)
        self.handler.end_headers()
        self.handler.wfile.write(data)

    def begin(self, **headers: str) -> None:
        """The headers of a stream."""
        self.handler.send_response(200)
        for name, value in {"Content-Type": "text/event-stream", "Connection": "close", **headers}.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.close_connection = True

    def raw(self, data: bytes) -> None:
        """Bytes as they are."""
        self.handler.wfile.write(data)
        self.handler.wfile.flush()

    def chunk(self, chunk: Body | str) -> None:
        """One event of a stream."""
        data = chunk if isinstance(chunk, str) else json.dumps({"id": "c", "object": "chat.completion.chunk"} | chunk)
        self.raw(b"data: " + data.encode() + b"\n\n")

    def text(self, text: str | None, finish: str | None = None, **delta: object) -> None:
        """A piece of the answer."""
        self.chunk({"choices": [{"index": 0, "delta": {"content": text, **delta}, "finish_reason": finish}]})

    def end(self, finish: str = "stop", usage: Body | None = None) -> None:
        """The end of a stream."""
        self.text(None, finish)
        if usage is not None:
            self.chunk({"choices": [], "usage": usage})
        self.chunk("[DONE]")

    def silence(self) -> None:
        """Send nothing until the test is over."""
        self.over.wait(60)

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

    script: list[Act] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    most_at_once: int = 0
    port: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    read: threading.Event = field(default_factory=threading.Event)
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None
    _thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def does(self, *acts: Act) -> None:
        self.script[:] = acts

    @staticmethod
    def says(text: str, finish: str = "stop", usage: Body | None = None) -> Act:
        """See `Exchange.says`."""
        return lambda exchange: exchange.says(text, finish, usage)

    @staticmethod
    def fails(status: int, message: str = "no", headers: dict[str, str] | None = None, **error: object) -> Act:
        """See `Exchange.fails`."""
        return lambda exchange: exchange.fails(status, message, headers, **error)

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        with self._lock:
            self.bodies.append(body)
            self.paths.append(handler.path)
            self.keys.append(handler.headers["Authorization"])
            self.times.append(time.monotonic())
            act = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            act(Exchange(handler, body, self.over, self.read))
        finally:
            with self._lock:
                self._now -= 1

    def start(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen, on the port of the last time if there was one."""
        self._server = _Server(("127.0.0.1", self.port), _handler(self))
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        """Be gone: connections are refused from now on."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass

    def shutdown_request(self, request: Any) -> None:
        with suppress(OSError):
            super().shutdown_request(request)


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            try:
                stub.serve(self)
            except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

        def finish(self) -> None:
            with suppress(OSError, ValueError):
                super().finish()

    return Handler


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    monkeypatch.setattr("p2c.model.http._DIALECTS", Dialects())  # ports are used again
    stub = Stub()
    stub.start()
    yield stub
    stub.over.set()
    stub.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody knows, with its key, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    key, made = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)],
        check=True, capture_output=True,
    )  # fmt: skip
    made.write_bytes(made.read_bytes() + key.read_bytes())
    return made


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """What a server needs to speak TLS with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


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
