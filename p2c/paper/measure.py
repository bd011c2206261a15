"""How much of a paper was read: a reading against the paper's own source, word by word and in order.

Run as `python -m p2c.paper.measure READING TRUTH [READING TRUTH]...`; a pair a line, for example a PDF and its `.tex`.
"""

from __future__ import annotations

import re
import sys
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from p2c.paper.headings import bare
from p2c.paper.read import read_paper
from p2c.types import Paper

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_NOT_BODY = re.compile(
    r"\A(?:\||\$\$|```|> |\*\*(?:Caption|Figure [\dA-Z.]*|Table [\dA-Z.]*|Algorithm [\dA-Z.]*)\.?\*\*)"
)
_KINDS = ("body", "appendix")


@dataclass(frozen=True, slots=True)
class Measure:
    """Shares from 0 to 1 of what the truth holds."""

    words: float
    """Running words of the body (no mathematics, tables, captions, footnotes) that were read, in order."""
    headings: float
    """Section headings that were read as headings."""
    missing: tuple[str, ...]
    """Headings that were not found."""


def measure(read: Paper, true: Paper) -> Measure:
    """A paper as `read` (from its PDF) against the same paper as it truly is (from its LaTeX or JSON)."""
    wanted = body_words(true)
    named = {_key(section.title) for section in read.sections}
    titles = [section.title for section in true.sections if section.kind in _KINDS]
    missing = tuple(title for title in titles if _key(title) not in named)
    return Measure(
        words=in_order(wanted, all_words(read)) / max(len(wanted), 1),
        headings=1 - len(missing) / max(len(titles), 1),
        missing=missing,
    )


def body_words(paper: Paper) -> list[str]:
    """The words of abstract and body in order, without mathematics, citation keys, tables, captions and footnotes."""
    parts = [paper.abstract, *(section.text for section in paper.sections if section.kind in _KINDS)]
    kept = [part for text in parts for part in re.split(r"\n\s*\n", text) if not _NOT_BODY.match(part.lstrip())]
    text = re.sub(
        r"\$\$.*?\$\$|\$[^$]*\$|\[[^\]]*\]|_\{[^}]*\}|\^\{[^}]*\}|https?://\S+", " ", "\n\n".join(kept), flags=re.DOTALL
    )
    return _words(text)


def all_words(paper: Paper) -> list[str]:
    """Every word that was read, headings and floats included."""
    return _words("\n".join([paper.abstract, *(text for s in paper.sections for text in (s.title, s.text))]))


def in_order(wanted: Sequence[str], found: Sequence[str]) -> int:
    """The length of the longest common subsequence (Hunt and Szymanski 1977)."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(found):
        places[word].append(place)
    ends: list[int] = []
    for word in wanted:
        for place in reversed(places.get(word, ())):
            at = bisect_left(ends, place)
            ends[at : at + 1] = [place]
    return len(ends)


def _words(text: str) -> list[str]:
    """Words of two letters or more; hyphens do not count, since truths that come from PDFs have them at random."""
    words = (word.lower().replace("-", "") for word in _WORD.findall(text))
    return [word for word in words if len(word) > 1]


def _key(title: str) -> str:
    return "".join(char for char in re.sub(r"[_^]?\{|\}|\$", "", bare(title)).casefold() if char.isalnum())


def main(arguments: Sequence[str]) -> None:
    """Prints one line for each pair of files."""
    print(f"{'paper':<34} {'words':>7} {'headings':>9} {'seconds':>8}")
    for reading, truth in zip(arguments[::2], arguments[1::2], strict=True):
        started = time.perf_counter()
        read = read_paper(Path(reading))
        seconds = time.perf_counter() - started
        result = measure(read, read_paper(Path(truth)))
        shown = f" missing: {'; '.join(result.missing)}" if result.missing else ""
        name = Path(reading).name
        print(f"{name:<34} {result.words:>7.2%} {result.headings:>9.2%} {seconds:>8.1f}{shown}")


if __name__ == "__main__":
    main(sys.argv[1:])
