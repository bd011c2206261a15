"""Guards against repairs that only hide the failure. Each compares the syntax trees before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from p2c.repair.guards.change import Objection, Repair
from p2c.repair.guards.contract import weakened
from p2c.repair.guards.exits import early_exits
from p2c.repair.guards.idle import idled
from p2c.repair.guards.madeup import made_up
from p2c.repair.guards.metrics import invented
from p2c.repair.guards.parts import dismantled
from p2c.repair.guards.removed import removed
from p2c.repair.guards.silence import silenced
from p2c.repair.guards.stubs import stubbed
from p2c.repair.guards.substitutes import substituted
from p2c.repair.guards.swallow import swallowed
from p2c.repair.guards.switched import switched_off
from p2c.repair.guards.tested import weakened_tests
from p2c.repair.guards.tolerance import relaxed

GUARDS: tuple[Callable[[Repair], Iterator[Objection]], ...] = (
    swallowed,
    early_exits,
    removed,
    dismantled,
    stubbed,
    weakened,
    invented,
    weakened_tests,
    relaxed,
    substituted,
    made_up,
    silenced,
    idled,
    switched_off,
)


def objections(repair: Repair) -> tuple[Objection, ...]:
    """What speaks against `repair`, in the order of the guards; empty where it is taken for honest."""
    return tuple(dict.fromkeys(objection for guard in GUARDS for objection in _said(guard, repair)))


def _said(guard: Callable[[Repair], Iterator[Objection]], repair: Repair) -> Iterator[Objection]:
    try:
        yield from guard(repair)
    except RecursionError:
        reason = "an expression of more than a thousand operations cannot be judged; write it as a loop or in steps"
        yield Objection("depth", ", ".join(repair.changed), None, reason)


__all__ = ["GUARDS", "Objection", "Repair", "objections"]
