"""Joining an answer that was cut off at the output limit with its continuation, without a seam."""

from __future__ import annotations

import re

LONGEST_OVERLAP = 4000
SURE_OVERLAP = 24
"""Characters that repeat by accident so rarely that they count as a repetition (unlike a row of zeros)."""
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n`]*$", re.MULTILINE)


def join(first: str, more: str) -> str:
    """`first` and its continuation `more` as one text.

    Handled are the habits of models that are asked to go on: repeating the end of what was said, opening the
    code fence again, and starting all over (then `more` replaces `first`).
    """
    if _starts_over(first, more):
        return more
    if _inside_fence(first):
        more = _without_reopened_fence(more)
    return first + more[_overlap(first, more) :]


def _overlap(first: str, more: str) -> int:
    """How many characters at the start of `more` repeat the end of `first`."""
    last_line = first.rpartition("\n")[2]
    for size in range(min(len(first), len(more), LONGEST_OVERLAP), 0, -1):
        if not first.endswith(more[:size]):
            continue
        repeated = more[:size].strip()
        whole_last_line = repeated == last_line.strip() and len(repeated) >= 4
        whole_lines = "\n" in repeated and len(repeated) >= 8 and first[-size - 1 : -size] in ("", "\n")
        is_sure = len(repeated) >= SURE_OVERLAP and len(set(repeated)) >= 8
        if is_sure or whole_last_line or whole_lines:
            return size
    return 0


def _starts_over(first: str, more: str) -> bool:
    head = first.lstrip()[:200]
    return len(head) >= 60 and len(more) > len(first) // 2 and more.lstrip().startswith(head)


def _inside_fence(text: str) -> bool:
    return len(_FENCE.findall(text)) % 2 == 1


def _without_reopened_fence(more: str) -> str:
    """`more` without a fence that it opens again on its first line; a lone first fence closes the old one."""
    body = more.lstrip("\n")
    opening = _FENCE.match(body)
    if opening is None:
        return more
    has_info = bool(opening.group().strip().strip("`~"))
    if not has_info and len(_FENCE.findall(body)) % 2 == 1:
        return more
    return body[opening.end() + 1 :]
