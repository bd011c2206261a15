"""Any paper, by what its bytes are: PDF, LaTeX, S2ORC JSON or Markdown."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from p2c.errors import PaperError
from p2c.paper.latex import read_latex
from p2c.paper.latex_source import FolderSource, decode, find_main, is_latex, unpack
from p2c.paper.markdown import read_markdown
from p2c.paper.s2orc import read_s2orc
from p2c.types import Paper

_KINDS = "a PDF, LaTeX (.tex, folder or .tar.gz), S2ORC JSON or Markdown"
_LARGEST = 500_000_000
_MAGIC = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"PK\x03\x04": "a ZIP archive or an Office document",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\x7fELF": "a program",
    b"%!PS": "PostScript (convert it first, for example with `ps2pdf`)",
    b"AT&TFORM": "DjVu",
    b"{\\rtf": "RTF",
}


def read_paper(path: Path, figures_to: Path | None = None) -> Paper:
    """The paper at `path`: a file, or a folder with LaTeX. Figures are written below `figures_to` where given.

    Nothing is written unless the paper can be read.

    Raises:
        PaperError: there is no such file, it is damaged or locked, it has no text, or it is no paper.
    """
    if not path.exists():
        raise PaperError(f"{path}: there is no such file; give {_KINDS}.")
    if path.is_dir():
        return _folder(path, figures_to)
    data = _bytes(path)
    digest = hashlib.sha256(data).hexdigest()
    if _begins_pdf(data):
        from p2c.paper import pdf_network  # noqa: PLC0415 - it takes seconds to load, and only PDFs need it

        pdf_network.load()
        from p2c.paper.pdf import read_pdf  # noqa: PLC0415 - imports PyMuPDF

        return read_pdf(path, data, digest, figures_to)
    if data[:2] == b"\x1f\x8b" or data[257:262] == b"ustar":
        source, main = unpack(path, data)
        return read_latex(path.name, source, main, digest, figures_to)
    return _text(path, _decoded(path, data), digest, figures_to)


def is_pdf(path: Path) -> bool:
    """Whether there is a file at `path` that begins as PDFs do."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return _begins_pdf(file.read(1024))
    except OSError:
        return False


def _begins_pdf(data: bytes) -> bool:
    return data[:1024].lstrip().startswith(b"%PDF") or b"%PDF-" in data[:1024]


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise PaperError(f"{path.name}: it is no regular file; give {_KINDS}.")
        if size == 0:
            raise PaperError(f"{path.name}: the file is empty (0 bytes); download it again.")
        if size > _LARGEST:
            raise PaperError(
                f"{path.name}: it is larger than {_LARGEST // 10**6} MB, which no paper is; give {_KINDS}."
            )
        return path.read_bytes()
    except OSError as error:
        raise PaperError(f"{path}: the file cannot be read ({error.strerror}); check its permissions.") from error


def _folder(path: Path, figures_to: Path | None) -> Paper:
    source = FolderSource(path)
    main = find_main(path, source)
    digest = hashlib.sha256(source.read(main) or b"").hexdigest()
    return read_latex(path.name or str(path), source, main, digest, figures_to)


def _decoded(path: Path, data: bytes) -> str:
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise PaperError(f"{path.name}: it is {what}, not a paper that can be read; give {_KINDS}.")
    if path.suffix.lower() == ".pdf":
        what = "an HTML page, perhaps an error page saved in its place" if _is_html(data) else "no PDF"
        raise PaperError(f"{path.name}: despite its name it is {what}; download the paper again.")
    if b"\0" in data[:8192]:
        raise PaperError(f"{path.name}: it is a binary file of an unknown kind; give {_KINDS}.")
    if _is_html(data):
        raise PaperError(f"{path.name}: it is an HTML page; give the paper itself: {_KINDS}.")
    return decode(data)


def _is_html(data: bytes) -> bool:
    start = data[:512].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html")) or b"<head>" in start


def _text(path: Path, text: str, digest: str, figures_to: Path | None) -> Paper:
    suffix = path.suffix.lower()
    if suffix == ".json" or (text.lstrip()[:1] in "{[" and suffix not in (".md", ".markdown", ".tex")):
        return read_s2orc(path.name, _json(path, text), digest)
    if suffix in (".tex", ".ltx", ".latex") or (suffix not in (".md", ".markdown") and is_latex(text)):
        return read_latex(path.name, FolderSource(path.parent), path.name, digest, figures_to)
    if suffix in (".md", ".markdown", ".txt", ""):
        return read_markdown(path.name, text, digest)
    raise PaperError(f"{path.name}: files of the kind `{suffix}` are not read; give {_KINDS}.")


def _json(path: Path, text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        at_end = error.pos >= len(text.rstrip()) - 2 or "Unterminated" in error.msg
        what = (
            "ends in the middle (it was cut off)" if at_end else f"is not valid JSON (line {error.lineno}: {error.msg})"
        )
        raise PaperError(f"{path.name}: the file {what}; make or download it again.") from error
    except ValueError as error:  # a whole number of more than 4,300 digits
        raise PaperError(f"{path.name}: the JSON holds a number that no paper has; give {_KINDS}.") from error
    except RecursionError as error:
        raise PaperError(f"{path.name}: the JSON is nested too deeply to be a paper; give {_KINDS}.") from error
