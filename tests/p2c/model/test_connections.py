"""Connections that break, stall or cannot be made; what had come whole by then is not lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from p2c.errors import ModelError
from p2c.model.types import Message

SAID = [Message(role="user", content="write it")]
Open = Callable[..., Any]


def all_but_the_end(exchange: Any) -> None:
    exchange.begin()
    exchange.text("the whole ")
    exchange.text("answer", "stop")


def test_an_answer_whose_end_was_seen_survives_a_reset(stub: Any, open_stub: Open, monkeypatch: Any) -> None:
    seen = threading.Event()
    monkeypatch.setattr("p2c.model.watch.Watch.ending", lambda _: seen.set())

    def reset_behind(exchange: Any) -> None:
        all_but_the_end(exchange)
        seen.wait(20)
        exchange.reset()

    stub.does(reset_behind)
    reply = open_stub().ask("s", SAID)
    assert (reply.text, reply.usage.calls, len(stub.bodies)) == ("the whole answer", 1, 1)


def test_an_answer_whose_end_was_seen_is_taken_though_the_connection_stays_open(
    stub: Any, open_stub: Open, monkeypatch: Any
) -> None:
    monkeypatch.setattr("p2c.model.watch.ENDING_SECONDS", 0.2)

    def lingers(exchange: Any) -> None:
        all_but_the_end(exchange)
        exchange.silence()

    stub.does(lingers)
    started = time.monotonic()
    assert open_stub(stall_seconds=30.0, timeout=30.0).ask("s", SAID).text == "the whole answer"
    assert time.monotonic() - started < 20
    assert len(stub.bodies) == 1


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": 1, "completion_tokens": 1}])
def test_a_stream_that_ends_early_without_a_word_is_not_an_answer(
    stub: Any, open_stub: Open, events: Any, usage: Any
) -> None:
    def early(exchange: Any) -> None:
        exchange.begin()
        exchange.chunk({"choices": [{"index": 0, "delta": {"content": "def f(:"}}], "usage": usage})

    stub.does(early, stub.says("done"))
    assert open_stub().ask("s", SAID).text == "done"
    assert "before the answer was complete" in str(events[1]["reason"])


def test_keep_alive_comments_do_not_hide_a_stall(stub: Any, open_stub: Open, events: Any) -> None:
    def keep_alive(exchange: Any) -> None:
        exchange.begin()
        while not exchange.over.wait(0.05):
            exchange.raw(b": PROCESSING\n\n")

    stub.does(keep_alive, stub.says("done"))
    assert open_stub(timeout=1.0).ask("s", SAID).text == "done"
    assert "stalled" in str(events[1]["reason"])


def test_a_long_call_gives_signs_of_life(stub: Any, open_stub: Open, events: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("p2c.model.watch.HEARTBEAT_SECONDS", 0.1)

    def beats() -> list[dict[str, object]]:
        return [event for event in tuple(events) if event["event"] == "call_progress"]

    def slow(exchange: Any) -> None:
        exchange.begin()
        exchange.text("12345")
        while len(beats()) < 2:
            time.sleep(0.01)
        exchange.end(usage={"prompt_tokens": 1, "completion_tokens": 1})

    stub.does(slow)
    open_stub().ask("s", SAID)
    assert beats()[-1]["characters"] == 5


def test_an_error_that_breaks_off_in_its_own_words_is_tried_again(stub: Any, open_stub: Open) -> None:
    def broken(exchange: Any) -> None:
        exchange.handler.send_response(500)
        exchange.handler.send_header("Content-Length", "1000")
        exchange.handler.end_headers()
        exchange.raw(b'{"error": {"mess')
        exchange.handler.close_connection = True

    stub.does(broken, stub.says("done"))
    assert open_stub().ask("s", SAID).text == "done"


def test_redirects_in_a_circle_are_not_tried_again(stub: Any, open_stub: Open) -> None:
    stub.does(lambda exchange: exchange.status(307, "", {"Location": exchange.handler.path}))
    with pytest.raises(ModelError, match="redirects in a circle; check OPENAI_BASE_URL"):
        open_stub().ask("s", SAID)


def test_a_redirect_that_is_no_way_is_said(stub: Any, open_stub: Open) -> None:
    stub.does(lambda exchange: exchange.status(301, "", {"Location": f"{stub.url}/elsewhere?key=hunter22"}))
    with pytest.raises(ModelError, match=rf"after a redirect to {stub.url}/elsewhere\)"):
        open_stub(tries=1).ask("s", SAID)


@pytest.fixture
def trusted_tls(tls: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a server needs to speak TLS with a certificate whose authority is in `SSL_CERT_FILE`."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return tls


def test_with_the_authority_in_ssl_cert_file_the_certificate_is_trusted(
    stub: Any, open_stub: Open, trusted_tls: Any
) -> None:
    stub.stop()
    stub.start(trusted_tls)
    stub.does(stub.says("done"))
    assert open_stub(base_url=stub.url.replace("http:", "https:")).ask("s", SAID).text == "done"


def test_a_stall_over_tls_is_cut_too(stub: Any, open_stub: Open, trusted_tls: Any, events: Any) -> None:
    def stall(exchange: Any) -> None:
        exchange.begin()
        exchange.text("half")
        exchange.silence()

    stub.stop()
    stub.start(trusted_tls)
    stub.does(stall, stub.says("done"))
    assert open_stub(base_url=stub.url.replace("http:", "https:"), stall_seconds=1.0).ask("s", SAID).text == "done"
    assert "stalled" in str(events[1]["reason"])
