"""Which distribution an import means in one repository: the maps' word, and the repository's own choice among it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from packaging.utils import canonicalize_name

from sandbox.requirements.declared import Declared
from sandbox.requirements.imports import Import
from sandbox.requirements.names import Named, foreign, generic, is_shared, lookup, well_known

SHORTEST = 4
"""Characters of an import name with which the name of a declared distribution may begin."""
LONGEST = 200
"""Characters of a distribution's name of which beginnings are looked at; no real one has half as many."""


@dataclass(frozen=True)
class Explainer:
    """What names mean in a repository.

    Attributes:
        declared: normalised name -> what the repository declares of it.
        allow: normalised names of distributions that the user allows.
    """

    declared: Mapping[str, Declared]
    allow: frozenset[str] = frozenset()

    def explain(self, module: str) -> Named | None:
        """The distributions that may provide `module`, the repository's own choice among them first."""
        top = module.partition(".")[0]
        same = canonicalize_name(top)
        named, whole = lookup(module), lookup(top)
        if named and whole and named.candidates[0] == whole.candidates[0]:
            named = whole  # a part of the same distribution: whichever build of it is chosen brings both
        candidates = named.candidates if named else ()
        if top not in generic() and top not in foreign():
            if same in self.allow:
                return Named((same,), "allowed")
            if same in self.declared and same in well_known():
                candidates = (*candidates, same)
        alike = self.declared_like(top) if named is None and top not in generic() and top not in foreign() else None
        if alike and alike.distribution in well_known():
            return Named((alike.distribution,), alike.rule)
        chosen = next((name for name in candidates if name in self.declared), None)
        if chosen and (named is None or chosen in named.candidates):
            return Named((chosen,), self.declared[chosen].rule)
        return named

    def declared_like(self, top: str) -> Declared | None:
        """What the repository declares under the name of an import that no rule explains, or one that begins with it.

        `tirex-ts` is declared and `tirex` imported: that only says what may be meant, so it is looked into later.
        """
        name = canonicalize_name(top)
        exact = self.declared.get(name)
        if exact is not None or len(name) < SHORTEST:
            return exact
        alike = self._beginning.get(name, ())
        return alike[0] if len(alike) == 1 else None

    @cached_property
    def _beginning(self) -> Mapping[str, list[Declared]]:
        """What a primary distribution's name begins with, before a dash -> those."""
        found: dict[str, list[Declared]] = {}
        for item in self.declared.values():
            name = re.sub(r"^py(thon)?-", "", item.distribution)[:LONGEST] if item.primary else ""
            for dash in re.finditer("-", name):
                found.setdefault(name[: dash.start()], []).append(item)
        return found


def parts(found: Import) -> Iterator[Import]:
    """`from google.cloud import storage` means `google.cloud.storage` where distributions share the name `google`."""
    whole = lookup(found.module)
    taken = [f"{found.module}.{name}" for name in found.names] if is_shared(found.top) else []
    named = [module for module in taken if module in foreign() or lookup(module) not in (None, whole)]
    for module in named:
        yield replace(found, module=module, names=())
    if len(named) < len(found.names) or not found.names:
        yield found
