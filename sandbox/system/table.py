"""The table of system needs, `data/needs.toml`: which Debian packages an import, a command or a build implies."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

Kind = Literal["import", "command"]
DISPLAY = "display"
"""The group whose packages make an X server."""


@dataclass(frozen=True)
class Group:
    """Debian packages that belong together, and why they are needed."""

    name: str
    packages: tuple[str, ...]
    why: str


@cache
def groups_of(kind: Kind, name: str) -> tuple[Group, ...]:
    """The groups that an import (dotted name) or a command implies; empty when the table does not have it."""
    keys = _data()["imports" if kind == "import" else "commands"]
    parts = name.split(".") if kind == "import" else [name]
    found = [group for n in range(len(parts), 0, -1) for group in keys.get(".".join(parts[:n]), ())]
    return tuple(_group(one) for one in dict.fromkeys(found))


@cache
def withheld(kind: Kind, name: str) -> str | None:
    """What an import or a command needs and the sandbox never has, in words; None when there is no such thing."""
    found: str | None = _data()["withheld"]["imports" if kind == "import" else "commands"].get(name.partition(".")[0])
    return found


def is_known(module: str) -> bool:
    """Whether an import of `module` says something about the system."""
    return module.partition(".")[0] in _import_tops()


@cache
def commands() -> frozenset[str]:
    """Names of all programs of the table."""
    return frozenset(_data()["commands"]) | frozenset(_data()["withheld"]["commands"])


def build_packages(distribution: str) -> tuple[str, ...]:
    """Debian packages that the build of a source distribution needs, by its normalised name."""
    return tuple(_data()["builds"].get(distribution, ()))


@cache
def all_packages() -> frozenset[str]:
    """Every Debian package that the table can ever ask for."""
    builds = {name for names in _data()["builds"].values() for name in names}
    return frozenset(name for group in _data()["groups"].values() for name in group["packages"]) | builds


@cache
def _import_tops() -> frozenset[str]:
    return frozenset(key.partition(".")[0] for key in (*_data()["imports"], *_data()["withheld"]["imports"]))


def _group(name: str) -> Group:
    found = _data()["groups"][name]
    return Group(name, tuple(found["packages"]), found["why"])


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("data/needs.toml").read_text(encoding="utf-8"))
