"""What the readers of declarations share: an entry, texts in a list, and the lines that say them."""

from __future__ import annotations

import re
from dataclasses import dataclass

Entry = tuple[str, int | None, bool]
"""A PEP 508 line, its line number, and whether it is primary."""


@dataclass(frozen=True)
class Note:
    """What a reader of the repository should know of an entry; yielded beside it."""

    text: str


COMMENT = re.compile(r"(^|\s)#.*$")
_WORD = re.compile(r"[\w-]+")


def texts(value: object) -> list[str]:
    """The texts in a list; a text that stands in place of a list is meant as its only one."""
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, str)]


class Places:
    """Where a text says something: its lines, by the words that they hold."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._numbers: dict[str, list[int]] = {}
        for number, line in enumerate(self._lines, start=1):
            for word in dict.fromkeys(_WORD.findall(line)):
                self._numbers.setdefault(word, []).append(number)

    def line_of(self, wanted: str) -> int | None:
        """The first line that holds `wanted`, from 1; not as part of a longer name: `torch` is not in `torchvision`."""
        word = _WORD.search(wanted)
        numbers = self._numbers.get(word[0], ()) if word else range(1, len(self._lines) + 1)
        return next((number for number in numbers if _holds(self._lines[number - 1], wanted)), None)


def _holds(line: str, wanted: str) -> bool:
    at = line.find(wanted)
    while at >= 0:
        around = line[max(0, at - 1) : at] + line[at + len(wanted) : at + len(wanted) + 1]
        if not _WORD.search(around):
            return True
        at = line.find(wanted, at + 1)
    return False
