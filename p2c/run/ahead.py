"""Something slow that is made ready in the background, so that it is there when it is needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """Enters a context manager in a thread; a context manager itself, which leaves it again.

    Whatever goes wrong in the thread is raised where the thing is asked for.
    """

    def __init__(self, opening: Callable[[], AbstractContextManager[T]]) -> None:
        self._opening = opening
        self._manager: AbstractContextManager[T] | None = None
        self._value: T | None = None
        self._error: BaseException | None = None
        self._done = threading.Event()

    def get(self) -> T:
        """The thing, waited for. Raises what went wrong while it was made ready."""
        self._done.wait()
        self.check()
        return self._value  # type: ignore[return-value]  # without an error it is what the manager gave

    def check(self) -> None:
        """Raise what went wrong so far, without waiting."""
        if self._done.is_set() and self._error is not None:
            raise self._error

    def __enter__(self) -> Self:
        # A daemon: a user who interrupts does not wait for an image that is being built.
        threading.Thread(target=self._open, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._done.is_set() and self._manager is not None:
            self._manager.__exit__(kind, error, trace)

    def _open(self) -> None:
        try:
            manager = self._opening()
            self._value = manager.__enter__()
            self._manager = manager
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asks for the thing
            self._error = error
        finally:
            self._done.set()
