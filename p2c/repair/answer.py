"""What an answer of the debugging agent asks for, as values."""

from __future__ import annotations

from dataclasses import dataclass

Lines = tuple[str, ...]
Reading = tuple[Lines, Lines]
"""The lines to look for and the lines to put in their place."""


@dataclass(frozen=True)
class Block:
    """One SEARCH/REPLACE block. `path` is None where the answer names no file for it.

    Attributes:
        kept: it was in the answer before and is fine; `number` is the one that it has there.
    """

    number: int
    path: str | None
    readings: tuple[Reading, ...]
    kept: bool = False

    @property
    def name(self) -> str:
        """How it is called towards who wrote it."""
        return f"block {self.number}" + (" of the answer before" if self.kept else "")

    @property
    def search(self) -> Lines:
        """The lines to look for, in the likeliest reading."""
        return self.readings[0][0]

    @property
    def replace(self) -> Lines:
        """The lines to put in their place, in the likeliest reading."""
        return self.readings[0][1]


@dataclass(frozen=True)
class WholeFile:
    """A file given in full."""

    path: str
    lines: Lines


@dataclass(frozen=True)
class Definitions:
    """Functions and classes given in full, without a path.

    Attributes:
        near: the file that the text above mentions.
    """

    lines: Lines
    near: str | None = None


@dataclass(frozen=True)
class Order:
    """A file to be deleted, or, where `to` is given, to be renamed."""

    path: str
    to: str | None = None

    @property
    def name(self) -> str:
        """How it is called towards who wrote it."""
        return "DELETE" if self.to is None else "RENAME"


@dataclass(frozen=True)
class Malformed:
    """Something that was meant as an edit and cannot be read as one; `number` is 0 where it is the answer itself."""

    number: int
    path: str | None
    reason: str

    @property
    def name(self) -> str:
        """How it is called towards who wrote it."""
        return f"block {self.number}" if self.number else "the answer"


@dataclass(frozen=True)
class Answer:
    """Everything that an answer asks for; `number`s count its blocks from 1, well formed or not, as a reader does."""

    blocks: tuple[Block, ...] = ()
    files: tuple[WholeFile, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    orders: tuple[Order, ...] = ()
    unrepairable: str | None = None
    definitions: tuple[Definitions, ...] = ()
    named: tuple[WholeFile, ...] = ()
    """Fenced below a sentence that names one file: all of it, unless it is only quoted."""

    @property
    def edited(self) -> frozenset[str]:
        """The paths that blocks and whole files name, as they name them."""
        paths = [
            *(block.path for block in self.blocks),
            *(whole.path for whole in self.files),
            *(bad.path for bad in self.malformed),
        ]
        return frozenset(path for path in paths if path)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to apply and nothing to ask again."""
        return not (self.blocks or self.files or self.malformed or self.orders or self.definitions or self.named)
