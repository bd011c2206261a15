"""Which files of a repository say what it does, by their names."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import PurePosixPath


class Kind(Enum):
    """What a file is."""

    code = 0
    configuration = 1
    tests = 2
    documentation = 3


LONGEST = {Kind.code: 200_000, Kind.configuration: 30_000, Kind.tests: 100_000, Kind.documentation: 30_000}
"""Characters; what is longer was not written by hand, or is data."""

_CODE = frozenset([
    ".py", ".pyi", ".pyx", ".ipynb", ".sh", ".bash", ".r", ".jl", ".c", ".cc", ".cpp", ".cxx", ".h", ".hpp",
    ".cu", ".cuh", ".java", ".kt", ".js", ".mjs", ".ts", ".tsx", ".m", ".lua", ".rs", ".go", ".scala", ".swift",
    ".pl", ".sql", ".f90", ".hs", ".ml", ".cs", ".rb",
])  # fmt: skip
_SUFFIXES = dict.fromkeys(
    [".yaml", ".yml", ".toml", ".cfg", ".ini", ".json", ".gin", ".conf", ".jsonnet"], Kind.configuration
) | dict.fromkeys([".md", ".rst", ".txt", ".tex"], Kind.documentation)
_NAMED = {
    "makefile": Kind.code,
    "snakefile": Kind.code,
    "dockerfile": Kind.configuration,
    "cmakelists.txt": Kind.configuration,
    "pipfile": Kind.configuration,
}
_LOCKS = frozenset([
    "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "poetry.lock", "uv.lock", "pipfile.lock",
    "requirements.lock", "pdm.lock",
])  # fmt: skip
_REQUIREMENTS = re.compile(r"requirements[\w.-]*\.(txt|in)\Z")
_README = re.compile(r"readme(\.\w+)?\Z")
_TEST = re.compile(r"(test_.*|.*_test|conftest)\.py\Z")


def kind_of(path: str) -> Kind | str:
    """What the file at `path` is, or why it is not shown.

    Args:
        path: relative POSIX path.
    """
    pure = PurePosixPath(path)
    name, suffix = pure.name.lower(), pure.suffix.lower()
    if name in _LOCKS:
        return "a lock file"
    kind = _NAMED.get(name, _of_pattern(pure, name))
    if kind is None and suffix in _CODE:
        is_test = not {"test", "tests"}.isdisjoint(pure.parts[:-1]) or _TEST.match(name)
        kind = Kind.tests if is_test else Kind.code
    if kind is not None:
        return kind
    if any(part.startswith(".") for part in pure.parts):
        return "settings of a tool"
    return _SUFFIXES.get(suffix, "neither code, configuration nor documentation by its name")


def _of_pattern(path: PurePosixPath, name: str) -> Kind | None:
    """The kind of requirements and of a README, which are called in many ways."""
    if _REQUIREMENTS.match(name):
        return Kind.configuration
    if _README.match(name):  # the root's tells commands and settings
        return Kind.configuration if len(path.parts) == 1 else Kind.documentation
    return None
