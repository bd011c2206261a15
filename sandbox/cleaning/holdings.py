"""What is kept, as a value: who holds which bytes, when it was used last, and why it must stay."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

KINDS = ("environment", "package", "wheel", "image", "cache")
BYTECODE = "bytecode"
"""Goes with the last environment that uses it, so it is no item of its own."""


@dataclass(frozen=True)
class Item:
    """Something that can be removed.

    Attributes:
        kind: `environment`, `package` (unpacked by uv), `wheel` (built here), `image`, or `cache` (the user's files).
        name: the key, the archive, the file name, the image's id, the path below the cache folder.
        title: for people.
        used: its last use, epoch seconds.
        stays: why it is never removed now, for example because a live process uses it; empty when it may go.
        useless: nothing will ever use it again, so it goes in any case.
        dear: goes only with all: making it again takes long, or is needed by the next start.
        others: an image of another installation of p2c, which makes it again within a minute: it goes first.
        made: when an image was made, epoch seconds.
    """

    kind: str
    name: str
    title: str
    used: float
    stays: str = ""
    useless: bool = False
    dear: bool = False
    others: bool = False
    made: float = 0.0

    @property
    def holder(self) -> str:
        """Its name among the holders of bytes."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True)
class Holdings:
    """Everything that is kept.

    Attributes:
        shares: for each set of holders, the bytes on disk that exactly these share. A holder that is no item cannot
            be removed: images of others, the rest of the store.
        items: what can be removed.
        notes: what could not be looked at, and why.
    """

    shares: Mapping[frozenset[str], int]
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()

    def left(self, gone: Collection[str] = ()) -> int:
        """Bytes that ours take when the holders `gone` are removed; bytes that others hold as well are not ours."""
        return sum(size for who, size in self.shares.items() if is_ours(who) and not _is_freed(who, gone))

    def frees(self, gone: Collection[str]) -> int:
        """Bytes that removing the holders `gone` gives back."""
        return sum(size for who, size in self.shares.items() if is_ours(who) and _is_freed(who, gone))

    def of(self, kind: str) -> tuple[Item, ...]:
        """The items of one kind."""
        return tuple(item for item in self.items if item.kind == kind)


def is_ours(who: Collection[str]) -> bool:
    """Whether bytes with these holders are ours alone."""
    return not any(holder.startswith("foreign:") for holder in who)


def _is_freed(who: frozenset[str], gone: Collection[str]) -> bool:
    named = [holder for holder in who if holder != BYTECODE]
    return bool(named) and all(holder in gone for holder in named)
