"""A paper as Markdown, whole for people, or trimmed by rule for a model's context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from p2c.types import Paper, Section

_CHARACTERS_A_TOKEN = 3.0
"""Characters counted as one token: low on purpose (English text has about four, mathematics and tables three)."""
_LAST = ("acknowledgements", "references")


@dataclass(frozen=True)
class _Piece:
    """A section as rendered; `cut` is the note that stands for it when it is left out."""

    text: str
    cut: str
    kind: str


def to_markdown(paper: Paper) -> str:
    """The whole paper: title, abstract, sections; acknowledgements and references last."""
    return _joined([_head(paper), *(piece.text for piece in _pieces(paper)), *_notes(paper)])


def for_model(paper: Paper, max_tokens: int) -> str:
    """The paper in at most about `max_tokens` tokens (an estimate: three characters a token).

    Left out in this order, until it fits: references, acknowledgements, appendices from the last to the first. If that
    is not enough, the body's sections are cut, from the last to the first. Each cut leaves a note in its place.
    """
    limit = int(max_tokens * _CHARACTERS_A_TOKEN)
    pieces = _pieces(paper)
    shown = [piece.text for piece in pieces]
    head, notes = _head(paper), _notes(paper)
    for index in _order(pieces):
        if len(_joined([head, *shown, *notes])) <= limit:
            break
        shown[index] = pieces[index].cut
    for index in reversed(range(len(pieces))):
        excess = len(_joined([head, *shown, *notes])) - limit
        if excess <= 0:
            break
        if pieces[index].kind == "body":
            shown[index] = _shortened(pieces[index], excess)
    text = _joined([head, *shown, *notes])
    if len(text) > limit:
        mark = "\n\n> [The paper is longer than the model's context: the rest was left out here.]\n"
        text = text[: max(0, limit - len(mark))].rstrip() + mark
    return text


def _order(pieces: Sequence[_Piece]) -> list[int]:
    """The indices of what may go as a whole, first to go first."""
    wanted = ("references", "acknowledgements", "appendix")
    return [i for kind in wanted for i in reversed(range(len(pieces))) if pieces[i].kind == kind]


def _shortened(piece: _Piece, excess: int) -> str:
    """The piece without its end, at a paragraph; the note says how much is missing."""
    room = len(piece.text) - excess - 120
    kept = piece.text[: max(room, 0)].rpartition("\n\n")[0]
    if not kept:
        return piece.cut
    missing = len(piece.text.split()) - len(kept.split())
    return f"{kept}\n\n> [The rest of this section ({missing} words) was left out to fit the model's context.]"


def _head(paper: Paper) -> str:
    return f"# {paper.title}\n\n## Abstract\n\n{paper.abstract}" if paper.abstract else f"# {paper.title}"


def _pieces(paper: Paper) -> list[_Piece]:
    ordered = [s for s in paper.sections if s.kind not in _LAST]
    ordered += [s for kind in _LAST for s in paper.sections if s.kind == kind]
    return [_piece(section) for section in ordered]


def _piece(section: Section) -> _Piece:
    heading = f"{'#' * min(section.level + 1, 6)} {section.title}"
    words = len(section.text.split())
    cut = f"{heading}\n\n> [This section ({words} words) was left out to fit the model's context.]"
    return _Piece(f"{heading}\n\n{section.text}" if section.text else heading, cut, section.kind)


def _notes(paper: Paper) -> list[str]:
    return ["> Notes on reading the paper: " + " ".join(paper.notes)] if paper.notes else []


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(part.rstrip() for part in parts) + "\n"
