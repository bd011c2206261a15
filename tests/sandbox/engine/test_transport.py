"""Calls that are made again, seen from the transport alone: no engine is needed."""

from __future__ import annotations

from typing import Any

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


def test_an_engine_that_stays_away_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "AWAY_PAUSE", 0.0)
    monkeypatch.setattr(transport, "AWAY_SECONDS", 0.05)
    with requests.Session() as session:
        session.mount("http://", Persistent(Away(calls=10**9), Trouble()))
        with pytest.raises(requests.exceptions.ConnectionError):
            session.post(CREATE, data="{}")
