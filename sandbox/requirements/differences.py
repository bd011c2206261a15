"""Where what a repository declares and what it imports differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sandbox.requirements.declared import Declared
from sandbox.requirements.names import lookup
from sandbox.verdict import Refused, Requirement


def unused(declared: Iterable[Declared], needs: Mapping[str, Requirement]) -> tuple[Declared, ...]:
    """What is declared for running and no import names: plug-ins and back ends, or leftovers."""
    listed = (item for item in declared if item.primary and item.distribution not in needs)
    return tuple(item for item in listed if not _covered(item, needs.values()))


def undeclared(
    declared: Mapping[str, Declared], needs: Mapping[str, Requirement], refused: Iterable[Refused]
) -> tuple[Requirement, ...]:
    """What is imported and needed although the repository, which does declare, declares something else."""
    if not any(item.primary for item in declared.values()):
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


def _covered(item: Declared, needs: Iterable[Requirement]) -> bool:
    """Whether another distribution that provides the same modules is needed already."""
    return any(
        item.distribution in named.candidates for need in needs for module in need.modules if (named := lookup(module))
    )
