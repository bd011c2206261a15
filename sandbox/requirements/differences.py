"""Where what a repository declares and what it imports differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sandbox.requirements.declared import Declared
from sandbox.requirements.names import lookup
from sandbox.verdict import Refused, Requirement


def unused(declared: Iterable[Declared], needs: Mapping[str, Requirement]) -> tuple[Declared, ...]:
    """What is declared for running and no import names: plug-ins and back ends, or leftovers."""
    covered = _covered(needs.values())
    listed = (item for item in declared if item.primary and item.distribution not in needs)
    return tuple(item for item in listed if item.distribution not in covered)


def undeclared(
    declared: Mapping[str, Declared], needs: Mapping[str, Requirement], refused: Iterable[Refused]
) -> tuple[Requirement, ...]:
    """What is imported and needed although the repository, which does declare, declares something else.

    What scripts say of themselves does not make it one that declares.
    """
    if not any(item.primary and not item.is_inline for item in declared.values()):
        return ()
    known = {*declared, *(part for item in refused for part in re.split(r"[^\w.-]+", item.name))}
    return tuple(
        need
        for name, need in sorted(needs.items())
        if need.modules and not need.optional and name not in known and not _covered_by(known, need)
    )


def _covered_by(known: set[str], need: Requirement) -> bool:
    named = [found for module in need.modules if (found := lookup(module))]
    return any(name in known for found in named for name in found.candidates)


def _covered(needs: Iterable[Requirement]) -> frozenset[str]:
    """The distributions that provide the modules of one that is needed already."""
    named = (lookup(module) for need in needs for module in need.modules)
    return frozenset(name for found in named if found for name in found.candidates)
