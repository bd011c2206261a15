"""Opening a PDF, or saying in one sentence why it cannot be read and what to try."""

from __future__ import annotations

from pathlib import Path

import pymupdf

from p2c.errors import PaperError

_ANOTHER = "try another copy of the paper, or its LaTeX source"


def open_pdf(path: Path, data: bytes) -> tuple[pymupdf.Document, list[str]]:
    """The document in `data`, with at least one page, and notes on what was mended in it.

    MuPDF repairs broken cross-references by itself; it opens a file cut in half as a document of no pages, without
    an error, which is why pages are counted here.

    Raises:
        PaperError: damaged beyond repair, locked by a password, or without pages.
    """
    pymupdf.TOOLS.mupdf_display_errors(False)  # MuPDF prints to the terminal; what matters is raised or noted here
    pymupdf.TOOLS.mupdf_display_warnings(False)
    if len(data) < 64 or b"obj" not in data:
        raise PaperError(f"{path.name}: the file holds a PDF header and nothing else; {_ANOTHER}.")
    try:
        document = pymupdf.open(stream=data, filetype="pdf")
    except (pymupdf.FileDataError, ValueError, RuntimeError) as error:
        raise PaperError(f"{path.name}: the PDF is damaged and could not be repaired; {_ANOTHER}.") from error
    if document.needs_pass:
        raise PaperError(
            f"{path.name}: the PDF is encrypted and opens with a password only; save a copy without it, "
            "for example `qpdf --decrypt --password=... paper.pdf copy.pdf`."
        )
    if document.page_count == 0:
        what = "is cut off or damaged: none of its pages can be found" if document.is_repaired else "has no pages"
        raise PaperError(f"{path.name}: the PDF {what}; {_ANOTHER}.")
    notes = (
        ["The PDF is damaged (its cross-references were rebuilt); parts may be missing."]
        if document.is_repaired
        else []
    )
    return document, notes
