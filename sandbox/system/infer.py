"""What a repository needs of the system: the Debian packages, whether it opens windows, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.system.mentioned import mentioned
from sandbox.system.table import DISPLAY, groups_of, withheld
from sandbox.system.uses import Use
from sandbox.tree import Tree


@dataclass(frozen=True)
class SystemNeed:
    """A group of Debian packages and why it is needed."""

    group: str
    packages: tuple[str, ...]
    use: Use
    why: str

    def sentence(self) -> str:
        """For a person: which packages, for what, where."""
        use = self.use
        what = f"import {use.name}" if use.kind == "import" else use.name
        place = f"{use.file}:{use.line}" if use.line else use.file
        return f"{', '.join(self.packages)}: {self.why} ({what}, {place})"


@dataclass(frozen=True)
class System:
    """What a repository needs of the system.

    Attributes:
        needs: one for each group of packages, with the first use that implies it.
        notes: what it needs and the sandbox never has; what its papers ask for.
    """

    needs: tuple[SystemNeed, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def packages(self) -> tuple[str, ...]:
        """All Debian packages, sorted."""
        return tuple(sorted({name for need in self.needs for name in need.packages}))

    @property
    def display(self) -> bool:
        """Whether it may open a window."""
        return any(need.group == DISPLAY for need in self.needs)


def infer_system(uses: Iterable[Use], tree: Tree | None = None) -> System:
    """Hold what code uses against the table; nothing else can name a package.

    Args:
        tree: whose papers are read for notes; None: no notes of that kind.
    """
    ordered = sorted(uses, key=lambda use: use.optional)
    needs: dict[str, SystemNeed] = {}
    notes: dict[str, str] = {}
    for use in ordered:
        for group in groups_of(use.kind, use.name):
            needs.setdefault(group.name, SystemNeed(group.name, group.packages, use, group.why))
        never = withheld(use.kind, use.name)
        if never:
            place = f"{use.file}:{use.line}" if use.line else use.file
            notes.setdefault(never, f"{place} uses {use.name}, which needs {never}: the sandbox does not have it")
    told = mentioned(tree) if tree is not None else ()
    return System(tuple(sorted(needs.values(), key=lambda need: need.group)), (*notes.values(), *told))
