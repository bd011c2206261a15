"""What long prompts have in common is recorded once: a paper and a repository stand in hundreds of them."""

from __future__ import annotations

from collections.abc import Sequence

from p2c.model.types import Message

SHORTEST = 4_000
"""Characters; a shared beginning that is shorter stays where it is."""
_MOST = 8
"""Messages that are held to compare others with."""


class Beginnings:
    """The long messages that a record has as a whole, so that others can refer to them."""

    def __init__(self) -> None:
        self._whole: list[tuple[str, str]] = []

    def shortened(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        """`messages`, in which a line stands for a long beginning that the record has already."""
        return tuple(self._shortened(message) for message in messages)

    def add(self, key: str, messages: Sequence[Message]) -> None:
        """The record has `messages` now, under the exchange's `key`."""
        for message in messages:
            if len(message.content) >= SHORTEST and self._known(message.content) is None:
                self._whole = [*self._whole, (key, message.content)][-_MOST:]

    def _shortened(self, message: Message) -> Message:
        known = self._known(message.content)
        if known is None:
            return message
        key, shared = known
        line = f"[the first {shared} characters are those of the long message in the exchange with key {key}]\n"
        return message.model_copy(update={"content": line + message.content[shared:]})

    def _known(self, content: str) -> tuple[str, int] | None:
        """The key of the message with the longest beginning in common, and its length up to the end of a line."""
        found = [(content.rfind("\n", 0, common(content, whole)) + 1, key) for key, whole in self._whole]
        shared, key = max(found, default=(0, ""))
        return (key, shared) if shared >= SHORTEST else None


def common(one: str, other: str) -> int:
    """How many characters the two have in common from their beginning."""
    known, end = 0, min(len(one), len(other))
    while known < end:
        middle = (known + end + 1) // 2
        if one[known:middle] == other[known:middle]:
            known = middle
        else:
            end = middle - 1
    return known
