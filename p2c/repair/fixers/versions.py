"""Versions that do not go together: one pin is loosened, or the release is asked for that the others need."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources

from packaging.utils import canonicalize_name
from pydantic import BaseModel, ConfigDict

from p2c.repair.fixers.case import Case, Fix
from p2c.repair.fixers.requirements import with_requirement, without_specifier
from sandbox.requirements.declared import read_declared

_NAME = r"[A-Za-z0-9][\w.-]*"
_DEPENDS = re.compile(rf"depends? on (?P<name>{_NAME})")
_ROTTEN = re.compile(
    rf"the pin (?P<name>{_NAME})[^ ]* \((?P<file>[^():]+):(?P<line>\d{{1,9}})\) does not go with what else"
)
_NO_VERSION = re.compile(rf"there (?:is no version|are no versions) of (?P<name>{_NAME})")
_NUMPY_GONE = re.compile(r"module 'numpy' has no attribute '(\w+)'|`np\.(\w+)` was (removed|a deprecated)")
_OLDER = frozenset({"float", "int", "bool", "object", "str", "complex", "long", "unicode"})
"""Removed in NumPy 1.24; all else that is gone went in 2.0 or later."""


class _Pin(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    says: str
    write: str
    source: str


@cache
def _pins() -> tuple[_Pin, ...]:
    text = resources.files(__package__).joinpath("data/pins.toml").read_text(encoding="utf-8")
    return tuple(_Pin.model_validate(one) for one in tomllib.loads(text)["pin"])


def version_conflict(case: Case) -> Fix | None:
    """Loosens the one pin that the resolver, or what is installed today, does not go with.

    Of two that exclude each other it is the one that the other depends on: what depends on it says which versions
    will do, and nobody says that of the other. Loosened is any version: the exported lock has the one that was seen
    to run.
    """
    rotten = _ROTTEN.search(case.failure.message)
    if rotten:
        return _loosened(case, rotten["name"], rotten["file"], int(rotten["line"]))
    if case.failure.kind != "requirement":
        return None
    said = " ".join(f"{case.failure.message} {case.failure.evidence}".split())
    wanted = [*_NO_VERSION.finditer(said), *_DEPENDS.finditer(said)]
    return _first(case, [_canonical(match["name"]) for match in wanted])


def dependent_conflict(case: Case) -> Fix | None:
    """Loosens the pin of what depends on the other, where the other's could not be loosened or that did not help."""
    if case.failure.kind != "requirement":
        return None
    said = " ".join(case.failure.message.split())
    wanted = {_canonical(match["name"]) for match in _DEPENDS.finditer(said)}
    asking = [name for name in map(_canonical, re.findall(_NAME, said)) if name not in wanted]
    return _first(case, asking)


def _first(case: Case, names: Iterable[str]) -> Fix | None:
    """Loosens the first of `names` for which the repository declares a version."""
    declared = {d.distribution: d for d in reversed(read_declared(case.tree).declared) if d.specifier and d.line}
    for name in names:
        one = declared.get(name)
        fix = _loosened(case, name, one.file, one.line or 0) if one else None
        if fix is not None:
            return fix
    return None


def old_library(case: Case) -> Fix | None:
    """Asks for the release of a library that another one, which is installed with it, was written for."""
    if case.verdict.environment is None:
        return None
    write = next((pin.write for pin in _pins() if re.search(pin.says, case.said)), None) or _older_numpy(case)
    name = re.split(r"[<>=]", write)[0] if write else ""
    if write is None or (name != "setuptools" and not re.search(rf"(?m)^{name}==", case.verdict.environment.lock)):
        return None
    changes = with_requirement(case, write)
    return Fix(changes, f"require {write}, which what else is installed was written for") if changes else None


def _older_numpy(case: Case) -> str | None:
    """A library, not the repository, uses what NumPy has removed."""
    match = _NUMPY_GONE.search(case.said)
    own = [frame for frame in case.failure.frames if "/numpy/" not in frame.file]
    if match is None or not own or own[-1].in_repository or "site-packages" not in own[-1].file:
        return None
    return "numpy<1.24" if (match[1] or match[2]) in _OLDER else "numpy<2"


def _loosened(case: Case, name: str, path: str, line: int) -> Fix | None:
    content = case.tree.files.get(path)
    new = without_specifier(content, line, name) if content is not None else None
    return Fix({path: new}, f"take any version of {name} that goes with the rest") if new is not None else None


def _canonical(name: str) -> str:
    return canonicalize_name(name.rstrip(".-_"))
