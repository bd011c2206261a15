"""Listings and algorithm boxes of a PDF: which lines are one, and their text with its indentation."""

from __future__ import annotations

import re
from collections.abc import Sequence

from p2c.paper.pdf_lines import Line

_TITLE = re.compile(r"(?i)algorithm\s+\d+")
_LINE_NUMBER = re.compile(r"\d{1,3}:")
_HEAD = re.compile(
    r"\s*(?:\d{1,3}:\s|(?:Inputs?|Outputs?|Require|Ensure|Data|Results?|Parameters?|Initiali[sz]ation)\s*:)",
    re.IGNORECASE,
)
"""What only a line of an algorithm begins with."""
_STEP = re.compile(
    r"\s*(?:\d+:|(?:Input|Output|Require|Ensure|Data|Result|Initiali[sz]e|for|while|if|else|repeat|until|return|end)\b)",
    re.IGNORECASE,
)
"""What a line of an algorithm may begin with, as may a sentence."""
_NUMBERED, _STEPS = 0.6, 0.3
"""Shares of lines: with a line's number, wherever they stand; that may be steps, where an algorithm is announced."""


def is_code(lines: Sequence[Line], *, announced: bool, goes_on: bool) -> bool:
    """Whether lines that stand together are a listing or an algorithm.

    Args:
        announced: the caption of an algorithm stands before them.
        goes_on: an algorithm does.
    """
    if len(lines) > 2 and (all(line.mono for line in lines) or _share(_LINE_NUMBER, lines) >= _NUMBERED):
        return True
    if announced or _TITLE.match(lines[0].text):
        return begins_as_step(lines[0].text) or (len(lines) > 1 and _share(_STEP, lines) >= _STEPS)
    return goes_on and begins_as_step(lines[0].text)


def is_title(text: str) -> bool:
    """Whether `text` begins as the title of an algorithm does."""
    return bool(_TITLE.match(text))


def begins_as_step(text: str) -> bool:
    """Whether `text` begins as only a line of an algorithm does."""
    return bool(_HEAD.match(text))


def titled(lines: Sequence[Line]) -> tuple[Sequence[Line], Sequence[Line]]:
    """The line of an algorithm's title, if the first one is that, and the lines behind it."""
    return (lines[:1], lines[1:]) if _TITLE.match(lines[0].text) else ((), lines)


def indented(lines: Sequence[Line]) -> str:
    """Lines with their indentation as printed, which is that of the text behind a line's number."""
    starts = [_start(line) for line in lines]
    left = min(starts)
    spaces = [" " * round((start - left) / (0.5 * line.size)) for start, line in zip(starts, lines, strict=True)]
    numbered = [_LINE_NUMBER.match(line.text) for line in lines]
    return "\n".join(
        f"{number[0]} {space}{line.text[number.end() :].lstrip()}" if number else space + line.text
        for number, space, line in zip(numbered, spaces, lines, strict=True)
    )


def _start(line: Line) -> float:
    behind = _LINE_NUMBER.match(line.text) and len(line.words) > 1
    return line.words[1].x0 if behind else line.x0


def _share(pattern: re.Pattern[str], lines: Sequence[Line]) -> float:
    return sum(bool(pattern.match(line.text)) for line in lines) / len(lines)
