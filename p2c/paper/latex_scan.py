"""Finding one's way in LaTeX source: groups, options, environments."""

from __future__ import annotations

import re
from collections.abc import Callable

_BLANK = re.compile(r"[ \t]*\n?[ \t]*")


def skip_blank(text: str, at: int) -> int:
    """The place after spaces and at most one line end."""
    found = _BLANK.match(text, at)
    return found.end() if found else at


def group(text: str, at: int, opening: str = "{", closing: str = "}") -> tuple[str, int] | None:
    """The content of the group that begins at `at` (after blanks), and the place after it; None where none begins."""
    at = skip_blank(text, at)
    if not text.startswith(opening, at):
        return None
    depth, braces, place = 0, 0, at
    while place < len(text):
        char = text[place]
        if char == "\\":
            place += 2
            continue
        if opening == "[":
            braces += (char == "{") - (char == "}")
        if char == opening:
            depth += 1
        elif char == closing and braces <= 0:
            depth -= 1
            if depth == 0:
                return text[at + 1 : place], place + 1
        place += 1
    return None


def option(text: str, at: int) -> tuple[str, int]:
    """The content of an optional `[...]` at `at`, and the place after it; empty where there is none."""
    found = group(text, at, "[", "]") if text.startswith("[", skip_blank(text, at)) else None
    return found if found else ("", at)


def argument(text: str, at: int) -> tuple[str, int]:
    """A macro's argument: a group, else the next token."""
    found = group(text, at)
    if found:
        return found
    at = skip_blank(text, at)
    token = re.compile(r"\\[A-Za-z@]+|\\.|[^\s]", re.DOTALL).match(text, at)
    return (token[0], token.end()) if token else ("", at)


def arguments(text: str, at: int) -> tuple[list[str], int]:
    """All `[...]` and `{...}` that follow at once; for commands of which nothing is wanted."""
    found: list[str] = []
    while at < len(text) and text[at] in "[{":
        part = group(text, at, *("[]" if text[at] == "[" else "{}"))
        if part is None:
            break
        found.append(part[0])
        at = part[1]
    return found, at


def environment(text: str, name: str, at: int) -> tuple[str, int]:
    r"""The body of the environment whose `\begin{name}` ends at `at`, and the place after its end.

    An environment that is never closed ends with the text.
    """
    depth = 1
    for found in re.compile(r"\\(begin|end)\s*\{" + re.escape(name) + r"\}").finditer(text, at):
        depth += 1 if found[1] == "begin" else -1
        if depth == 0:
            return text[at : found.start()], found.end()
    return text[at:], len(text)


def replace_command(text: str, names: str, change: Callable[[str, list[str]], str], count: int = 1) -> str:
    """`text` with each command whose name matches the pattern `names` changed, options skipped.

    `change` gets the name and its `count` arguments.
    """
    pattern = re.compile(rf"\\({names})(?![A-Za-z@])\*?")
    parts: list[str] = []
    at = 0
    while found := pattern.search(text, at):
        parts.append(text[at : found.start()])
        place = found.end()
        values: list[str] = []
        for _ in range(count):
            while text.startswith("[", place):
                _, after = option(text, place)
                if after == place:
                    break
                place = after
            value, place = argument(text, place)
            values.append(value)
        parts.append(change(found[1], values))
        at = place
    parts.append(text[at:])
    return "".join(parts)
