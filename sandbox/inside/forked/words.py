"""The command line of a Python interpreter, as far as a fork can stand in for it."""

from __future__ import annotations

import os

CODE_SUFFIX = (".py", ".pyc", ".so")


class Words:
    """What to run.

    Attributes:
        command, module, file: of which at most one is not None; none of them: the program is read from standard input.
        argv: as the program's `sys.argv` begins.
        front: the folder that comes first on `sys.path`, absolute.
    """

    def __init__(self, argv: list[str], cwd: str, command: str | None, module: str | None, file: str | None) -> None:
        self.argv = argv
        self.command = command
        self.module = module
        self.file = file
        path = os.path.realpath(os.path.join(cwd, file)) if file else cwd
        self.front = path if file is None or os.path.isdir(path) else os.path.dirname(path)


def parse(argv: list[str], cwd: str) -> Words | None:
    """The words after the interpreter's own name; None when there is an option that a fork cannot honour.

    Args:
        argv: with the interpreter's name as the first.
        cwd: absolute.
    """
    rest = argv[1:]
    while rest and rest[0] == "-u":  # unbuffered it is anyway, see `sandbox.runner.variables`
        rest = rest[1:]
    if not rest or rest[0] == "-":
        return Words(rest or [""], cwd, None, None, None)
    first, *more = rest
    if first in ("-c", "-m"):
        if not more:
            return None
        argv = [first, *more[1:]]
        return Words(argv, cwd, more[0], None, None) if first == "-c" else Words(argv, cwd, None, more[0], None)
    if first.startswith("-") or not (first.endswith(".py") or os.path.isdir(os.path.join(cwd, first))):
        return None  # an option, or perhaps an archive
    return Words(rest, cwd, None, None, first)


def shadows(folder: str, modules: set[str]) -> bool:
    """Whether a file or package in `folder` would be imported instead of one of the top-level `modules`."""
    try:
        names = os.listdir(folder)
    except OSError:
        return True
    for name in names:
        stem = name.partition(".")[0]
        if stem not in modules:
            continue
        if name.endswith(CODE_SUFFIX):
            return True
        if name == stem and any(one.startswith("__init__.") for one in _names(f"{folder}/{name}")):
            return True
    return False


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
