"""A distribution that is needed at run time but never imported by name, so that nothing asked for it."""

from __future__ import annotations

import re

from p2c.repair.fixers.case import Case, Fix
from p2c.repair.fixers.requirements import with_requirement
from sandbox.requirements.names import STANDARD_LIBRARY, lookup, well_known

_MODULE = re.compile(r"No module named ['\"]([\w.]+)['\"]")
_ASKED = (
    re.compile(r"Missing optional dependency '([\w.-]+)'"),
    re.compile(r"pip install (?:-U |--upgrade )?['\"`]?([A-Za-z][\w.-]*)"),
    re.compile(r"requires the ([A-Za-z][\w.-]*) library"),
)


def missing_distribution(case: Case) -> Fix | None:
    """Adds a requirement line for a module that is neither local, standard, nor required so far."""
    if case.exception not in ("ModuleNotFoundError", "ImportError"):
        return None
    name = _wanted(case)
    known = {r.distribution for r in case.verdict.requirements} | {r.name for r in case.verdict.refused}
    if name is None or name in known:
        return None
    changes = with_requirement(case, name)
    return Fix(changes, f"require {name}, which is used at run time") if changes else None


def _wanted(case: Case) -> str | None:
    for pattern in _ASKED:
        asked = pattern.search(case.failure.message)
        if asked and asked[1].lower().rstrip(".") in well_known():
            return asked[1].lower().rstrip(".")
    match = _MODULE.search(case.failure.message)
    if match is None:
        return None
    module = match[1]
    top = module.partition(".")[0]
    if top in STANDARD_LIBRARY or _is_local(case, top):
        return None
    named = lookup(module)
    return named.candidates[0] if named else None


def _is_local(case: Case, top: str) -> bool:
    parts = (path.removesuffix(".py").split("/") for path in case.tree.files if path.endswith(".py"))
    return any(top in names for names in parts)
