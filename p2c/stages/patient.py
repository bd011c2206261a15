"""An interrupt waits for the call that is under way: its answer is paid for, and kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import TypeVar

from p2c.model.stopping import HOW_TO_STOP, Stop, until_stopped
from p2c.model.types import Answer, Message, Model, Reply
from p2c.types import Usage

T = TypeVar("T")


class Patient:
    """Implements `Model` by asking another one, so that an interrupt is raised when its answer has come.

    A call that would be made again after a failure is not. A second interrupt does not wait at all, nor does the first
    one where no text comes for long (`p2c.model.stopping.PATIENCE`). Calls from other threads, which no interrupt
    meets, go straight on.
    """

    def __init__(self, model: Model, say: Callable[[str], None]) -> None:
        self._model = model
        self._say = say

    def ask(self, step: str, messages: Sequence[Message]) -> Reply:
        """As `Model.ask`."""
        return self._waited(lambda: self._model.ask(step, messages))

    def ask_for(self, step: str, messages: Sequence[Message], answer: type[Answer]) -> Answer:
        """As `Model.ask_for`."""
        return self._waited(lambda: self._model.ask_for(step, messages, answer))

    def usage(self) -> dict[str, Usage]:
        """As `Model.usage`."""
        return self._model.usage()

    def _waited(self, call: Callable[[], T]) -> T:
        if threading.current_thread() is not threading.main_thread():
            return call()
        asked: Future[T] = Future()
        stop = Stop()
        asking = threading.Thread(target=_run, args=(call, asked, stop), daemon=True)  # does not hold up an end
        try:
            asking.start()
            _wait_for(asked, stop)
        except KeyboardInterrupt:
            stop.interrupt()
            if not asked.done():
                self._say(f"interrupted: waiting for the call under way; {HOW_TO_STOP}")
                _wait_for(asked, stop)
                if not asked.done():
                    self._say(stop.given_up())
            raise
        return asked.result()


def _wait_for(asked: Future[T], stop: Stop) -> None:
    # In short waits: an interrupt right before one begins is noticed only when it ends.
    while not asked.done() and stop.seconds_left() != 0:
        wait((asked,), timeout=0.25)


def _run(call: Callable[[], T], asked: Future[T], stop: Stop) -> None:
    try:
        with until_stopped(stop):
            asked.set_result(call())
    except BaseException as error:  # noqa: BLE001 - handed to the thread that asked, raised there
        asked.set_exception(error)
