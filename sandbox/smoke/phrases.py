"""What is said, and how things are named, when something is withheld; the table is `phrases.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

_TABLE = tomllib.loads(files("sandbox.smoke").joinpath("phrases.toml").read_text("utf-8"))

PROGRAMS: dict[str, str] = _TABLE["programs"]
"""Exception of a Python package -> the program or device that it wraps."""


MACOS_MODULES = frozenset(_TABLE["names"]["macos_modules"].split())
"""Modules that only macOS's Python has; case matters, for `foundation` may be anybody's."""
_SYSTEM: dict[str, list[str]] = _TABLE["system"]


def system_missing(text: str) -> str | None:
    """The part of the system that `text` says is missing, or None."""
    return next((what for what, said in _SYSTEM.items() if re.search("|".join(said), text, re.IGNORECASE)), None)


def says(kind: str, text: str) -> bool:
    """Whether `text` holds one of the phrases of `kind`."""
    return bool(_pattern(kind).search(text))


def names(kind: str) -> frozenset[str]:
    """The names of `kind`, lower case."""
    return frozenset(_TABLE["names"][kind].split())


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{phrase})" for phrase in _TABLE[kind]), re.IGNORECASE)
