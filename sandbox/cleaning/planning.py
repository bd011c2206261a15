"""What goes, by a budget: useless things, other installations' images, then the least recently used; until it fits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sandbox.cleaning.holdings import BYTECODE, Holdings, Item, is_ours


@dataclass(frozen=True)
class Plan:
    """What is removed, in this order.

    Attributes:
        before: bytes that are taken now.
        after: bytes that will be taken.
    """

    doomed: tuple[Item, ...]
    before: int
    after: int


def plan(holdings: Holdings, budget: int, *, everything: bool = False) -> Plan:
    """Choose what goes so that at most `budget` bytes stay.

    A package of uv's cache goes only when no environment that stays uses it: its files are the environment's, so
    that removing it would free nothing and cost a download.

    Args:
        everything: all that no live process uses, also what is dear: the image, its base, built wheels, records.
    """
    books = _Books(holdings)
    before = books.left
    doomed: list[Item] = []
    for item in sorted(holdings.items, key=lambda one: (not one.useless, not one.others, one.used, one.holder)):
        may_go = not item.stays and (everything or not item.dear)
        is_wanted = everything or item.useless or books.left > budget
        if may_go and is_wanted and (everything or item.kind != "package" or not books.is_environments(item.holder)):
            doomed.append(item)
            books.strike(item.holder)
    return Plan(tuple(doomed), before, books.left)


class _Books:
    """How much is left while one holder after another goes; each group of shared bytes is looked at once a holder."""

    def __init__(self, holdings: Holdings) -> None:
        self._groups = [({who for who in group if who != BYTECODE}, size) for group, size in holdings.shares.items()]
        self._of: dict[str, list[int]] = defaultdict(list)
        self._kin: dict[str, set[str]] = defaultdict(set)
        self.left = 0
        for number, (group, size) in enumerate(self._groups):
            self.left += size if is_ours(group) else 0
            environments = {who for who in group if who.startswith("environment:")}
            for who in group:
                self._of[who].append(number)
                self._kin[who] |= environments
        self._gone: set[str] = set()

    def is_environments(self, holder: str) -> bool:
        """Whether an environment that stays holds files of it."""
        return bool(self._kin[holder] - self._gone)

    def strike(self, holder: str) -> None:
        """It goes, and with it the bytes that nobody else holds."""
        self._gone.add(holder)
        for number in self._of[holder]:
            group, size = self._groups[number]
            group.discard(holder)
            if not group:
                self.left -= size
