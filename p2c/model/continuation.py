"""Joining an answer that was cut off at the output limit with its continuation, without a seam."""

from __future__ import annotations

import re

from p2c.model.seams import best_seam

LONGEST_OVERLAP = 4000
SURE_OVERLAP = 24
"""Characters that repeat by accident so rarely that they count as a repetition (unlike a row of zeros)."""
LONGEST_PERIOD = 400
_GREETING = re.compile(
    r"""\s*(?:
        (?:sure|certainly|of\ course|absolutely|understood|okay|ok|(?:my\ )?apologies|sorry|i\ apologi[sz]e)\b
        [^\n]{0,200}
      | (?:here|below|continu|picking\ up|resuming|the\ rest|let\ me|i['’]ll|i\ will)[^\n]{0,100}
        (?:\brest\b|remain|continu|left\ off|cut\ off|stopped)[^\n]{0,100}
      | here(?:['’]s|\ is|\ are)\b[^\n]{0,200}(?=[:.!…]\s*\n\ {0,3}(?:`{3,}|~{3,}))
    )[:.!…]\ *\n\s*?(?=\n|\ {0,3}(?:`{3,}|~{3,}))""",
    re.IGNORECASE | re.VERBOSE,
)
"""A line to the reader: with an empty line or a fence behind it, or, where it may be content, a fence."""
_BARE = re.compile(r"\s*(?:[{\[]|(?:import|from|def|class) \w)")
"""How JSON, or code without a fence, begins."""
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n`]*$", re.MULTILINE)


def join(first: str, more: str) -> str:
    """`first` and its continuation `more` as one text.

    Handled are the habits of models that are asked to go on: a line to the reader first, repeating the end of what was
    said, opening the code fence again (or one, where there was none), and starting all over (then `more` replaces
    `first`).
    """
    more = _without_greeting(more)
    if _starts_over(first, more):
        return more
    rest = more
    if _inside_fence(first):
        rest = _without_reopened_fence(more)
    elif _BARE.match(first) and not _FENCE.search(first):
        rest = _without_fences(more)
    overlap = _overlap(first, rest)
    return first + rest[overlap:] if overlap else best_seam(first, rest, is_anew=rest != more)


def goes_round(text: str) -> bool:
    """Whether the end of `text` says one thing over and over, as weak models do until the limit stops them."""
    tail = text[-10 * LONGEST_PERIOD :]
    if len(tail) < 10 * LONGEST_PERIOD:
        return False
    return any(tail.startswith(tail[period:]) for period in range(1, LONGEST_PERIOD + 1))


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


def _without_greeting(more: str) -> str:
    greeting = _GREETING.match(more)
    return more[greeting.end() :].removeprefix("\n") if greeting else more


def _without_fences(more: str) -> str:
    """What is in a fence that `more` opens on its first line; all of it where it opens none."""
    opening = _FENCE.match(more.lstrip("\n"))
    if opening is None or not opening.group().strip().strip("`~"):
        return more
    body = more.lstrip("\n")[opening.end() + 1 :]
    closing = next((fence for fence in _FENCE.finditer(body) if fence.group().strip() == opening[1]), None)
    return body[: closing.start()] if closing else body
