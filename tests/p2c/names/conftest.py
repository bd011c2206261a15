"""The Hub's API on loopback, as far as names are looked up in it."""

from __future__ import annotations

import builtins
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest


@dataclass
class FakeHub:
    """Repositories by kind (`models`, `datasets`): id -> downloads. `renamed`: old id -> the id that it has now."""

    url: str = ""
    models: dict[str, int] = field(default_factory=dict)
    datasets: dict[str, int] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    status: int = 0
    """Answered to everything, where it is set."""
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with `status`."""
    page: str = ""
    """Sent with status 200 in place of JSON, where it is set."""
    missing: int = 404
    """The status for an id that nobody has; the Hub says 401 to those who send no token."""
    asked: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)

    def answer(self, target: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body for a request."""
        self.asked.append(unquote(target))
        parts = urlsplit(target)
        kind, _, name = unquote(parts.path).removeprefix("/api/").partition("/")
        known: dict[str, int] = getattr(self, kind, {})
        if self.status:
            return self.status, self.headers, {"error": "no"}
        if self.page:
            return 200, {"Content-Type": "text/html"}, self.page
        if name in self.renamed:
            return 307, {"Location": f"/api/{kind}/{self.renamed[name]}"}, {}
        if name and name not in known:
            headers = {"X-Error-Code": "RepoNotFound"} if self.missing == 404 else {}
            return self.missing, {**headers, "X-Error-Message": "Repository not found"}, {"error": "none"}
        if name:
            return 200, {}, _entry(name, known[name])
        query = parse_qs(parts.query)
        wanted = query["search"][0].lower()
        hits = sorted((n for n in known if wanted in n.lower()), key=lambda n: -known[n])
        return 200, {}, [_entry(n, known[n]) for n in hits[: int(query["limit"][0])]]


def _entry(name: str, downloads: int) -> dict[str, Any]:
    likes = downloads // 100
    return {"_id": "0" * 24, "id": name, "downloads": downloads, "likes": likes, "tags": [], "private": False}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    state = FakeHub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            state.authorizations.append(self.headers.get("Authorization"))
            status, headers, body = state.answer(self.path)
            data = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            sent = {"Content-Type": "application/json", **headers, "Content-Length": str(len(data))}
            for name, value in sent.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):  # a client that gives up resets its connection
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HF_ENDPOINT", state.url)
    monkeypatch.setenv("HF_TOKEN", "hf_secret0123456789")
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


CONFIG = """\
# what runs
model:
  name: bert-base-uncased  # Section 4
  hidden: 768
  optimizer:
    name: adam
tokenizer: 'google-bert/bert-base-uncased'
data:
  train_dataset: SQuAD   # Table 1
  dataset_path: data/squad
  files: [train.csv]
smoke:
  data: {train_dataset: synthetic}
"""


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """`huggingface_hub` is not installed."""
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "huggingface_hub":
            raise ImportError(name)
        return real(name, *rest, **more)

    for name in [name for name in sys.modules if name.partition(".")[0] == "huggingface_hub"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)


@pytest.fixture
def config() -> str:
    """A configuration with three names that could be on the Hub."""
    return CONFIG


@pytest.fixture
def full_hub(hub: FakeHub) -> FakeHub:
    """A Hub that knows them."""
    hub.models = {"google-bert/bert-base-uncased": 50_000, "someone/bert-base-uncased-x": 40}
    hub.renamed = {"bert-base-uncased": "google-bert/bert-base-uncased"}
    hub.datasets = {"rajpurkar/squad": 9_000, "copycat/SQuAD": 90, "rajpurkar/squad_v2": 8_000}
    return hub
