"""Readings that are known already: of PDFs, which take seconds; kept under a key over the paper and what reads it.

The key holds the paper's bytes, this package's own files, and the releases of the libraries that see the page; so an
edit to any of them reads the paper anew. Kept is one file a reading in this user's cache folder, which `p2c clean`
makes smaller, the least recently used first. It may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import ConfigDict, ValidationError

import p2c.types
from p2c.paper.read import is_pdf, read_paper
from p2c.types import Paper, Value
from sandbox.setup.places import cache_folder

FOLDER = "papers"
_LIBRARIES = ("pymupdf", "pymupdf-layout", "onnxruntime")


class _Kept(Value):
    """A reading with its pictures."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    paper: Paper
    figures: Mapping[str, bytes]
    """File name -> image."""


def read_known(path: Path, figures_to: Path | None = None) -> Paper:
    """As `read_paper`, but a PDF that was read before, by the same code, is not read again.

    Raises:
        PaperError: as `read_paper` raises it; that a paper cannot be read is not kept.
    """
    if not is_pdf(path):
        return read_paper(path, figures_to)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    kept_in = cache_folder() / FOLDER / f"{_key(digest, with_figures=figures_to is not None)}.json"
    known = _get(kept_in)
    if known is None:
        paper = read_paper(path, figures_to)
        if paper.digest == digest:  # else the file was exchanged meanwhile
            _put(kept_in, _Kept(paper=paper, figures=_files(paper, figures_to)))
        return paper
    if figures_to is not None and known.figures:
        figures_to.mkdir(parents=True, exist_ok=True)
        for name, image in known.figures.items():
            (figures_to / Path(name).name).write_bytes(image)
    return known.paper


@cache
def reader_digest() -> str:
    """SHA-256 (hex) over what a reading depends on besides the paper."""
    seal = hashlib.sha256()
    for path in (*sorted(Path(__file__).parent.glob("*.py")), Path(p2c.types.__file__)):
        content = path.read_bytes()
        seal.update(f"{path.name}\0{len(content)}\0".encode())
        seal.update(content)
    for library in _LIBRARIES:
        with suppress(PackageNotFoundError):
            seal.update(f"{library}\0{version(library)}\0".encode())
    return seal.hexdigest()


def _key(digest: str, *, with_figures: bool) -> str:
    parts = (reader_digest(), digest, str(with_figures))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _files(paper: Paper, folder: Path | None) -> dict[str, bytes]:
    """The pictures of `paper`, and nothing else that lies in their folder."""
    names = sorted(figure.image for figure in paper.figures if figure.image is not None)
    return {name: (folder / name).read_bytes() for name in names} if folder is not None else {}


def _get(path: Path) -> _Kept | None:
    """What is kept at `path`, which is then used last; None where there is nothing, or it is damaged."""
    try:
        known = _Kept.model_validate_json(path.read_bytes())
        os.utime(path)
    except (OSError, ValidationError):
        return None
    return known


def _put(path: Path, kept: _Kept) -> None:
    with suppress(OSError):  # a full or read-only disk costs the next reading its time, and this one nothing
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".json")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(kept.model_dump_json().encode())
            Path(scratch).replace(path)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise
