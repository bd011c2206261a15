"""The section of RESULTS.md on ingestion, from what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.paper_parts import Found, Parts
from benchmarks.results import Section, Table, Target
from benchmarks.stats import seconds_text, share_text
from p2c.paper.measure import Measure
from p2c.types import Paper

PARTS = ("tables", "cells", "captions", "algorithms", "equations")
WORDS, SECONDS, KNOWN_SECONDS = 0.98, 10.0, 1.0

METHOD = """Every paper that lies beside its LaTeX, or beside GROBID's reading of it (S2ORC JSON), is read from its PDF
in a process of its own, once with an empty cache and once more. Its words are held against those of the LaTeX (read by
p2c's own LaTeX reader) or of GROBID: *in order* is the longest common subsequence over normalised words of abstract and
body (two letters or more, without case and hyphens; no mathematics, citations, tables, captions, footnotes), as a share
of the truth's; *elsewhere* are further ones in runs of four or more that were read at another place. A heading counts
when it was read as one. A table counts with half of its cells, a caption and an algorithm box with 80 % of their words
in order, an equation with 70 % of its letters and digits in one formula. *Leaked* are words of six-word runs of a
reference in the body, and of whole lines of page furniture (what comes again in the margins of several pages).
LaTeX is the truth; GROBID is another reader with errors of its own, so its row has a target of its own."""


@dataclass(frozen=True)
class Reading:
    """One paper as it was read."""

    paper: Paper
    pictures: int
    seconds: float
    known_seconds: float
    """For the same again."""


@dataclass(frozen=True)
class Row:
    """One paper against one truth."""

    name: str
    truth: str
    reading: Reading
    measure: Measure
    parts: Parts
    reference_words: int | None
    """Leaked ones; None where the truth has no references."""
    furniture_words: int

    @property
    def is_latex(self) -> bool:
        """Whether the truth is the paper's own source."""
        return self.truth == "LaTeX"


@dataclass(frozen=True)
class Peer:
    """GROBID's reading of a paper that has both truths, against the LaTeX; and the LaTeX against GROBID's."""

    name: str
    measure: Measure
    parts: Parts
    ceiling: float
    """The share of GROBID's words that the paper's own LaTeX has in order: no reading of the PDF can have more."""


@dataclass(frozen=True)
class Broken:
    """A broken file, what became of it, and whether that is right."""

    name: str
    said: str
    right: bool


def section(
    rows: Sequence[Row],
    others: Sequence[tuple[str, Reading]],
    broken: Sequence[Broken],
    notes: Sequence[str],
    peers: Sequence[Peer] = (),
) -> Section:
    """The section, without its name.

    Args:
        others: papers without a truth, which count for the time they take.
    """
    return Section(
        name="",
        title="",
        method=METHOD,
        command="",
        tables=tuple(_tables(rows, others, broken, peers)),
        targets=tuple(_targets(rows, others, broken, peers)),
        notes=(
            *notes,
            *(f"{row.name}, {row.truth}: headings not found: {_listed(row)}" for row in rows if _listed(row)),
        ),
    )


def _listed(row: Row) -> str:
    return "; ".join(row.measure.missing)


def _tables(
    rows: Sequence[Row], others: Iterable[tuple[str, Reading]], broken: Iterable[Broken], peers: Sequence[Peer]
) -> Iterable[Table]:
    yield Table(
        title="Running text",
        columns=("paper", "truth", "words", "in order", "elsewhere", "headings", "seconds", "known"),
        rows=tuple(
            (
                row.name,
                row.truth,
                f"{row.measure.total:,}",
                f"{row.measure.words:.2%}",
                f"{row.measure.elsewhere:.2%}",
                _headings(row.measure),
                seconds_text(row.reading.seconds),
                seconds_text(row.reading.known_seconds),
            )
            for row in rows
        )
        + tuple(
            (name, "-", "-", "-", "-", "-", seconds_text(one.seconds), seconds_text(one.known_seconds))
            for name, one in others
        ),
    )
    yield Table(
        title="Parts, and what leaked into the body (words)",
        columns=("paper", "truth", *PARTS, "pictures", "references", "furniture"),
        rows=tuple(
            (
                row.name,
                row.truth,
                *_parts(row.parts),
                str(row.reading.pictures),
                "-" if row.reference_words is None else str(row.reference_words),
                str(row.furniture_words),
            )
            for row in rows
        ),
    )
    if peers:
        yield _beside(rows, peers)
    yield Table(
        title="Broken files",
        columns=("file", "what is said", ""),
        rows=tuple((one.name, one.said, "right" if one.right else "**wrong**") for one in broken),
    )


def _beside(rows: Sequence[Row], peers: Sequence[Peer]) -> Table:
    ours = {row.name: row for row in rows if row.is_latex}
    read = [("p2c", peer.name, ours[peer.name].measure, ours[peer.name].parts) for peer in peers]
    read += [("GROBID", peer.name, peer.measure, peer.parts) for peer in peers]
    return Table(
        title="p2c and GROBID on the same PDF, both against its LaTeX",
        columns=("paper", "reader", "in order", "headings", *PARTS),
        rows=tuple(
            (name, reader, f"{measure.words:.2%}", _headings(measure), *_parts(found))
            for reader, name, measure, found in sorted(read, key=lambda one: one[1])
        ),
    )


def _headings(measure: Measure) -> str:
    return Found(measure.titles - len(measure.missing), measure.titles).text


def _parts(found: Parts) -> list[str]:
    return [getattr(found, part).text for part in PARTS]


def _targets(
    rows: Sequence[Row], others: Sequence[tuple[str, Reading]], broken: Sequence[Broken], peers: Sequence[Peer]
) -> Iterable[Target]:
    latex, grobid = [row for row in rows if row.is_latex], [row for row in rows if not row.is_latex]
    readings = [*(row.reading for row in rows), *(one for _, one in others)]
    for truth, group in (("LaTeX", latex), ("GROBID", grobid)):
        if group:
            worst = min(group, key=lambda row: row.measure.words)
            placed = share_text(worst.measure.words + worst.measure.elsewhere)
            yield Target(
                what=f"body words in order, of the paper with the fewest, {truth}",
                unit="share",
                sense="at least",
                limit=WORDS,
                value=worst.measure.words,
                beside=f"{worst.name}; {placed} with those elsewhere",
                floor="" if truth == "LaTeX" else _floor(worst, peers),
            )
    if latex:
        yield _none_missing("section headings that were not found, LaTeX", sum(len(r.measure.missing) for r in latex))
        boxes = [row.parts.algorithms for row in latex]
        yield _none_missing("algorithm boxes that were not found, LaTeX", sum(one.total - one.found for one in boxes))
    yield _none_missing("words of references in the body", sum(row.reference_words or 0 for row in rows))
    yield _none_missing("words of page furniture in the body", sum(row.furniture_words for row in rows))
    for what, limit, values in (
        ("the slowest paper, whole process", SECONDS, [one.seconds for one in readings]),
        ("the slowest known paper, whole process", KNOWN_SECONDS, [one.known_seconds for one in readings]),
    ):
        yield Target(what=what, unit="s", sense="at most", limit=limit, value=max(values))
    if broken:
        yield _none_missing("broken files without the right answer", sum(not one.right for one in broken))


_FLOOR = (
    "GROBID's own reading: it sets footnotes and the text of pictures into the middle of paragraphs, moves paragraphs "
    "beside floats, and joins headings; what it has at another place cannot be read in its order"
)


def _floor(row: Row, peers: Sequence[Peer]) -> str:
    own = [
        f"; held against it, this paper's own LaTeX has {share_text(p.ceiling)}" for p in peers if p.name == row.name
    ]
    return _FLOOR + "".join(own)


def _none_missing(what: str, value: int) -> Target:
    return Target(what=what, unit="count", sense="at most", limit=0, value=value)
