"""What the readers of declarations share: an entry, texts in a list, and the line that says it."""

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


def texts(value: object) -> list[str]:
    """The texts in a list; a text that stands in place of a list is meant as its only one."""
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, str)]


def line_of(text: str, wanted: str) -> int | None:
    """The first line that holds `wanted`, from 1; not as a part of a longer name: `torch` is not in `torchvision`."""
    whole = re.compile(rf"(?<![\w-]){re.escape(wanted)}(?![\w-])")
    return next((number for number, line in enumerate(text.splitlines(), start=1) if whole.search(line)), None)
