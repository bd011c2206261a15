"""Numbers in messages."""

from __future__ import annotations

import pytest

from sandbox.words import counted, sentence


@pytest.mark.parametrize(("number", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (12_000, "12,000 files")])
def test_one_is_no_plural_and_thousands_can_be_read(number: int, said: str) -> None:
    assert counted(number, "file") == said


def test_a_sentence_ends_with_one_full_stop() -> None:
    assert sentence("no such file") == "no such file."
    for said in ("Could not be loaded. Exiting pipeline.", "Loading ...", "Stop!", "Really?", "cut short…"):
        assert sentence(said) == said
