"""A file's bytes as lines and back: what an edit does not touch stays as it was, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

_BOM = "\ufeff"


@dataclass(frozen=True)
class SourceText:
    """A text file: its lines without their endings, and what is needed to write it back.

    Attributes:
        lines: the lines, without line endings.
        endings: the ending of each line; the last is empty where the file has no final newline.
        bom: whether the file began with a byte order mark.
        newline: the ending that most lines of the file had; lines that are put in get it.
    """

    lines: tuple[str, ...]
    endings: tuple[str, ...]
    bom: bool = False
    newline: str = "\n"

    def spliced(self, start: int, stop: int, lines: Sequence[str]) -> SourceText:
        """A new text in which lines `start:stop` (from 0) are `lines`; the style of the file is kept.

        Where it has no final newline it cannot end with an empty line either.
        """
        newline = self.newline
        had_final_newline = not self.endings or bool(self.endings[-1])
        endings = [*self.endings[:start], *(newline for _ in lines), *self.endings[stop:]]
        everything = (*self.lines[:start], *lines, *self.lines[stop:])
        while not had_final_newline and everything and not everything[-1]:
            everything, endings = everything[:-1], endings[:-1]
        endings = [e or newline for e in endings]
        if endings and not had_final_newline:
            endings[-1] = ""
        return replace(self, lines=everything, endings=tuple(endings))

    def encode(self) -> bytes:
        """The bytes of the file."""
        body = "".join(line + ending for line, ending in zip(self.lines, self.endings, strict=True))
        return ((_BOM if self.bom else "") + body).encode("utf-8", "surrogateescape")


def read_text(content: bytes) -> SourceText:
    """`content` as lines. Bytes that are not UTF-8 survive the way there and back."""
    text = content.decode("utf-8", "surrogateescape")
    bom = text.startswith(_BOM)
    *ended, last = (text[1:] if bom else text).split("\n")
    lines = [line[:-1] if line.endswith("\r") else line for line in ended]
    endings = ["\r\n" if line.endswith("\r") else "\n" for line in ended]
    newline = "\r\n" if endings.count("\r\n") * 2 > len(endings) else "\n"
    if last:
        lines, endings = [*lines, last], [*endings, ""]
    return SourceText(tuple(lines), tuple(endings), bom, newline)


def new_text(lines: Sequence[str]) -> SourceText:
    """A new file of `lines`: line feeds, a final newline."""
    return SourceText(tuple(lines), tuple("\n" for _ in lines))


def is_binary(content: bytes) -> bool:
    """Whether `content` is no text, by git's rule: a NUL in the first 8,000 bytes."""
    return b"\0" in content[:8000]


def words(text: str) -> frozenset[str]:
    """A table of words, written as one text."""
    return frozenset(text.split())
