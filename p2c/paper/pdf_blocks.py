"""Regions of a page into blocks in reading order: paragraphs, headings, lists, tables, captions, formulas, code."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from p2c.paper.pdf_boxes import ALGORITHM
from p2c.paper.pdf_code import begins_as_step, indented, is_code, titled
from p2c.paper.pdf_diagrams import laid_out
from p2c.paper.pdf_formula import formula_lines
from p2c.paper.pdf_layout import Box
from p2c.paper.pdf_lines import Line, lines_of
from p2c.paper.pdf_order import reading_order
from p2c.paper.pdf_regions import Region, bounds
from p2c.paper.pdf_tables import table_rows
from p2c.paper.pdf_text import Vocabulary, paragraphs
from p2c.paper.tables import pipe_table

Kind = Literal["title", "heading", "text", "list", "table", "caption", "formula", "footnote", "code", "picture"]

CAPTION = re.compile(
    r"(?:(?:Supplementary |Extended Data )?(?:Fig(?:ure|\.)?|Table|Tab\.|Algorithm|Listing|Рис(?:унок|\.)|"
    r"Табл(?:ица|\.)|Abbildung|Abb\.|Tabelle|Tableau)\s*(?:[A-Z]?\d+(?:\.\d+)?|[IVX]+)\b)\s*[.:|)–—-]?",
    re.IGNORECASE,
)
_GAP = 0.9
"""Ems of white between two lines from which on they are not one paragraph."""
_SUBSECTION = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,3}\.?\s+(?:\w-)?[^\W\d_a-z]")
_LONGEST_HEADING = 12
"""Words."""
_BULLET = re.compile(r"^[•‣◦▪●○■–∙·*⁃✓➢]\s*(?=\S)|^-\s+(?=\S)")
_NUMBERED = re.compile(r"(?:\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)]|\[[^\]]{1,40}\])\s")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a page that is one thing: a paragraph, a heading, a table."""

    kind: Kind
    text: str
    page: int
    box: Box
    size: float = 0.0
    bold: bool = False


def page_blocks(regions: Sequence[Region], page: int, vocabulary: Vocabulary) -> list[Block]:
    """The blocks of one page in reading order; footnotes come last. `page` counts from 1."""
    parts = _divided(regions)
    ordered = [parts[i] for i in reading_order([part.box for part in parts])]
    blocks: list[Block] = []
    for region in ordered:
        for block in _blocks(region, page, vocabulary, after=blocks[-1] if blocks else None):
            if blocks and _is_more_of(blocks[-1], block):
                blocks[-1] = replace(blocks[-1], text=f"{blocks[-1].text}\n{block.text}")
            else:
                blocks.append(block)
    return [b for b in blocks if b.kind != "footnote"] + [b for b in blocks if b.kind == "footnote"]


def _is_more_of(last: Block, block: Block) -> bool:
    """Whether an algorithm goes on in `block`."""
    return last.kind == block.kind == "code" and any(begins_as_step(line) for line in block.text.split("\n"))


def _divided(regions: Sequence[Region]) -> list[Region]:
    """Text regions divided at wide gaps, and where another region (a heading, a formula) lies within them."""
    parts: list[Region] = []
    for region in regions:
        inner = [r.box for r in regions if r is not region and _within(r.box, region.box)]
        if region.kind in ("picture", "table", "formula", "title", ALGORITHM) or not region.words:
            parts.append(region)
            continue
        edges = sorted((box[1] + box[3]) / 2 for box in inner)
        strips: dict[tuple[int, int], list[Line]] = {}
        gaps, bottom, listed = 0, math.inf, False
        lines = lines_of(region.words)
        headings = {at for at, (line, below) in enumerate(pairwise(lines)) if _heads(line, below)}
        for at, line in enumerate(lines):
            bullet, gap = bool(_BULLET.match(line.text)), line.y0 - bottom > _GAP * line.size
            gaps += gap or (bullet and not listed) or at in headings or at - 1 in headings
            bottom, listed = line.y1, bullet or (listed and not gap)
            strips.setdefault((sum(line.y0 + line.y1 > 2 * edge for edge in edges), gaps), []).append(line)
        for strip in strips.values():
            words = tuple(word for line in strip for word in line.words)
            parts.append(replace(region, words=words, box=bounds(words)))
    return parts


def _heads(line: Line, below: Line) -> bool:
    """Whether a line of a paragraph is a heading that was not told from it: numbered, short, and of another font."""
    named = bool(_SUBSECTION.match(line.text)) and not line.text.endswith((".", ",", ";", ":"))
    short = line.x1 < below.x1 - 2 * line.size and len(line.words) <= _LONGEST_HEADING
    return named and short and _font(line) != _font(below)


def _font(line: Line) -> str:
    """The font that sets most of a line's characters."""
    fonts: Counter[str] = Counter()
    for word in line.words:
        fonts[word.font] += len(word.text)
    return fonts.most_common(1)[0][0]


