"""What `pyproject.toml` and `setup.cfg` declare, and the files in which setuptools is to find the rest."""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.requirements.entries import COMMENT, Entry, Note, Places, texts
from sandbox.requirements.poetry import poetry_entries

NAMING = ("pyproject.toml", "setup.cfg")
"""Files that may name others, see `named_files`."""
UNREADABLE = (ValueError, RecursionError, configparser.Error, AttributeError, TypeError)
"""What the functions here raise for a file that is not what its name says."""


def pyproject(text: str) -> Iterator[Entry | Note]:
    """PEP 621, PEP 735 and Poetry."""
    data, places = tomllib.loads(text), Places(text)
    project: Mapping[str, Any] = data.get("project", {})
    for line in texts(project.get("dependencies")):
        yield line, places.line_of(line), True
    # Extras, and the groups of PEP 735, where a table includes another group.
    for lines in (*project.get("optional-dependencies", {}).values(), *data.get("dependency-groups", {}).values()):
        for line in texts(lines):
            yield line, places.line_of(line), False
    poetry: Mapping[str, Any] = data.get("tool", {}).get("poetry", {})
    yield from poetry_entries(places, poetry.get("dependencies", {}))
    yield from poetry_entries(places, poetry.get("dev-dependencies", {}), primary=False)
    for group in poetry.get("group", {}).values():
        yield from poetry_entries(places, group.get("dependencies", {}), primary=False)


def setup_cfg(text: str) -> Iterator[Entry]:
    """The lists of `install_requires` and `extras_require`."""
    places = Places(text)
    for lines, primary in _setup_lists(text):
        for raw in lines.splitlines():
            line = COMMENT.sub("", raw).strip()
            if line and not line.startswith("file:") and "%(" not in line:
                yield line, places.line_of(line), primary


def named_files(name: str, text: str) -> Iterator[tuple[str, bool]]:
    """The requirements files that setuptools is told to read, and whether they are primary.

    That is `dynamic` metadata of pyproject.toml, `dependencies = {file = ["base.txt"]}`, and `file: base.txt` of
    setup.cfg (setuptools' documentation, "Configuring setuptools using pyproject.toml" and "... setup.cfg files").

    Args:
        name: pyproject.toml or setup.cfg; no other file names any.
    """
    if name == "setup.cfg":
        for lines, primary in _setup_lists(text):
            if lines.strip().startswith("file:"):
                for file in lines.strip().removeprefix("file:").replace(",", "\n").split():
                    yield file, primary
    elif name == "pyproject.toml":
        dynamic: Mapping[str, Any] = tomllib.loads(text).get("tool", {}).get("setuptools", {}).get("dynamic", {})
        extras = dynamic.get("optional-dependencies", {}).values()
        for table, primary in ((dynamic.get("dependencies", {}), True), *((extra, False) for extra in extras)):
            for file in texts(table.get("file")):
                yield file, primary


def _setup_lists(text: str) -> Iterator[tuple[str, bool]]:
    config = configparser.ConfigParser(interpolation=None, strict=False)
    config.read_string(text)
    yield config.get("options", "install_requires", fallback=""), True
    if config.has_section("options.extras_require"):
        for _, value in config.items("options.extras_require"):
            yield value, False
