"""What of the paper the writer of a file gets to read: what stands at the places of its claims, and at those named."""

from __future__ import annotations

import re
from collections.abc import Sequence

from p2c.stages.places import excerpts_at, named
from p2c.types import Claim

LONGEST_EXCERPT = 6_000
"""Characters of the paper that the writer of one file gets to read for its claims, and as many for what is named."""
_EMPTY_LINE = re.compile(r"\n[ \t]*\n")
_GAP = "\n\n"
_CUT = "\n\n[cut here: {:,} more characters; what is missing is not to be made up]"


def excerpts(claims: Sequence[Claim], paper: str, description: str = "", note: str = "") -> str:
    """What the paper has at the places of a file's `claims`, then at those that else are named; no paragraph twice.

    Args:
        claims: those of the file.
        paper: its text (Markdown).
        description: of the file, in the plan. Tables, algorithms and equations that it names count; where there is no
            claim, as for a file that holds data alone, sections too.
        note: on the file. Tables, algorithms and equations count.

    Returns:
        At most `LONGEST_EXCERPT` characters of either.
    """
    shown: set[str] = set()
    claimed = _unseen([claim.place for claim in claims], paper, shown)
    also = _unseen([*named(description, sections=not claims), *named(note)], paper, shown)
    return "\n\n".join(filter(None, (claimed, also)))


def _unseen(places: Sequence[str], paper: str, shown: set[str]) -> str:
    """The paragraphs at `places` that are not among `shown`, where they are added; whole sections come last.

    A section stays as it reads. Where all is more than fits, each place is cut at its share of the room; what is
    named by itself then stays, unless what is left of a section around it has it.
    """
    found = dict.fromkeys(one for place in places for one in excerpts_at(place, paper))
    ordered = sorted(found, key=lambda one: one.is_section)
    parts = [[one for one in _paragraphs(part.text) if one not in shown] for part in ordered]
    taken = _together(parts)
    if _length(taken) > LONGEST_EXCERPT:
        shares = _shares(parts, sum(not part.is_section for part in ordered))
        taken = _together([_cut(*part) for part in zip(parts, shares, strict=True)])
    text = _GAP.join(taken)
    shown.update(one for part in parts for one in part if one in text)
    return text


def _together(parts: Sequence[Sequence[str]]) -> list[str]:
    """The paragraphs of `parts`, each once; a part that another one has is read there."""
    taken: dict[str, None] = {}
    for index, part in enumerate(parts):
        if not any(_covers(other, part, is_before=at < index) for at, other in enumerate(parts) if at != index):
            taken.update(dict.fromkeys(part))
    return list(taken)


def _shares(parts: Sequence[Sequence[str]], narrow: int) -> list[int]:
    """How many characters each part may have; the first `narrow` leave at least a third of the room to the others."""
    sizes = [_length(part) for part in parts]
    room = LONGEST_EXCERPT - len(_GAP) * len(parts)
    first = _fair(sizes[:narrow], room if narrow == len(sizes) else room - room // 3)
    return first + _fair(sizes[narrow:], room - sum(first))


def _fair(sizes: Sequence[int], room: int) -> list[int]:
    """What is small gets all that it needs, and the others equal parts of what is left."""
    shares = [0] * len(sizes)
    for done, index in enumerate(sorted(range(len(sizes)), key=sizes.__getitem__)):
        shares[index] = min(sizes[index], (room - sum(shares)) // (len(sizes) - done))
    return shares


def _cut(paragraphs: Sequence[str], room: int) -> list[str]:
    """As many of `paragraphs` as have `room`, the last of which says what is missing; none where it is too small."""
    length = _length(paragraphs)
    if length <= room:
        return list(paragraphs)
    kept = _GAP.join(paragraphs)[: max(0, room - len(_CUT.format(length)))].rstrip()
    if not kept:
        return []
    *whole, last = kept.split(_GAP)
    return [*whole, last + _CUT.format(length - len(kept))]


def _length(paragraphs: Sequence[str]) -> int:
    return len(_GAP.join(paragraphs))


def _covers(other: Sequence[str], paragraphs: Sequence[str], *, is_before: bool) -> bool:
    """Whether `other` has all of `paragraphs`, and more than they, or the same and stands before them."""
    return set(paragraphs) <= set(other) and (is_before or not set(other) <= set(paragraphs))


def _paragraphs(text: str) -> list[str]:
    return [one.strip("\n") for one in _EMPTY_LINE.split(text) if one.strip()]
