"""Making a model's raw text usable: reasoning tags out, characters that no file can hold out."""

from __future__ import annotations

import re

_NAMES = "think|thinking|thought|reasoning|reflection"
_OPEN = re.compile(rf"<({_NAMES})>", re.IGNORECASE)
_CLOSE = re.compile(rf"</({_NAMES})>", re.IGNORECASE)
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)", re.MULTILINE)


def clean(text: str) -> str:
    """`text` without NUL and with surrogate pairs joined; a lone surrogate becomes U+FFFD."""
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", "")


def without_reasoning(text: str) -> str:
    """`text` without the model's reasoning between tags such as `<think>` and `</think>`.

    Removed are blocks before the first code fence that begin a line, a block that is never closed (all that
    follows it is reasoning), and, where only a closing tag is seen (chat templates put the opening one into the
    prompt), everything before it. Tags inside or behind a code fence are content and stay.
    """
    while True:
        fence = _FENCE.search(text)
        opening = next((m for m in _OPEN.finditer(text) if _begins_line(text, m.start())), None)
        closing = _CLOSE.search(text, opening.end() if opening else 0)
        if opening is None:
            if closing is None or not _is_orphan(text, closing, fence):
                return text
            text = text[closing.end() :].lstrip()
        elif fence and fence.start() < opening.start():
            return text
        elif closing is None:
            return text[: opening.start()].rstrip()
        else:
            text = (text[: opening.start()] + text[closing.end() :].lstrip()).lstrip("\n")


def _begins_line(text: str, position: int) -> bool:
    return not text[:position].rpartition("\n")[2].strip()


def _is_orphan(text: str, closing: re.Match[str], fence: re.Match[str] | None) -> bool:
    """Whether a closing tag without an opening one ends a reasoning that the prompt's template began."""
    alone = _begins_line(text, closing.start()) or not text[closing.end() :].partition("\n")[0].strip()
    return alone and (fence is None or closing.start() < fence.start())
