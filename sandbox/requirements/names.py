"""Import name -> distribution: our own short table, then pyimport2pkg's tables and database, then the same name.

A name that none of these explains is not guessed: anyone may register it (see the README of this folder).
"""

from __future__ import annotations

import gzip
import sqlite3
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name
from pyimport2pkg.mappings import get_hardcoded_mapping, is_namespace_package, resolve_namespace_package

_REMOVED_SINCE = frozenset(
    {"asynchat", "asyncore", "cgi", "cgitb", "crypt", "distutils", "imp", "lib2to3", "msilib", "nntplib", "pipes",
     "smtpd", "telnetlib", "audioop", "aifc", "chunk", "imghdr", "mailcap", "nis", "ossaudiodev", "sndhdr", "spwd",
     "sunau", "uu", "xdrlib"}
)  # fmt: skip
STANDARD_LIBRARY = frozenset(sys.stdlib_module_names) | _REMOVED_SINCE | {"__main__"}
"""Of the sandbox's Python 3.11, whichever newer Python reads the repository."""

_NAMESPACE = 20
"""A top-level name that more distributions share than this is a namespace: it alone names none of them."""
_ALIKE = 3
"""The same, where more than this are called `name-...`."""
FAMOUS = 5000


@dataclass(frozen=True)
class Named:
    """The distributions that provide a module, best first, and the rule that says so (map or same-name)."""

    candidates: tuple[str, ...]
    rule: str


@cache
def table() -> dict[str, Any]:
    """Our own table, `data/names.toml`."""
    text = resources.files(__package__).joinpath("data/names.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def generic() -> frozenset[str]:
    """Import names that are never a distribution: somebody's own `utils.py`."""
    return frozenset(table()["generic"]["names"])


@cache
def foreign() -> frozenset[str]:
    """Modules of Python 2's standard library, of other interpreters and host programs, or of no index at all."""
    return frozenset(table()["foreign"]["names"])


@cache
def well_known() -> frozenset[str]:
    """Normalised names of the most downloaded distributions: data/well_known.txt.gz and the map's own list."""
    packed = resources.files(__package__).joinpath("data/well_known.txt.gz").read_bytes()
    counted = {canonicalize_name(name) for (name,) in _database().execute("SELECT package_name FROM packages")}
    return frozenset(gzip.decompress(packed).decode().split()) | counted


@cache
def is_famous(distribution: str) -> bool:
    """Whether it is among the `FAMOUS` most downloaded: what is imported by its name then surely means it."""
    return distribution in _famous()


@cache
def lookup(module: str) -> Named | None:
    """The distributions that provide the dotted `module`, or None when no rule explains it."""
    top, *below = module.split(".")
    if top in generic() or top in foreign() or module in foreign():
        return None
    curated = _longest(table()["distributions"], module)
    published = _published(top, tuple(below))
    if curated:
        return Named(tuple(dict.fromkeys((curated, *published))), "map")
    if published:
        return Named(published, "map")
    same = canonicalize_name(top)
    # An underscore that the normal form turns into a dash is fine; `ruamel_yaml` for `ruamel.yaml` is not, nor a
    # capital (`import Image` is Python 2's pillow), nor the name that many share (`google` is no part of Google's).
    named_alike = same == top.replace("_", "-") and (not is_shared(top) or same in _providers(top))
    return Named((same,), "same-name") if named_alike and same in well_known() else None


def implied(module: str) -> tuple[str, ...]:
    """Distributions (PEP 508) that `module` needs besides its own."""
    rules: dict[str, list[str]] = table()["implied"]
    found = [rules[key] for key in rules if module == key or module.startswith(key + ".")]
    return tuple(dict.fromkeys(need for needs in found for need in needs))


def implied_by_names(module: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Distributions that what is imported of `module` needs: a submodule surely, a class when it is used."""
    return tuple(dict.fromkeys(need for name in names for need in implied(f"{module}.{name}")))


def implied_by_attributes(tops: frozenset[str], attributes: frozenset[str]) -> tuple[str, ...]:
    """Distributions that the methods used in one file need, given the modules that the file imports."""
    rules: dict[str, str] = table()["attributes"]
    needs = (
        need for key, need in rules.items() if set(key.split(".")) <= tops | attributes and key.split(".")[0] in tops
    )
    return tuple(dict.fromkeys(needs))


def _published(top: str, below: tuple[str, ...]) -> tuple[str, ...]:
    """What pyimport2pkg knows: namespace packages, its tables, then its database by downloads."""
    if below and is_namespace_package(top):
        spaced = resolve_namespace_package(top, list(below))
        if len(spaced) == 1:
            return (canonicalize_name(spaced[0]),)
    found = _providers(top)
    if is_shared(top):
        parts = (canonicalize_name("-".join((top, *below[:n]))) for n in range(len(below), 0, -1))
        part = next((name for name in parts if name in found), None)
        if part:
            return (part,)
    names: list[str] = [canonicalize_name(name) for name in get_hardcoded_mapping(top) or ()]
    if len(found) <= _NAMESPACE and (not is_shared(top) or canonicalize_name(top) in found):
        names += found
    return tuple(dict.fromkeys(names))


@cache
def is_shared(top: str) -> bool:
    """Whether distributions called `top-...` share the name `top`: then `import top.part` may mean `top-part`."""
    found = _providers(top)
    return len(found) > _NAMESPACE or sum(name.startswith(canonicalize_name(top) + "-") for name in found) > _ALIKE


@cache
def _famous() -> frozenset[str]:
    rows = _database().execute("SELECT package_name FROM packages ORDER BY download_count DESC LIMIT ?", (FAMOUS,))
    return frozenset(canonicalize_name(name) for (name,) in rows)


@cache
def _providers(top: str) -> tuple[NormalizedName, ...]:
    """Normalised names of the distributions that provide the module `top`, the most downloaded first."""
    rows = _database().execute(
        "SELECT m.package_name FROM mappings m JOIN packages p USING (package_name) "
        "WHERE m.module_name = ? ORDER BY p.download_count DESC, m.package_name",
        (top,),
    )
    return tuple(dict.fromkeys(canonicalize_name(name) for (name,) in rows))


def _longest(rules: dict[str, str], module: str) -> str | None:
    parts = module.split(".")
    return next((rules[key] for n in range(len(parts), 0, -1) if (key := ".".join(parts[:n])) in rules), None)


@cache
def _database() -> sqlite3.Connection:
    # Opened here, read-only: the package's own class switches its file to write-ahead logging when it reads.
    with resources.as_file(resources.files("pyimport2pkg").joinpath("data/mapping.db")) as path:
        return sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
