"""Calls that are made again, seen from the transport alone: no engine is needed."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter

from sandbox.engine import transport
from sandbox.engine.transport import Persistent, Trouble

CREATE = "http://engine/v1.41/containers/create"


class Away(BaseAdapter):
    """An engine that does not listen to the first `calls` calls."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.left = calls
        self.heard: list[str | None] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        if self.left:
            self.left -= 1
            raise requests.exceptions.ConnectionError(ConnectionRefusedError(111, "refused"))
        self.heard.append(request.method)
        answer = requests.Response()
        answer.status_code = 201 if request.method == "POST" else 404
        answer._content = b"{}"
        return answer

    def close(self) -> None:
        """There is nothing to close."""


def test_a_container_is_made_when_the_engine_listens_again_however_often_it_did_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "AWAY_PAUSE", 0.0)
    engine = Away(calls=7)
    with requests.Session() as session:
        session.mount("http://", Persistent(engine, Trouble()))
        assert session.post(CREATE, data="{}").status_code == 201
    assert engine.heard[-1] == "POST"


class Failing(BaseAdapter):
    """An engine that makes every container, and says `status` all the same."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status
        self.there: set[str] = set()

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        answer = requests.Response()
        answer._content = b"said the stub"
        parts = urlsplit(request.url or "")
        if request.method == "POST":
            self.there.add(parse_qs(parts.query)["name"][0])
            answer.status_code = self.status
        else:
            name = parts.path.rpartition("/")[2]
            answer.status_code = 204 if name in self.there else 404
            self.there.discard(name)
        return answer

    def close(self) -> None:
        """There is nothing to close."""


@pytest.mark.parametrize(("status", "left"), [(500, 0), (503, 0), (409, 1)])
def test_what_an_engine_made_and_says_that_it_did_not_is_taken_back_but_not_what_it_says_is_there(
    monkeypatch: pytest.MonkeyPatch, status: int, left: int
) -> None:
    monkeypatch.setattr(transport, "PAUSES", (0.0, 0.0))
    engine = Failing(status)
    with requests.Session() as session:
        session.mount("http://", Persistent(engine, Trouble()))
        answer = session.post(CREATE, data="{}")
    assert (answer.status_code, answer.text) == (status, "said the stub")
    assert len(engine.there) == left


def test_an_engine_that_stays_away_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "AWAY_PAUSE", 0.0)
    monkeypatch.setattr(transport, "AWAY_SECONDS", 0.05)
    with requests.Session() as session:
        session.mount("http://", Persistent(Away(calls=10**9), Trouble()))
        with pytest.raises(requests.exceptions.ConnectionError):
            session.post(CREATE, data="{}")
