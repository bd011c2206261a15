"""Where LaTeX comes from: one file, a folder, or an archive as arXiv serves it. Nothing outside it is ever read."""

from __future__ import annotations

import gzip
import io
import posixpath
import re
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from p2c.errors import PaperError

_MOST_BYTES = 300_000_000
"""Unpacked size (bytes) beyond which an archive is refused; arXiv's own limit is 50 MB packed."""
_MOST_MEMBERS = 10_000
_MAIN = re.compile(r"^[^%\n]*\\documentclass", re.MULTILINE)
_BEGIN = re.compile(r"^[^%\n]*\\begin\s*\{document\}", re.MULTILINE)
_LATEX = re.compile(
    r"\\(?:documentclass|documentstyle|begin\s*\{(?:document|abstract|equation|figure)\}|section\b|title\b)"
)


class Source(Protocol):
    """A set of files below one root."""

    def read(self, name: str) -> bytes | None:
        """The bytes of the file `name` (relative, with `/`), or None where there is none below the root."""

    def names(self) -> tuple[str, ...]:
        """The names of all `.tex` files, sorted."""


class FolderSource:
    """Files below a folder; links and `..` that lead out of it are as if they were not there."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def read(self, name: str) -> bytes | None:
        """See `Source`."""
        path = (self._root / name).resolve()
        if not path.is_relative_to(self._root) or not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        return path.read_bytes()

    def names(self) -> tuple[str, ...]:
        """See `Source`."""
        found = (path.relative_to(self._root).as_posix() for path in self._root.rglob("*.tex") if path.is_file())
        return tuple(sorted(found))


class MemorySource:
    """Files that were unpacked from an archive, in memory."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = dict(files)

    def read(self, name: str) -> bytes | None:
        """See `Source`."""
        return self._files.get(posixpath.normpath(name))

    def names(self) -> tuple[str, ...]:
        """See `Source`."""
        return tuple(sorted(name for name in self._files if name.lower().endswith(".tex")))


def unpack(path: Path, data: bytes) -> tuple[Source, str]:
    """The files in `data` (a tar, gzipped or not, or one gzipped .tex), and the name of the main one.

    Raises:
        PaperError: damaged, too large, or without LaTeX.
    """
    plain = _gunzip(path, data) if data[:2] == b"\x1f\x8b" else data
    try:
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
            source = MemorySource(_members(path, archive))
    except tarfile.TarError as error:
        text = decode(plain)
        if not _LATEX.search(text):
            raise PaperError(
                f"{path.name}: the archive is neither a tar of LaTeX files nor one gzipped .tex file; "
                "download the source again."
            ) from error
        return MemorySource({"main.tex": plain}), "main.tex"
    return source, find_main(path, source)


def find_main(path: Path, source: Source) -> str:
    r"""The file with `\documentclass` and `\begin{document}`; of several the one named as papers are, or the longest.

    Raises:
        PaperError: there is no .tex file, or none that begins a document.
    """
    texts = {name: decode(source.read(name) or b"") for name in source.names()}
    if not texts:
        raise PaperError(f"{path.name}: there is no .tex file in it; give a paper's LaTeX folder, archive or file.")
    mains = [name for name, text in texts.items() if _MAIN.search(text) and _BEGIN.search(text)]
    usual = ("main", "paper", "ms", "article", "manuscript", "root")

    def rank(name: str) -> tuple[bool, int, int, str]:
        stem = posixpath.basename(name)[:-4].lower()
        included = any(
            re.search(r"\\(?:subfile|input|include)\s*\{[^}]*" + re.escape(stem) + r"(?:\.tex)?\}", text)
            for other, text in texts.items()
            if other != name
        )
        return included, usual.index(stem) if stem in usual else len(usual), -len(texts[name]), name

    if mains:
        return min(mains, key=rank)
    if len(texts) == 1:
        return next(iter(texts))
    raise PaperError(
        f"{path.name}: none of its {len(texts)} .tex files has both \\documentclass and \\begin{{document}}; "
        "give the main file itself."
    )


def is_latex(text: str) -> bool:
    """Whether `text` has commands that only LaTeX documents have."""
    return bool(_LATEX.search(text))


def decode(data: bytes) -> str:
    """The text of a .tex file: UTF-8, else the encoding it names for `inputenc`, else Latin-1; line ends are `\\n`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        named = re.search(rb"\\usepackage\s*\[([A-Za-z0-9-]+)\]\s*\{inputenc\}", data)
        names = {"cp1251": "cp1251", "koi8-r": "koi8-r", "latin2": "latin-2", "ansinew": "cp1252", "cp1252": "cp1252"}
        text = data.decode(names.get(named[1].decode() if named else "", "latin-1"), errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _gunzip(path: Path, data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            plain = packed.read(_MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise PaperError(f"{path.name}: the gzip archive is damaged or cut off; download it again.") from error
    if len(plain) > _MOST_BYTES:
        raise PaperError(
            f"{path.name}: it unpacks to more than {_MOST_BYTES // 10**6} MB; give the paper's text alone."
        )
    return plain


def _members(path: Path, archive: tarfile.TarFile) -> dict[str, bytes]:
    """The regular files of `archive` whose names stay inside it; links, devices and `..` are skipped."""
    files: dict[str, bytes] = {}
    for count, member in enumerate(archive):
        if count >= _MOST_MEMBERS:
            raise PaperError(f"{path.name}: it holds more than {_MOST_MEMBERS} files; give the paper's text alone.")
        name = posixpath.normpath(member.name)
        if not member.isfile() or name.startswith(("/", "..")):
            continue
        held = archive.extractfile(member)
        if held is not None:
            files[name] = held.read()
    return files
