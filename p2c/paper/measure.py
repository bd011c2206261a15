"""How much of a paper was read: a reading against the paper's own source, word by word and in order.

Run as `python -m p2c.paper.measure READING TRUTH [READING TRUTH]...`; a pair a line, for example a PDF and its `.tex`.
"""

from __future__ import annotations

import re
import sys
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from pylatexenc.latex2text import LatexNodes2Text

from p2c.paper.headings import bare
from p2c.paper.read import read_paper
from p2c.types import Paper

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_NOT_BODY = re.compile(
    r"\A(?:\||\$\$|```|> |\*\*(?:Caption|Figure [\dA-Z.]*|Table [\dA-Z.]*|Algorithm [\dA-Z.]*)\.?\*\*)"
)
_KINDS = ("body", "appendix")
_RUN = 4
"""So many words in a row that stand at another place were read, and put elsewhere."""
_Link = tuple[int, "_Link | None"]
"""The last place of a chain, and the chain before it."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Shares from 0 to 1 of what the truth holds."""

    words: float
    """Running words of the body (no mathematics, tables, captions, footnotes) that were read, in order."""
    elsewhere: float
    """Further ones that were read at another place: in runs of four words or more."""
    headings: float
    """Section headings that were read as headings."""
    missing: tuple[str, ...]
    """Headings that were not found."""
    total: int
    """Words that the truth has."""
    titles: int
    """Headings that it has."""


def measure(read: Paper, true: Paper) -> Measure:
    """A paper as `read` (from its PDF) against the same paper as it truly is (from its LaTeX or JSON)."""
    wanted, found = body_words(true), all_words(read)
    kept = in_order_places(wanted, found)
    named = {_key(section.title) for section in read.sections}
    titles = [section.title for section in true.sections if section.kind in _KINDS]
    missing = tuple(title for title in titles if _key(title) not in named)
    return Measure(
        words=len(kept) / max(len(wanted), 1),
        elsewhere=_elsewhere(wanted, kept, found) / max(len(wanted), 1),
        headings=1 - len(missing) / max(len(titles), 1),
        missing=missing,
        total=len(wanted),
        titles=len(titles),
    )


def body_words(paper: Paper) -> list[str]:
    """The words of abstract and body in order, without mathematics, citation keys, tables, captions and footnotes."""
    parts = [paper.abstract, *(section.text for section in paper.sections if section.kind in _KINDS)]
    kept = [part for text in parts for part in re.split(r"\n\s*\n", text) if not _NOT_BODY.match(part.lstrip())]
    text = re.sub(
        r"\$\$.*?\$\$|\$[^$]*\$|\[[^\]]*\]|_\{[^}]*\}|\^\{[^}]*\}|https?://\S+", " ", "\n\n".join(kept), flags=re.DOTALL
    )
    return words_of(text)


def all_words(paper: Paper) -> list[str]:
    """Every word that was read, headings and floats included."""
    return words_of("\n".join([paper.abstract, *(text for s in paper.sections for text in (s.title, s.text))]))


def in_order(wanted: Sequence[str], found: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    return len(in_order_places(wanted, found))


def in_order_places(wanted: Sequence[str], found: Sequence[str]) -> frozenset[int]:
    """The places in `wanted` of a longest common subsequence (Hunt and Szymanski 1977)."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(found):
        places[word].append(place)
    ends: list[int] = []  # of chains by length: the least place in `found` that such a chain ends at
    links: list[_Link] = []  # the same chains, backwards, as places in `wanted`
    for number, word in enumerate(wanted):
        for place in reversed(places.get(word, ())):
            at = bisect_left(ends, place)
            if at < len(ends) and ends[at] == place:
                continue  # an earlier word ends there: of equal chains, the one that came first
            ends[at : at + 1] = [place]
            links[at : at + 1] = [(number, links[at - 1] if at else None)]
    chain: list[int] = []
    link: _Link | None = links[-1] if links else None
    while link is not None:
        chain.append(link[0])
        link = link[1]
    return frozenset(chain)


def _elsewhere(wanted: Sequence[str], kept: Collection[int], found: Sequence[str]) -> int:
    """How many words that are not in order stand in runs of `_RUN` that were read somewhere."""
    grams = {tuple(found[i : i + _RUN]) for i in range(len(found) - _RUN + 1)}
    hit: set[int] = set()
    for i in range(len(wanted) - _RUN + 1):
        if tuple(wanted[i : i + _RUN]) in grams:
            hit.update(range(i, i + _RUN))
    return len(hit.difference(kept))


def words_of(text: str) -> list[str]:
    """Words of two letters or more; hyphens do not count, since truths that come from PDFs have them at random."""
    words = (word.lower().replace("-", "") for word in _WORD.findall(text))
    return [word for word in words if len(word) > 1]


def _key(title: str) -> str:
    if "$" in title:
        title = str(LatexNodes2Text(math_mode="text").latex_to_text(title))
    return "".join(char for char in re.sub(r"[_^]?\{|\}|\$", "", bare(title)).casefold() if char.isalnum())


def main(arguments: Sequence[str]) -> None:
    """Prints one line for each pair of files."""
    print(f"{'paper':<34} {'words':>7} {'elsewhere':>9} {'headings':>9} {'seconds':>8}")
    for reading, truth in zip(arguments[::2], arguments[1::2], strict=True):
        started = time.perf_counter()
        read = read_paper(Path(reading))
        seconds = time.perf_counter() - started
        result = measure(read, read_paper(Path(truth)))
        shown = f" missing: {'; '.join(result.missing)}" if result.missing else ""
        figures = f"{result.words:>7.2%} {result.elsewhere:>9.2%} {result.headings:>9.2%} {seconds:>8.1f}"
        print(f"{Path(reading).name:<34} {figures}{shown}")


if __name__ == "__main__":
    main(sys.argv[1:])
