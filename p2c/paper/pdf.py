"""PDF to paper, by PyMuPDF's text layer and layout analysis; without OCR and without a network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pymupdf

from p2c.errors import PaperError
from p2c.paper.pdf_assemble import assemble
from p2c.paper.pdf_blocks import Block, page_blocks
from p2c.paper.pdf_boxes import with_boxes_whole
from p2c.paper.pdf_columns import with_columns_apart
from p2c.paper.pdf_diagrams import with_diagrams
from p2c.paper.pdf_figures import figures
from p2c.paper.pdf_fonts import decoded
from p2c.paper.pdf_footnotes import with_footnotes
from p2c.paper.pdf_furniture import without_furniture
from p2c.paper.pdf_headings import with_headings
from p2c.paper.pdf_layout import Place, layouts
from p2c.paper.pdf_lines import lines_of, main_size
from p2c.paper.pdf_open import open_pdf
from p2c.paper.pdf_regions import Region, page_regions, page_rules
from p2c.paper.pdf_text import Vocabulary
from p2c.paper.pdf_words import Word, page_words, unmapped
from p2c.types import Paper
from sandbox.words import counted

_LEAST_CHARACTERS = 200
"""Below this many characters of text in all a document is no paper (an abstract alone has a thousand)."""

_MOST_FONTS = 3
_PLAIN_NAME = re.compile(r"[A-Za-z0-9+]{1,24}(?:-[A-Za-z]{1,12})?")


def read_pdf(path: Path, data: bytes, digest: str, figures_to: Path | None = None) -> Paper:
    """The paper in `data`, the bytes of the file at `path`; figures are written below `figures_to`.

    Raises:
        PaperError: it is damaged, protected, without text, or no paper.
    """
    document, notes = open_pdf(path, data)
    with document:
        sheets = list(document.pages())
        printed = [page_words(page) for page in sheets]
        pages = decoded([[word for word in words if word.seen] for words in printed])
        _has_text(path, document, pages)
        places = layouts(document, data)
        regions = [_regions(*page) for page in zip(sheets, places, pages, strict=True)]
        heights = [page.rect.height for page in sheets]
        kept = without_furniture(with_footnotes(regions, heights), heights)
        blocks, vocabulary = _blocks(kept)
        text = assemble(blocks, vocabulary)
        shown = figures(document, kept, blocks, figures_to)
    notes += [*_unmapped(pages), *_hidden(printed)]
    return Paper(
        title=text.title,
        abstract=text.abstract,
        sections=text.sections,
        figures=shown,
        source="pdf",
        digest=digest,
        notes=(*notes, *text.notes),
    )


def _regions(page: pymupdf.Page, places: Sequence[Place], words: list[Word]) -> list[Region]:
    regions = with_diagrams(page, with_columns_apart(page_regions(page, places, words)))
    return with_boxes_whole(regions, page_rules(page))


def _unmapped(pages: Sequence[list[Word]]) -> list[str]:
    """A note on characters that have no Unicode value, if there are any: of which fonts most are, and where."""
    counts: Counter[str] = Counter()
    first: dict[str, int] = {}
    for page, words in enumerate(pages, start=1):
        found = unmapped(words)
        counts += found
        first = dict.fromkeys(found, page) | first
    if not counts:
        return []
    fonts = counts.most_common(_MOST_FONTS)
    named = [f"{count} of {_font_name(font)}, first on page {first[font]}" for font, count in fonts]
    others = counts.total() - sum(count for _, count in fonts)
    named += [f"{others} of {counted(len(counts) - len(fonts), 'other font')}"] if others else []
    text = "; ".join(named)
    return [f"Characters (symbols mostly) that have no Unicode value in the file were left out: {text}."]


def _font_name(font: str) -> str:
    """`font` where it looks like a name: models read notes, and a file may call a font anything."""
    return f"font {font}" if _PLAIN_NAME.fullmatch(font) else "an unnamed font"


def _hidden(pages: Sequence[Sequence[Word]]) -> list[str]:
    """A note on text that no one sees, if there is any; it does not say what the text is, as models read notes."""
    counts = [sum(not word.seen for word in words) for words in pages]
    total = sum(counts)
    if not total:
        return []
    where = ", ".join(str(page) for page, words in enumerate(counts, start=1) if words)
    return [f"{total} words that no one sees on paper (white, without ink or tiny) were left out; pages: {where}."]


def _has_text(path: Path, document: pymupdf.Document, pages: Sequence[Sequence[Word]]) -> None:
    characters = sum(len(word.text) for words in pages for word in words)
    if characters >= _LEAST_CHARACTERS:
        return
    if any(page.get_images() for page in document.pages()):
        raise PaperError(
            f"{path.name}: {document.page_count} pages hold images but next to no text ({characters} characters); "
            "it is a scan and needs OCR first, for example `ocrmypdf scan.pdf paper.pdf`."
        )
    if characters == 0:
        raise PaperError(f"{path.name}: all {document.page_count} pages are blank; try another copy of the paper.")
    raise PaperError(
        f"{path.name}: it holds only {characters} characters of text, which is no paper; try another copy, "
        "or the paper's LaTeX source."
    )


def _blocks(pages: Sequence[Sequence[Region]]) -> tuple[list[Block], Vocabulary]:
    """The blocks of all pages with headings found, and the paper's vocabulary."""
    vocabulary = Vocabulary(line.text for regions in pages for region in regions for line in lines_of(region.words))
    blocks = [
        block
        for number, regions in enumerate(pages, start=1)
        for block in page_blocks([_marked(region) for region in regions], number, vocabulary)
    ]
    body = main_size(word for regions in pages for region in regions if region.kind == "text" for word in region.words)
    return with_headings(blocks, body), vocabulary


def _marked(region: Region) -> Region:
    """A page head or foot that was kept (it is neither in the margin nor repeated) is text."""
    return replace(region, kind="text") if region.kind in ("page-header", "page-footer") else region
