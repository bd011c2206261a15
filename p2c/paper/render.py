"""A paper as Markdown, and the parts that such a text is made of."""

from __future__ import annotations

from collections.abc import Sequence

from p2c.types import Paper, Section

_LAST = ("acknowledgements", "references")


def to_markdown(paper: Paper) -> str:
    """The whole paper: title, abstract, sections; acknowledgements and references last."""
    sections = [f"{heading(s)}\n\n{s.text}" if s.text else heading(s) for s in in_order(paper)]
    return joined([head(paper), *sections, *notes_of(paper)])


def head(paper: Paper) -> str:
    """Title and abstract."""
    return f"# {paper.title}\n\n## Abstract\n\n{paper.abstract}" if paper.abstract else f"# {paper.title}"


def heading(section: Section) -> str:
    """The heading of a section; the paper's title is of level 1, so each is one deeper."""
    return f"{'#' * min(section.level + 1, 6)} {section.title}"


def in_order(paper: Paper) -> list[Section]:
    """All sections: the paper's own order, but acknowledgements and references last."""
    ordered = [s for s in paper.sections if s.kind not in _LAST]
    return ordered + [s for kind in _LAST for s in paper.sections if s.kind == kind]


def notes_of(paper: Paper) -> list[str]:
    """What reading it left out, as one paragraph; nothing where there is nothing to say."""
    return ["> Notes on reading the paper: " + " ".join(paper.notes)] if paper.notes else []


def joined(parts: Sequence[str]) -> str:
    """Parts with a blank line between, and a line's end behind the last."""
    return "\n\n".join(part.rstrip() for part in parts) + "\n"
