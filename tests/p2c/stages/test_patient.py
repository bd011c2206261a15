"""An interrupt waits for the call under way, and a second one does not."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from p2c.errors import ModelError
from p2c.model.stopping import PATIENCE, Stop, stopped_within, text_came, until_stopped
from p2c.model.types import Reply
from p2c.stages.patient import Patient
from p2c.types import Usage


@pytest.fixture(autouse=True)
def _in_the_foreground() -> Iterator[None]:
    """A job in the background ignores the signal, and so do the tests that it runs."""
    kept = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, kept)


class Answering:
    """A model that does something while it is asked."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self.meanwhile = meanwhile
        self.answered: list[str] = []

    def ask(self, step: str, _messages: object) -> Reply:
        self.meanwhile()
        self.answered.append(step)
        return Reply(text="an answer", model="m", usage=Usage(), seconds=0.0)

    def ask_for(self, step: str, messages: object, _answer: object) -> Reply:
        return self.ask(step, messages)

    def usage(self) -> dict[str, Usage]:
        return {"a": Usage(calls=len(self.answered))}


def interrupt() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


@pytest.mark.parametrize("ask", ["ask", "ask_for"])
def test_the_answer_under_way_comes_before_the_end(ask: str) -> None:
    waiting = threading.Event()

    def meanwhile() -> None:
        interrupt()
        assert waiting.wait(30)

    model = Answering(meanwhile)
    patient = Patient(model, lambda _line: waiting.set())
    with pytest.raises(KeyboardInterrupt):
        getattr(patient, ask)("a", (), *([str] if ask == "ask_for" else []))
    assert model.answered == ["a"]
    assert patient.usage()["a"].calls == 1


def test_a_second_interrupt_does_not_wait() -> None:
    released, waiting = threading.Event(), threading.Event()

    def meanwhile() -> None:
        interrupt()
        assert waiting.wait(30)
        interrupt()
        released.wait(30)

    model = Answering(meanwhile)
    try:
        with pytest.raises(KeyboardInterrupt):
            Patient(model, lambda _line: waiting.set()).ask("a", ())
        assert model.answered == []
    finally:
        released.set()


def test_a_call_that_waits_to_be_made_again_is_not_waited_for() -> None:
    waiting, ended = threading.Event(), []

    def meanwhile() -> None:
        interrupt()
        assert waiting.wait(30)
        ended.append(stopped_within(30, threading.Event()))

    with pytest.raises(KeyboardInterrupt):
        Patient(Answering(meanwhile), lambda _line: waiting.set()).ask("a", ())
    assert ended == [True]


def test_an_answer_and_an_error_come_as_they_are() -> None:
    def fail() -> None:
        raise ModelError("the endpoint is down")

    said: list[str] = []
    assert Patient(Answering(lambda: None), said.append).ask("a", ()).text == "an answer"
    with pytest.raises(ModelError, match="the endpoint is down"):
        Patient(Answering(fail), said.append).ask("a", ())
    assert said == []


def test_a_thread_that_no_interrupt_meets_asks_by_itself() -> None:
    asked_in: list[threading.Thread] = []
    patient = Patient(Answering(lambda: asked_in.append(threading.current_thread())), lambda _line: None)
    thread = threading.Thread(target=patient.ask, args=("a", ()))
    thread.start()
    thread.join()
    assert asked_in == [thread]


def test_an_answer_of_which_nothing_comes_for_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("p2c.model.stopping.PATIENCE", 0.05)
    released, said = threading.Event(), list[str]()

    def meanwhile() -> None:
        interrupt()
        released.wait(30)

    model = Answering(meanwhile)
    try:
        with pytest.raises(KeyboardInterrupt):
            Patient(model, said.append).ask("a", ())
        assert model.answered == []
    finally:
        released.set()
    assert said[0] == "interrupted: waiting for the call under way; press Ctrl-C again to stop at once"
    assert "not waited for any longer" in said[1]


def test_an_answer_that_comes_is_waited_for_from_its_last_piece_on(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("p2c.model.stopping.time", SimpleNamespace(monotonic=lambda: now[0]))
    stop = Stop()
    now[0] += 500
    assert stop.seconds_left() is None, "without an interrupt a call takes as long as it takes"
    stop.interrupt()
    assert stop.seconds_left() == PATIENCE
    now[0] += PATIENCE - 1
    with until_stopped(stop):
        text_came()
    now[0] += PATIENCE - 1
    assert stop.seconds_left() == 1
    now[0] += 1
    assert stop.seconds_left() == 0
