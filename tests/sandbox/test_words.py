"""Numbers in messages."""

from __future__ import annotations

import pytest

from sandbox.words import counted


@pytest.mark.parametrize(("number", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (12_000, "12,000 files")])
def test_one_is_no_plural_and_thousands_can_be_read(number: int, said: str) -> None:
    assert counted(number, "file") == said
