"""Lines into paragraphs: words divided at a line's end are put together again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from p2c.paper.pdf_lines import Line

_TOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_DIVIDED = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)[-\u00ad\u2010]$")
_NEXT = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_ENDED = re.compile(r"[.!?:][\"'”’)\]]*(?:\^\{[^}]*\})?$")


class Vocabulary:
    """The words that the paper itself uses, by which a hyphen at a line's end is judged."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._counts: Counter[str] = Counter()
        divided = False
        for line in lines:
            words = _TOKEN.findall(line.lower())
            if divided:
                words = words[1:]
            divided = bool(_DIVIDED.search(line))
            self._counts.update(words[:-1] if divided else words)

    def joined(self, head: str, tail: str) -> str:
        """`head` and `tail`, divided at a line's end, as one word: with its hyphen only when it is a compound."""
        whole, compound = (head + tail).lower(), f"{head}-{tail}".lower()
        if self._counts[whole] or self._counts[compound]:
            keep = self._counts[compound] > self._counts[whole]
        elif "-" in head or "-" in tail or tail[0].isupper():
            keep = True
        else:
            last = head.rsplit("-", 1)[-1].lower()
            keep = min(self._counts[last], self._counts[tail.lower()]) > 0 and len(last) > 2
        return f"{head}-{tail}" if keep else head + tail

    def join(self, texts: Sequence[str]) -> str:
        """The lines as one running text."""
        whole = ""
        for text in (t.strip() for t in texts):
            divided, follows = _DIVIDED.search(whole), _NEXT.match(text)
            if divided and follows:
                word = self.joined(divided[1], follows[0])
                whole = whole[: divided.start()] + word + text[follows.end() :]
            elif text:
                whole = f"{whole} {text}" if whole else text
        return whole


def ended(text: str) -> bool:
    """Whether `text` ends where a sentence ends."""
    return bool(_ENDED.search(text.rstrip()))


def paragraphs(lines: Sequence[Line]) -> list[list[Line]]:
    """`lines` of one region, divided at first-line indents and at gaps."""
    if not lines:
        return []
    left = min(line.x0 for line in lines)
    right = max(line.x1 for line in lines)
    groups: list[list[Line]] = [[lines[0]]]
    for before, line in pairwise(lines):
        indent = line.x0 - left
        begins = 0.7 * line.size < indent < 4 * line.size and before.x0 - left < 0.7 * line.size and _runs(line, right)
        gap = line.y0 - before.y1 > 0.9 * line.size
        if (begins and ended(before.text)) or gap:
            groups.append([line])
        else:
            groups[-1].append(line)
    return groups


def _runs(line: Line, right: float) -> bool:
    """Whether the line reaches the right margin, or ends there as a paragraph of one line: not centred matter."""
    return right - line.x1 < 2 * line.size or ended(line.text)
