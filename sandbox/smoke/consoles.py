"""The console scripts that a repository declares, read by parsing only: PEP 621, Poetry, setup.cfg, setup.py."""

from __future__ import annotations

import ast
import configparser
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.tree import Tree

_MODULE = re.compile(r"[A-Za-z_][\w.]*")
_FUNCTION = re.compile(r"[A-Za-z_][\w.]*")
_LINE = re.compile(r"^\s*(?P<name>[\w.-]+)\s*=\s*(?P<target>[\w.]+:[\w.]+)", re.M)


@dataclass(frozen=True)
class Console:
    """One console script.

    Attributes:
        name: what the installed program is called.
        module: where its function is.
        function: dotted below the module.
        file: that declares it.
    """

    name: str
    module: str
    function: str
    file: str

    @property
    def command(self) -> str:
        """A shell line that does what the installed program would; the package must be importable."""
        first = self.function.split(".")[0]
        code = f"import sys; from {self.module} import {first}; sys.exit({self.function}())"
        return f"python -c {shlex.quote(code)}"


def console_scripts(tree: Tree) -> tuple[Console, ...]:
    """Every console script of `tree`, each name once; what cannot be read is passed over."""
    found: dict[str, Console] = {}
    for file, read in (("pyproject.toml", _pyproject), ("setup.cfg", _setup_cfg), ("setup.py", _setup_py)):
        if file not in tree.files:
            continue
        try:
            declared = list(read(tree.text(file)))
        except (ValueError, SyntaxError, RecursionError, configparser.Error, AttributeError, TypeError):
            continue
        for name, target in declared:
            module, _, function = target.partition(":")
            if _MODULE.fullmatch(module) and _FUNCTION.fullmatch(function):
                found.setdefault(name, Console(name, module, function, file))
    return tuple(found.values())


def _pyproject(text: str) -> Iterator[tuple[str, str]]:
    data: Mapping[str, Any] = tomllib.loads(text)
    project, poetry = data.get("project", {}), data.get("tool", {}).get("poetry", {})
    for table in (project.get("scripts", {}), project.get("gui-scripts", {}), poetry.get("scripts", {})):
        for name, target in table.items():
            said = target.get("reference") or target.get("callable") if isinstance(target, Mapping) else target
            yield str(name), str(said).split("[")[0].strip()


def _setup_cfg(text: str) -> Iterator[tuple[str, str]]:
    config = configparser.ConfigParser(interpolation=None, strict=False)
    config.read_string(text)
    if config.has_section("options.entry_points"):
        for group in ("console_scripts", "gui_scripts"):
            yield from _lines(config.get("options.entry_points", group, fallback=""))


def _setup_py(text: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.keyword) and node.arg == "entry_points"):
            continue
        try:
            value = ast.literal_eval(node.value)
        except ValueError:  # computed
            continue
        groups = value if isinstance(value, dict) else {"console_scripts": str(value)}
        for group in ("console_scripts", "gui_scripts"):
            lines = groups.get(group, ())
            yield from _lines(lines if isinstance(lines, str) else "\n".join(map(str, lines)))


def _lines(text: str) -> Iterator[tuple[str, str]]:
    return ((match["name"], match["target"]) for match in _LINE.finditer(text))
