"""The requirements while they are being found: one for each distribution, merged from all that names it."""

from __future__ import annotations

from collections.abc import Mapping

from packaging.requirements import Requirement as Line
from packaging.utils import canonicalize_name

from sandbox.requirements.declared import Declared
from sandbox.requirements.imports import Import, is_support
from sandbox.requirements.names import Named
from sandbox.verdict import Requirement


class Needs:
    """Distribution -> requirement.

    Args:
        declared: normalised name -> what the repository declares of it, which gives version and extras.
    """

    def __init__(self, declared: Mapping[str, Declared]) -> None:
        self.found: dict[str, Requirement] = {}
        self._declared = declared

    def need(self, found: Import, named: Named) -> None:
        """An import, and what explains it."""
        self.add(
            Requirement(
                distribution=named.candidates[0],
                modules=(found.module,),
                rule=named.rule,
                file=found.file,
                line=found.line,
                optional=found.guarded,
            )
        )

    def imply(self, line: str, found: Import, *, optional: bool) -> None:
        """A line of PEP 508 that an import implies besides its own distribution."""
        parsed = Line(line)
        self.add(
            Requirement(
                distribution=canonicalize_name(parsed.name),
                specifier=str(parsed.specifier),
                rule="implied",
                file=found.file,
                line=found.line,
                optional=optional,
            )
        )

    def add(self, need: Requirement) -> None:
        """Add a need, merged with what is known of its distribution; required beats optional."""
        declared = self._declared.get(need.distribution)
        if declared and not need.specifier:
            need = need.model_copy(update={"specifier": declared.specifier, "extras": declared.extras})
        known = self.found.get(need.distribution)
        if known is not None:
            first, second = (need, known) if known.optional and not need.optional else (known, need)
            modules = tuple(sorted({*known.modules, *need.modules}))
            update = {"modules": modules, "specifier": first.specifier or second.specifier}
            if first.optional and is_support(first.file or "") and not is_support(second.file or ""):
                first = second
            need = first.model_copy(update=update)
        self.found[need.distribution] = need
