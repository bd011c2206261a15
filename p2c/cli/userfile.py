"""The user's own settings for `p2c verify`: a file `p2c.toml` beside the repository, never inside it.

Whoever may write into the repository must not widen what its code may do. So the file is read from the working
directory, else from the folder that holds the repository, and one that lies inside the repository is passed over; what
a repository may say of itself is in `sandbox/smoke/table.py`. Options of the command line win over the file. In CI the
working directory is itself a checkout of what somebody proposes: there no such file is read (`--no-user-file`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from p2c.cli.limits import LONGEST_SECONDS
from p2c.cli.size import read_size
from p2c.errors import UsageError
from p2c.policy import FailOn
from sandbox.tree import check_path
from sandbox.verdict import Rung

NAME = "p2c.toml"
_DISTRIBUTION = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?", re.ASCII)
"""A name as PEP 508 allows it."""
RUNGS = [rung.name for rung in Rung if rung is not Rung.none]


@dataclass(frozen=True)
class UserFile:
    """What the user's own file says.

    Attributes:
        path: None where there is none.
        values: key -> value, of the type that the key's option has; memory in bytes.
        passed_over: a file of that name that lies inside the repository, or None.
    """

    path: Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    passed_over: Path | None = None

    def sentence(self) -> str | None:
        """For a person: which file was read, and what it sets; None where there is nothing to say."""
        if self.path is not None:
            return f"settings of {self.path}: {', '.join(self.values) or 'none'}"
        if self.passed_over is not None:
            return f"{self.passed_over} was passed over: a repository may not set limits for itself; put it beside it"
        return None


def read_user_file(working: Path, repository: Path) -> UserFile:
    """The user's file for a repository: of the folder `working`, else of the one that holds the repository.

    Raises:
        UsageError: it cannot be read, is no TOML, has a key that is unknown, or a value of the wrong type.
    """
    root = repository.resolve()
    passed_over: Path | None = None
    for folder in dict.fromkeys((working.resolve(), root.parent)):
        path = folder / NAME
        if not path.is_file():
            continue
        if path.resolve().is_relative_to(root):
            passed_over = passed_over or path
        else:
            return UserFile(path, _read(path))
    return UserFile(passed_over=passed_over)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # no TOML, or no UTF-8
        raise UsageError(f"{path} is no TOML: {error}") from error
    values: dict[str, Any] = {}
    for key, value in found.items():
        if key == "network":
            raise UsageError(f"{path}: a run never has a network, so there is nothing to set; delete {key!r}")
        if key not in _KEYS:
            raise UsageError(f"{path}: unknown key {key!r}; it may hold {', '.join(sorted(_KEYS))}")
        reader, wanted = _KEYS[key]
        try:
            values[key] = reader(value)
        except ValueError as error:
            raise UsageError(f"{path}: {key} must be {wanted}, not {_shown(value)}") from error
    return values


def _shown(value: object) -> str:
    """A value for a message."""
    try:
        text = repr(value)
    except ValueError:  # Python does not write out a whole number of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 200 else f"{text[:200]}..."


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= LONGEST_SECONDS:
        raise ValueError
    return float(value)


def _memory(value: object) -> int:
    is_amount = isinstance(value, int | str) and not isinstance(value, bool)
    return read_size(str(value) if is_amount else "")


def _names(value: object) -> tuple[str, ...]:
    names = value if isinstance(value, list) else [""]
    if not all(isinstance(one, str) and _DISTRIBUTION.fullmatch(one) for one in names):
        raise ValueError
    return tuple(names)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def _path(value: object) -> str:
    path = _text(value)
    check_path(path)
    return path


def _one_of(*choices: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError
        return value

    return read


_FAIL_ON = [one.value for one in FailOn]
_KEYS: dict[str, tuple[Callable[[object], object], str]] = {
    "timeout": (_seconds, "a number of seconds, at least 1 and at most a year"),
    "memory": (_memory, "an amount of memory such as '512m' or '4g'"),
    "runtime": (_text, "the name of an OCI runtime"),
    "allow": (_names, "a list of names of distributions"),
    "smoke": (_text, "a shell line"),
    "metrics": (_path, "a relative path inside the repository"),
    "min-rung": (_one_of(*RUNGS), f"one of {', '.join(RUNGS)}"),
    "fail-on": (_one_of(*_FAIL_ON), f"one of {', '.join(_FAIL_ON)}"),
}
"""Key -> what reads its value (it raises ValueError), and what the value must be. Each is an option's name."""
