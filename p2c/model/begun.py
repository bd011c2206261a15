"""That an answer has begun: from then on the endpoint's prefix cache holds the prompt, and others may follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_TELL: ContextVar[Callable[[], None] | None] = ContextVar("p2c_answer_begun", default=None)


@contextmanager
def when_begun(tell: Callable[[], None]) -> Iterator[None]:
    """Within it, `tell` is called whenever an answer that this thread asks for begins to come.

    A variable of the thread's context and not a parameter, as those between stage and connection (retries, deadline,
    records) have nothing to do with it. A source that does not stream never calls it.
    """
    token = _TELL.set(tell)
    try:
        yield
    finally:
        _TELL.reset(token)


def answer_begun() -> None:
    """For the source: the first piece of an answer has come, in the thread that asked."""
    if (tell := _TELL.get()) is not None:
        tell()
