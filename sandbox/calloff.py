"""A way to end a run that is not needed any more, from another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sandbox.errors import CalledOff


class CallOff:
    """Given to a job; whoever keeps it may end the run, which then raises `CalledOff`. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._called = False
        self._hang_up: Callable[[], None] | None = None

    @property
    def called(self) -> bool:
        """Whether the run was called off."""
        return self._called

    def call(self) -> None:
        """Call the run off: it is hung up, or never begun. Returns at once where nothing runs."""
        with self._lock:
            self._called = True
            hang_up = self._hang_up
        if hang_up is not None:
            hang_up()

    def check(self) -> None:
        """Raise CalledOff where it was called off already."""
        if self._called:
            raise CalledOff("the run was called off, because its result is not needed any more")

    @contextmanager
    def by(self, hang_up: Callable[[], None]) -> Iterator[None]:
        """While the block runs, calling it off calls `hang_up`; whatever that breaks in the block is `CalledOff`."""
        with self._lock:
            self._hang_up = hang_up
        try:
            self.check()
            yield
        except Exception as error:  # whatever hanging up broke: it is not the run's doing
            if self._called:
                raise CalledOff("the run was called off, because its result is not needed any more") from error
            raise
        finally:
            with self._lock:
                self._hang_up = None
