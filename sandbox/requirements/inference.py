"""What a repository needs, as a value, and the reasons for which an import is refused."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.system import Use
from sandbox.verdict import Refused, Requirement

MISSING_LOCAL = "missing local module"
UNKNOWN = (
    "no rule explains this import: no distribution that is known to provide it; "
    "it was not looked for on the index (allow it by name if it is meant)"
)
NOT_WELL_KNOWN = (
    "declared, but little known: only installed where it is imported and the index has had it for a year "
    "(or allow it by name)"
)
FOREIGN = "belongs to another interpreter, to Python 2 or to no package index"


@dataclass(frozen=True)
class Inference:
    """What a repository needs.

    Attributes:
        requirements: one for each distribution, by name.
        refused: imports and declared lines that are not installed, each with its reason.
        notes: what a reader should know besides.
        local: top-level names that are the repository's own modules.
        little_known: what is declared, imported and needed, but refused because it is little known.
        uses: imports and commands that may need something of the system; not those of tests and documentation.
    """

    requirements: tuple[Requirement, ...]
    refused: tuple[Refused, ...] = ()
    notes: tuple[str, ...] = ()
    local: frozenset[str] = frozenset()
    little_known: tuple[Requirement, ...] = ()
    uses: tuple[Use, ...] = ()
