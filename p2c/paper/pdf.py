"""PDF to paper, by PyMuPDF's text layer and layout analysis; without OCR and without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pymupdf

from p2c.errors import PaperError
from p2c.paper.pdf_assemble import assemble
from p2c.paper.pdf_blocks import Block, page_blocks
from p2c.paper.pdf_figures import figures
from p2c.paper.pdf_fonts import decoded
from p2c.paper.pdf_footnotes import with_footnotes
from p2c.paper.pdf_furniture import without_furniture
from p2c.paper.pdf_headings import with_headings
from p2c.paper.pdf_lines import lines_of, main_size
from p2c.paper.pdf_open import open_pdf
from p2c.paper.pdf_regions import Region, page_regions
from p2c.paper.pdf_text import Vocabulary
from p2c.paper.pdf_words import Word, page_words, unmapped
from p2c.types import Paper

_LEAST_CHARACTERS = 200
"""Below this many characters of text in all a document is no paper (an abstract alone has a thousand)."""


def read_pdf(path: Path, data: bytes, digest: str, figures_to: Path | None = None) -> Paper:
    """The paper in `data`, the bytes of the file at `path`; figures are written below `figures_to`.

    Raises:
        PaperError: it is damaged, protected, without text, or no paper.
    """
    document, notes = open_pdf(path, data)
    with document:
        sheets = list(document.pages())
        pages = decoded([page_words(page) for page in sheets])
        _has_text(path, document, pages)
        regions = [page_regions(page, words) for page, words in zip(sheets, pages, strict=True)]
        heights = [page.rect.height for page in sheets]
        kept = without_furniture(with_footnotes(regions, heights), heights)
        blocks, vocabulary = _blocks(kept)
        text = assemble(blocks, vocabulary)
        shown = figures(document, kept, blocks, figures_to)
    missing = sum(unmapped(words) for words in pages)
    if missing:
        notes.append(f"{missing} characters (symbols mostly) have no Unicode value in the file and were left out.")
    return Paper(
        title=text.title,
        abstract=text.abstract,
        sections=text.sections,
        figures=shown,
        source="pdf",
        digest=digest,
        notes=(*notes, *text.notes),
    )


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