def _within(inner: Box, outer: Box) -> bool:
    middle = (inner[1] + inner[3]) / 2
    overlap = min(inner[2], outer[2]) - max(inner[0], outer[0])
    return outer[1] < middle < outer[3] and overlap > 0.5 * (inner[2] - inner[0])


def _blocks(region: Region, page: int, vocabulary: Vocabulary, after: Block | None) -> list[Block]:
    lines = lines_of(region.words)

    def block(kind: Kind, text: str, of: Sequence[Line] = lines) -> Block:
        size = max((line.size for line in of), default=0.0)
        return Block(kind, text, page, region.box, size, bool(of) and all(line.bold for line in of))

    joined = vocabulary.join([line.text for line in lines])
    if region.kind == "picture" and (region.boxed or not _prose(lines)):
        said = laid_out(region.words) if region.boxed else joined
        found = [block("picture", said)] if region.boxed or _labelled(joined) else []
    elif not lines:
        found = []
    elif region.kind == ALGORITHM:
        found = [block("code", indented(lines))]
    elif is_code(lines, announced=_announces(after), goes_on=after is not None and after.kind == "code"):
        title, body = titled(lines)
        found = [block("caption", line.text, title) for line in title] + [block("code", indented(body))]
    elif region.kind == "table" and len({cell.column for cell in region.cells}) > 1:
        found = [block("table", pipe_table(table_rows(region)))]
    elif region.kind == "formula":
        found = [block("formula", "\n".join(formula_lines(region.words, region.rules)))]
    elif region.kind == "caption" or (CAPTION.match(joined) and _caption_like(joined)):
        found = [block("caption", joined)]
    elif region.kind == "footnote":
        found = [block("footnote", part) for part in _notes(lines, vocabulary)]
    elif region.kind == "title":
        found = [block("title", joined)]
    elif region.kind == "section-header" and len(joined) < 200:
        found = [block("heading", joined)]
    elif _BULLET.match(joined) or (region.kind == "list-item" and _NUMBERED.match(joined)):
        found = [block("list", _item(lines, vocabulary))]
    else:
        found = [block("text", _run_in(part, vocabulary), part) for part in paragraphs(lines)]
    return found


def _prose(lines: Sequence[Line]) -> bool:
    """Whether a picture's region holds text that is read as text: an algorithm box, a framed paragraph."""
    spoken = [line for line in lines if len(re.findall(r"[^\W\d_]{2,}", line.text)) >= 5]
    return len(lines) >= 2 and len(spoken) >= 0.6 * len(lines)


def _labelled(text: str) -> bool:
    """Whether a picture's text says something: names of parts, not the numbers of an axis and a letter or two."""
    parts = text.split()
    words = re.findall(r"[^\W\d_]{3,}", text)
    return len(words) >= 4 and len(words) >= 0.5 * len(parts)


def _caption_like(text: str) -> bool:
    """Not a sentence that begins with the words `Figure 3 shows`."""
    label = CAPTION.match(text)
    return label is not None and (label[0].rstrip()[-1] in ".:|)–—" or text.lower().startswith("algorithm"))


def _announces(block: Block | None) -> bool:
    """Whether it is an algorithm's caption."""
    return block is not None and block.kind == "caption" and block.text.lower().startswith("algorithm")


def _notes(lines: Sequence[Line], vocabulary: Vocabulary) -> list[str]:
    """Footnotes, each beginning with its mark."""
    groups: list[list[str]] = []
    for line in lines:
        if not groups or re.match(r"\^\{[\d*∗†‡§a-z]{1,2}\}|[∗†‡*]", line.text):
            groups.append([])
        groups[-1].append(line.text)
    return [vocabulary.join(group) for group in groups]


def _item(lines: Sequence[Line], vocabulary: Vocabulary) -> str:
    groups: list[list[str]] = []
    for line in lines:
        numbered = _NUMBERED.match(line.text) and line.x0 - lines[0].x0 < 0.7 * line.size
        if not groups or _BULLET.match(line.text) or numbered:
            groups.append([])
        groups[-1].append(line.text)
    items = [_BULLET.sub("", vocabulary.join(group)) for group in groups]
    return "\n".join(f"- {item}" for item in items)


def _run_in(lines: Sequence[Line], vocabulary: Vocabulary) -> str:
    """A paragraph; bold words at its beginning (a run-in heading) stay visible as bold."""
    text = vocabulary.join([line.text for line in lines])
    head: list[str] = []
    for word in lines[0].words:
        if not word.bold:
            break
        head.append(word.text)
    if not head or len(head) == len(lines[0].words):
        return text
    whole = re.match(r"\s*".join(re.escape(part) for part in head), text)
    return f"**{whole[0]}**{text[whole.end() :]}" if whole and len(whole[0]) > 3 else text
