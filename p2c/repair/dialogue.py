"""What a conversation with the debugging agent needs besides edits: files that it asks for, and room to go on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from p2c.model.types import Message
from p2c.prompts import render
from p2c.repair.excerpt import excerpt
from p2c.repair.text import is_binary
from p2c.run.journal import Journal
from sandbox.tree import Tree

_SHOW = re.compile(r"^\W{0,4}SHOW\W{0,4}:\s*(?P<paths>\S.*)$", re.MULTILINE)
_MOST = 3
_LEAST = 2_000
"""Characters of a file that is asked for, where there is hardly any room."""
_LEAST_WINDOW = 5_000
"""Characters of which it is not worth asking: the rules alone take most of them."""
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
        """A prompt of `size` characters was too much: from now on half of it is; False where that is too little."""
        if size // 2 < _LEAST_WINDOW:
            return False
        self.characters = min(self.characters, size // 2)
        message = f"the debugging agent is shown less, at most {self.characters:,} characters at once: {why}"
        self._journal.emit("note", message=message)
        return True


def asked_for(reply: str) -> tuple[str, ...]:
    """The paths of the line `SHOW: path, path` of a reply; empty where it has none."""
    found = _SHOW.search(reply)
    words = re.split(r"[,\s]+", found["paths"]) if found else []
    paths = (word.strip("`'\"*,;()[]") for word in words)
    return tuple(dict.fromkeys(path.removeprefix("./") for path in paths if path))[:_MOST]


def show(tree: Tree, paths: Sequence[str], limit: int) -> str:
    """The message that shows files of the tree, in about `limit` characters; what there is not is said."""
    there = [path for path in paths if path in tree.files and not is_binary(tree.files[path])]
    each = max(_LEAST, limit // (len(there) or 1) - 200)
    shown = [excerpt(path, tree.files[path], lines=(), names=(), limit=each, whole=each) for path in there]
    absent = [path for path in paths if path not in there]
    return render("debug_shown", files=[file for file in shown if file is not None], absent=absent)


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
