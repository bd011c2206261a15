"""A verdict's sentence reads as one, whatever the program said."""

from __future__ import annotations

import pytest

from sandbox.ladder.summary import summarize
from sandbox.verdict import Failure, Outcome, Rung, Verdict


@pytest.mark.parametrize(
    ("exception", "message", "said"),
    [
        (None, "ERROR - No JSON could be loaded. Exiting.", "smoke: ERROR - No JSON could be loaded. Exiting."),
        ("StopIteration", "StopIteration", "smoke at trainer.py:151: StopIteration."),
        ("KeyError", "'data_path'", "smoke at trainer.py:151: KeyError: 'data_path'."),
    ],
)
def test_what_a_program_said_ends_with_one_full_stop_and_is_not_said_twice(
    exception: str | None, message: str, said: str
) -> None:
    where = {"file": "trainer.py", "line": 151} if exception else {}
    failure = Failure(
        step="smoke",
        kind="exception" if exception else "exit",
        exception=exception,
        message=message,
        signature="s",
        **where,
    )
    verdict = Verdict(repository="r", tree="", rung=Rung.starts, outcome=Outcome.failed, summary="", failure=failure)
    assert summarize(verdict) == f"It fails in step {said}"
