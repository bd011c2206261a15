"""Time: a model that is asked nothing more when it is up, and things made ready before they are needed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from p2c.errors import BudgetExceeded
from p2c.model.fake import ScriptedModel
from p2c.run.ahead import Ahead
from p2c.stages.deadline import Deadline


def test_a_model_is_asked_while_there_is_time_and_not_after():
    model = ScriptedModel(lambda *_: "yes")
    assert Deadline(model, 1).ask("a", ()).text == "yes"
    late = Deadline(model, 0)
    with pytest.raises(BudgetExceeded, match="--max-minutes 0 is over"):
        late.ask("a", ())
    assert len(model.asked) == 1
    assert late.usage()["a"].calls == 1


def test_what_is_made_ready_is_there_when_asked_for_and_is_closed():
    went_on, log = threading.Event(), []

    @contextmanager
    def opening() -> Iterator[str]:
        went_on.wait(5)
        log.append("open")
        yield "box"
        log.append("closed")

    with Ahead(opening) as soon:
        soon.check()
        assert log == []
        went_on.set()
        assert soon.get() == "box"
    assert log == ["open", "closed"]


def test_what_cannot_be_made_ready_says_so_where_it_is_needed():
    @contextmanager
    def opening() -> Iterator[str]:
        raise OSError("no engine")
        yield ""

    with Ahead(opening) as soon, pytest.raises(OSError, match="no engine"):
        soon.get()


def test_leaving_does_not_wait_for_what_is_not_ready():
    never = threading.Event()

    @contextmanager
    def opening() -> Iterator[str]:
        never.wait(30)
        yield ""

    with Ahead(opening):
        pass
    never.set()
