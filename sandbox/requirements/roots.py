"""What is asked for by name, and what a resolution comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from packaging.version import Version

from sandbox.requirements.complaint import Complaint
from sandbox.verdict import Missing, Requirement


@dataclass(frozen=True)
class Root:
    """A distribution that is asked for by name."""

    name: str
    specifier: str
    extras: tuple[str, ...]
    optional: bool
    wanted: str
    """The specifier before anything was loosened."""

    @classmethod
    def of(cls, need: Requirement, name: str, known: Root | None) -> Root:
        """What `need` asks for under `name`, merged with what is asked for already."""
        specifier = need.specifier or (known.specifier if known else "")
        optional = need.optional and (known is None or known.optional)
        return cls(name, specifier, need.extras, optional, specifier)

    def line(self) -> str:
        """PEP 508."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.name}{extras}{self.specifier}"


@dataclass(frozen=True)
class Resolution:
    """A lock, or why there is none; `missing` and `notes` go with either."""

    lock: str = ""
    complaint: Complaint | None = None
    evidence: str = ""
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()


def held_back(free: Iterable[Root], locked: Mapping[str, str], newest: Mapping[str, str]) -> list[Root]:
    """Those of `free` whose locked version is older than the newest there is, each pinned to that one."""
    return [
        replace(root, specifier=f"=={newest[root.name]}")
        for root in free
        if root.name in newest and root.name in locked and Version(locked[root.name]) < Version(newest[root.name])
    ]


def yanked(said: str) -> list[str]:
    """What uv warns of: a version that its authors took back."""
    lines = (line.strip() for line in said.splitlines() if "yanked" in line)
    return [line.removeprefix("warning: ") for line in lines]
