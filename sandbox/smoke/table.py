"""What a repository asks of p2c itself: the table `[tool.p2c]` of its pyproject.toml.

The repository is untrusted, so its table may say what to look at and nothing else: which command is the smoke
command, and in which file that command writes its metrics. Limits, packages that may be installed and whatever else
widens what the code may do are the user's alone, on the command line; such a key is passed over, with a note. Both
keys give way to `--smoke` and `--metrics`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from typing import Any

from sandbox.settings import Settings
from sandbox.tree import Tree, check_path

FILE = "pyproject.toml"
SOURCE = f"{FILE} [tool.p2c]"
_STRINGS = ("smoke", "metrics")


@dataclass(frozen=True)
class Table:
    """What the table says.

    Attributes:
        smoke: a shell line, run in the root of the tree, or None.
        metrics: relative path of the file in which it writes its metrics, or None.
        notes: on keys that were passed over.
    """

    smoke: str | None = None
    metrics: str | None = None
    notes: tuple[str, ...] = ()


def read_table(tree: Tree) -> Table:
    """The table of `tree`; an empty one where there is none."""
    try:
        found: Any = tomllib.loads(tree.text(FILE))["tool"]["p2c"] if FILE in tree.files else {}
    except (ValueError, KeyError, TypeError, RecursionError):  # a number of thousands of digits is a plain ValueError
        return Table()
    if not isinstance(found, dict):
        return Table(notes=(f"{SOURCE} is no table; it was passed over",))
    notes = []
    taken: dict[str, str] = {}
    for key, value in found.items():
        if key not in _STRINGS:
            notes.append(f"{SOURCE}: {key!r} was passed over; a repository chooses its smoke command and metrics only")
        elif not isinstance(value, str) or not value.strip() or (key == "metrics" and not _is_inside(value)):
            notes.append(f"{SOURCE}: the value of {key!r} is not usable; it was passed over")
        else:
            taken[key] = value.strip()
    return Table(taken.get("smoke"), taken.get("metrics"), tuple(notes))


def with_table(settings: Settings, tree: Tree) -> Settings:
    """`settings` with the metrics file that the repository promises, where the user has named none.

    A promise only counts together with the repository's own smoke command: a user's command need not keep it.
    """
    metrics = read_table(tree).metrics
    if settings.metrics_file is not None or settings.smoke is not None or metrics is None:
        return settings
    return replace(settings, metrics_file=metrics)


def _is_inside(path: str) -> bool:
    try:
        check_path(path.strip())
    except ValueError:
        return False
    return True
