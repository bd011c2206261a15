"""What may pass is tried again, as often and as late as makes sense, and the end is said."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest

from p2c.errors import ModelError, P2cError
from p2c.model.patience import backoff
from p2c.model.statuses import retry_after
from p2c.model.stopping import Stop, until_stopped
from p2c.model.types import Message

SAID = [Message(role="user", content="write it")]
Open = Callable[..., Any]


def names(events: list[dict[str, object]]) -> list[object]:
    return [event["event"] for event in events]


@pytest.mark.parametrize("status", [408, 409, 425, 429, 499, 500, 502, 503, 504, 529])
def test_a_passing_failure_is_tried_again(stub: Any, open_stub: Open, events: Any, status: int) -> None:
    stub.does(stub.fails(status), stub.fails(status, "still"), stub.says("done"))
    assert open_stub().ask("s", SAID).text == "done"
    assert names(events) == ["call_started", "call_retried", "call_retried", "call_finished"]
    assert str(status) in str(events[1]["reason"])


@pytest.mark.parametrize("status", [429, 503])
def test_an_hour_of_retry_after_is_not_waited_for(stub: Any, open_stub: Open, status: int) -> None:
    stub.does(stub.fails(status, headers={"Retry-After": "3600"}))
    with pytest.raises(ModelError, match=rf"s: .*{status}.*asks to wait 3600 s; run the same command again then"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1


def test_nothing_is_asked_again_or_said_to_be_once_the_run_was_interrupted(
    stub: Any, open_stub: Open, events: Any
) -> None:
    stop = Stop()

    def act(exchange: Any) -> None:
        stop.set()
        exchange.fails(503, "no", {"Retry-After": "30"})

    stub.does(act, stub.says("done"))
    with until_stopped(stop), pytest.raises(ModelError, match=r"s: not asked again, as the run ends .*503"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1
    assert names(events) == ["call_started", "call_failed"]


def test_each_piece_of_an_answer_is_a_sign_that_it_comes(
    stub: Any, open_stub: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, heard = Stop(), list[int]()
    monkeypatch.setattr(stop, "heard", lambda: heard.append(1))
    stub.does(stub.says("seven characters a piece"))
    with until_stopped(stop):
        open_stub().ask("s", SAID)
    assert len(heard) == 4


def test_a_used_up_quota_is_not_retried(stub: Any, open_stub: Open) -> None:
    stub.does(stub.fails(429, "You exceeded your current quota", code="insufficient_quota", type="insufficient_quota"))
    with pytest.raises(ModelError, match=r"quota is used up .*check its billing"):
        open_stub().ask("s", SAID)
    assert len(stub.bodies) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "inf"}, float("inf")),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Mon, 99 Foo 0000 99:99:99 GMT"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_from_the_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_date_in_the_future_is_seconds_from_now() -> None:
    assert 28 <= (retry_after({"retry-after": formatdate(time.time() + 30, usegmt=True)}) or 0) <= 30


def test_waits_double_up_to_half_a_minute() -> None:
    assert [backoff(tried, 1.0) for tried in (1, 2, 3, 5, 6, 7, 5000)] == [1, 2, 4, 16, 30, 30, 30]
    assert backoff(3, 0.5) == 2.0


def test_an_endpoint_that_was_never_reached_is_given_up_soon(open_stub: Open, events: Any) -> None:
    with pytest.raises(ModelError, match=r"connection to http://127.0.0.1:9/v1 failed .*tried 3 times. Start the end"):
        open_stub(base_url="http://127.0.0.1:9/v1", tries=8).ask("s", SAID)
    assert names(events).count("call_retried") == 2


def test_one_that_has_answered_before_is_waited_for(stub: Any, open_stub: Open, events: Any) -> None:
    stub.does(stub.says("one"))
    model = open_stub(tries=5)
    model.ask("s", SAID)
    stub.stop()
    with pytest.raises(ModelError, match=r"connection to .* failed .*tried 5 times"):
        model.ask("t", SAID)


def test_closing_ends_a_wait(stub: Any, open_stub: Open) -> None:
    stub.does(stub.fails(429, headers={"Retry-After": "60"}))
    model = open_stub()
    caught: list[P2cError] = []

    def ask() -> None:
        try:
            model.ask("s", SAID)
        except P2cError as error:
            caught.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not stub.bodies:
        time.sleep(0.01)
    time.sleep(0.1)
    model.close()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert isinstance(caught[0], ModelError)
