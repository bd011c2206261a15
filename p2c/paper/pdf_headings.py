"""Which blocks of a PDF are headings, and of which level: by number first, then by style."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from p2c.paper.headings import NUMBER, ROMAN, depth, is_known
from p2c.paper.pdf_blocks import Block
from p2c.paper.pdf_text import ended

Style = tuple[float, bool, bool]
Number = tuple[int, ...]
_SHORT = 12
"""Words of a heading that nothing but its number tells from text."""


def with_headings(blocks: Sequence[Block], body_size: float) -> list[Block]:
    """`blocks` with short numbered or well-known lines in a heading's style made headings, and false ones undone.

    A short numbered line in the style of the text is one, too, where its number goes on from the heading before it.
    """
    judged: list[Block] = []
    last: Number = ()
    for block in blocks:
        found = _judged(block, body_size)
        if found.kind == "text" and _goes_on(last, found.text):
            found = replace(found, kind="heading")
        if judged and _is_rest(judged[-1], found):
            judged[-1] = replace(judged[-1], text=f"{judged[-1].text} {found.text}")
            continue
        if found.kind == "heading":
            last = _number(found.text) or last
        judged.append(found)
    return judged


def _is_rest(before: Block, block: Block) -> bool:
    """Whether what looks like a heading is the rest of a heading that breaks off (`Differences,`), or of a sentence."""
    if block.kind != "heading" or before.page != block.page or not block.text[:1].islower():
        return False
    if before.kind == "heading":
        return before.text.endswith((",", "-", ":", " and", " of", " the"))
    return before.kind == "text" and not ended(before.text)


def levels(headings: Sequence[Block]) -> list[int]:
    """The level (1 to 6) of each heading: what its number says, else that of numbered headings of the same style."""
    by_style: dict[Style, Counter[int]] = {}
    roman = any(ROMAN.match(block.text) for block in headings)
    for block in headings:
        number = _depth(block.text, roman=roman)
        if number:
            by_style.setdefault(_style(block), Counter())[number] += 1
    known = {style: counts.most_common(1)[0][0] for style, counts in by_style.items()}
    return [_depth(block.text, roman=roman) or _by_style(block, known) for block in headings]


def _judged(block: Block, body_size: float) -> Block:
    words = block.text.split()
    if block.kind == "heading":
        letters = sum(char.isalpha() for char in block.text)
        sentence = len(words) > 25 or (block.text.endswith((",", ";")) and not block.bold)
        numbered = depth(block.text) is not None or is_known(block.text)
        plain = not block.bold and block.size <= body_size + 0.6 and not _capitals(block.text) and not numbered
        return replace(block, kind="text") if letters < 3 or sentence or plain else block
    if block.kind not in ("text", "list") or not 0 < len(words) <= 15:
        return block
    text = block.text.removeprefix("- ")
    stands_out = block.bold or block.size > body_size + 0.6 or _capitals(text)
    numbered = bool(NUMBER.match(text) or ROMAN.match(text)) and bool(re.search(r"[^\W\d_]{3}", text))
    closed = text.rstrip().endswith((".", ",", ";", ":"))
    if stands_out and ((numbered and not closed) or is_known(text)):
        return replace(block, kind="heading", text=text)
    return block


def _number(title: str) -> Number:
    """The parts of a heading's number: `4.3` is (4, 3); nothing for none, or one with a letter."""
    found = NUMBER.match(title)
    return tuple(map(int, found[1].split("."))) if found and found[1].replace(".", "").isdigit() else ()


def _goes_on(last: Number, text: str) -> bool:
    """Whether a line is a heading of a lower level (`4.3 Nearest neighbours`) that comes next after `last`."""
    number = _number(text)
    if len(number) < 2 or len(text.split()) > _SHORT or text.rstrip().endswith((".", ",", ";", ":")):
        return False
    title = re.sub(r"^\w-", "", NUMBER.sub("", text, count=1))  # `4.3 k-Nearest Neighbors`
    if not title[:1].isupper():
        return False
    siblings = [(*last[:level], last[level] + 1) for level in range(1, len(last))]
    return number in (*siblings, (*last, 1))


def _depth(title: str, *, roman: bool) -> int | None:
    number = depth(title)
    if roman and number == 1 and re.match(r"^[A-Z]\.\s", title) and not ROMAN.match(title):
        return 2  # IEEE style: `II. METHOD`, then `A. Setting`
    return number


def _by_style(block: Block, known: dict[Style, int]) -> int:
    style = _style(block)
    if style in known:
        return known[style]
    if is_known(block.text) or not known:
        return 1
    larger = [level for (size, _, _), level in known.items() if size >= style[0]]
    return min(max(larger, default=0) + 1, 6)


def _style(block: Block) -> Style:
    return round(block.size * 2) / 2, block.bold, _capitals(block.text)


def _capitals(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return len(letters) > 3 and all(char.isupper() for char in letters)
