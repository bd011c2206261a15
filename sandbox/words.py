"""Numbers and sentences in messages."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """`1 file`, `2,000 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def sentence(text: str) -> str:
    """`text` with a full stop, unless it ends as a sentence does: what a program says of itself mostly has one."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
