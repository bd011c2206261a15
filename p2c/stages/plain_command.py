"""A command that the model chose is one plain command: it runs a planned file, and nothing else with it.

The smoke command stands in `reproduce.sh`, which a user runs outside of the sandbox, and it decides what "it runs"
means: `|| true`, a second command or code in its own words would decide that too. A user's own command (`--smoke`) may
be anything. The full command stands in the README, for a user to run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection
from pathlib import PurePosixPath

from p2c.stages.modules import program_name

_COMPOUND = re.compile(r"[;|&<>`\r\n]|\$[({]")
_ASSIGNED = re.compile(r"[A-Z][A-Z0-9_]*=[\w./:-]*")
_LOADERS = re.compile(r"(LD|DYLD|BASH|PYTHON(?:STARTUP|HOME|BREAKPOINT|INSPECT))")
_PROGRAM = re.compile(r"python[\d.]*|bash|sh")
_IDLE = frozenset({"-h", "--help", "--version", "--dry-run", "-n"})


def problems(command: str, planned: Collection[str], *, called: str = "smoke command") -> tuple[str, ...]:
    """What is wrong with a command that a model chose, as clauses; `planned` are the paths of the plan."""
    why = _why(command, planned)
    return (f"the {called} {command!r} {why}",) if why else ()


def _why(command: str, planned: Collection[str]) -> str:
    if _COMPOUND.search(command):
        return "must be one plain command, without `;`, `|`, `&`, redirection or substitution"
    try:
        words = shlex.split(command)
    except ValueError:
        return "is no shell line"
    while words and _ASSIGNED.fullmatch(words[0]):
        if _LOADERS.match(words[0]):
            return f"must not set {words[0].partition('=')[0]}"
        words = words[1:]
    if not words or not _PROGRAM.fullmatch(PurePosixPath(words[0]).name) or "/" in words[0]:
        return "must begin with `python` or `bash`"
    if _IDLE & set(words):
        return "must do the work and not only show help or a version"
    return _why_not_planned(words[1:], planned)


def _why_not_planned(words: list[str], planned: Collection[str]) -> str:
    """Why what the interpreter is told to run is no planned file, or an empty string."""
    while words and words[0] in ("-u", "-B", "-e", "-x", "-O"):
        words = words[1:]
    if len(words) > 1 and words[0] == "-m":
        return "" if words[1] in map(program_name, planned) else "must run a planned module"
    if not words or words[0].startswith("-"):
        return "must name the planned file that it runs, and no code of its own"
    return "" if words[0].removeprefix("./") in planned else "runs none of the planned files"
