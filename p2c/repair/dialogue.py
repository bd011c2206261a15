"""What a conversation with the debugging agent needs besides edits: files that it asks for, and room to go on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from p2c.model.types import Message
from p2c.prompts import render
from p2c.repair.excerpt import Shown, excerpt, shown_by_rows
from p2c.repair.text import is_binary
from p2c.run.journal import Journal
from sandbox.tree import Tree

_SHOW = re.compile(r"^\W{0,4}SHOW\W{0,4}:\s*(?P<paths>\S.*)$", re.MULTILINE)
_MOST = 3
_LEAST = 2_000
"""Characters of a file that is asked for, where there is hardly any room."""
_LEAST_WINDOW = 7_000
"""Characters of which it is not worth asking: the rules alone take most of them."""
_SMALL = 1_000
"""Characters of a file up to which it is shown whole, whatever of it is asked for."""
_FRAME = 200
"""Characters around each file."""
_SHORT_REPLY = 1_200
"""Characters of each former reply, where there is no room for all of it."""


class Window:
    """How much a conversation may hold; it learns from an endpoint that refuses what is too long.

    Attributes:
        characters: of all messages, the reply not counted.
    """

    def __init__(self, characters: int, journal: Journal) -> None:
        self.characters = characters
        self._journal = journal

    def shrink(self, size: int, why: str) -> bool:
        """A prompt of `size` characters was too much: from now on half of it is.

        False where that is too little, or where it was the bound already: what is left cannot be made smaller.
        """
        if size // 2 < _LEAST_WINDOW or size // 2 >= self.characters:
            return False
        self.characters = min(self.characters, size // 2)
        message = f"the debugging agent is shown less, at most {self.characters:,} characters at once: {why}"
        self._journal.emit("note", message=message)
        return True


@dataclass(frozen=True)
class Asked:
    """What the agent asks to be shown.

    Attributes:
        name: a definition in the file, by its last name; empty: the file.
        line: a place in it, from 1; 0: none.
    """

    path: str
    name: str = ""
    line: int = 0


def asked_for(reply: str) -> tuple[Asked, ...]:
    """What the line `SHOW: path, path:name` of a reply asks for; empty where it has none."""
    found = _SHOW.search(reply)
    words = re.split(r"[,\s]+", found["paths"]) if found else []
    plain = (word.strip("`'\"*,;()[]").removeprefix("./") for word in words)
    return tuple(dict.fromkeys(_asked(word) for word in plain if word))[:_MOST]


def _asked(word: str) -> Asked:
    path, _, part = word.replace("`", "").partition(":")
    name = part.strip(":").rpartition(".")[2]
    return Asked(path, line=int(name[:9])) if name.isascii() and name.isdigit() else Asked(path, name)


def show(tree: Tree, asked: Sequence[Asked], limit: int) -> str:
    """The message that shows files of the tree, in about `limit` characters; what there is not is said.

    The first has the first claim; what it leaves over goes to those behind it.
    """
    there = [one for one in asked if one.path in tree.files and not is_binary(tree.files[one.path])]
    left = limit - _FRAME * len(there)
    shown = []
    for number, one in enumerate(there, 1):
        others = sum(min(_LEAST, len(tree.files[later.path])) for later in there[number:])
        file = _shown(tree, one, max(_LEAST, left - others))
        if file is not None:
            shown.append(file)
            left -= len(file.text)
    absent = [one.path for one in asked if one not in there]
    return render("debug_shown", files=shown, absent=absent)


def _shown(tree: Tree, one: Asked, room: int) -> Shown | None:
    whole = 0 if one.name or one.line or shown_by_rows(one.path) else room
    return excerpt(
        one.path,
        tree.files[one.path],
        lines=(one.line,) if one.line else (),
        names={one.name} if one.name else (),
        limit=room,
        whole=max(whole, _SMALL),
        fill=bool(whole),
    )


def fitted(messages: Sequence[Message], limit: int) -> tuple[Message, ...]:
    """The messages in `limit` characters, as far as possible: former replies are shortened, then left out.

    The oldest go first. The rules, the failure and the last message always stay.
    """
    kept = list(messages)
    for at, message in enumerate(kept[:-1]):
        if _size(kept) > limit and message.role == "assistant" and len(message.content) > _SHORT_REPLY:
            kept[at] = message.model_copy(update={"content": f"{message.content[:_SHORT_REPLY]}\n[...]"})
    while _size(kept) > limit and len(kept) > 4:  # rules, failure, and the last exchange
        del kept[2:4]
    return tuple(kept)


def _size(messages: Sequence[Message]) -> int:
    return sum(len(message.content) for message in messages)
