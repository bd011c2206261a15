"""Markdown to paper: headings become sections, the first top heading is the title."""

from __future__ import annotations

import re

from p2c.errors import PaperError
from p2c.paper.headings import SectionKind, is_abstract, kind_of
from p2c.types import Figure, Paper, Section
from sandbox.words import counted

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_SETEXT = re.compile(r"^(=+|-+)\s*$")
_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)[^)]*\)")
_LEAST_WORDS = 30


def read_markdown(name: str, text: str, digest: str) -> Paper:
    """The paper in `text`, the content of the Markdown file `name`.

    Raises:
        PaperError: the text is too short to be a paper.
    """
    if len(text.split()) < _LEAST_WORDS:
        raise PaperError(
            f"{name}: it holds only {counted(len(text.split()), 'word')}, which is no paper; give the whole text."
        )
    parts = _parts(_without_front_matter(text))
    title = next((heading for level, heading, _ in parts if level == 1), "") or _title(text) or "Untitled"
    abstract, lead = "", ""
    sections: list[Section] = []
    kind: SectionKind = "body"
    base = min((level for level, heading, _ in parts if heading and heading != title), default=1)
    for level, heading, body in parts:
        if not heading or (heading == title and not sections and not abstract):
            lead = f"{lead}\n\n{body}".strip()
        elif is_abstract(heading) and not abstract:
            abstract = body
        else:
            kind = kind_of(heading, kind)
            sections.append(Section(title=heading, level=max(1, level - base + 1), text=body, kind=kind))
    if lead and not abstract:
        abstract = lead
    elif lead:
        sections.insert(0, Section(title="Front matter", level=1, text=lead))
    figures = tuple(
        Figure(label=f"Figure {n}", caption=found[1], image=None) for n, found in enumerate(_IMAGE.finditer(text), 1)
    )
    return Paper(
        title=title, abstract=abstract, sections=tuple(sections), figures=figures, source="markdown", digest=digest
    )


def _without_front_matter(text: str) -> str:
    return re.sub(r"\A\ufeff?---\n.*?\n---\n", "", text.replace("\r\n", "\n"), count=1, flags=re.DOTALL)


def _title(text: str) -> str:
    found = re.search(r"\A\ufeff?---\n.*?^title:\s*[\"']?(.+?)[\"']?\s*$.*?^---", text, re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


def _parts(text: str) -> list[tuple[int, str, str]]:
    """(level, heading, text below it); headings inside code fences are code."""
    parts: list[tuple[int, str, list[str]]] = [(0, "", [])]
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else mark[1]
        heading = None if fence or mark else _HEADING.match(line)
        under = None if fence else _SETEXT.match(line)
        held = parts[-1][2]
        if heading:
            parts.append((len(heading[1]), heading[2], []))
        elif under and held and held[-1].strip() and (len(held) < 2 or not held[-2].strip()) and "|" not in held[-1]:
            parts.append((1 if line.startswith("=") else 2, held.pop().strip(), []))
        else:
            held.append(line)
    return [
        (level, heading, "\n".join(body).strip()) for level, heading, body in parts if heading or "".join(body).strip()
    ]
