"""What a program of Hydra's demands: values that are `???` in its configuration, and groups that nobody chose.

Hydra's manual: `???` as a value must be given on the command line ("Structured Configs: missing fields"); `???` in the
place of an option in a defaults list asks for an option of that group ("The Defaults List"). The configuration is read
as YAML without aliases; what is composed at run time, or held in dataclasses, stays unknown, and Hydra's own complaint
then says what is missing.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sandbox.requirements.dotted import dotted
from sandbox.requirements.plain_yaml import UnreadableYamlError, read_yaml
from sandbox.smoke.script import Script
from sandbox.smoke.syntax import constant
from sandbox.tree import Tree

MANDATORY = "???"
SMALL = ("smoke", "tiny", "toy", "mini", "small", "debug", "dummy", "demo", "synthetic", "quick", "fast")
"""Words by which an option of a group says that it is the small one, the most telling first."""
MAX_DEPTH = 6
"""Configurations that name each other are followed so deep."""
MAX_CHARACTERS = 1024 * 1024
"""So much text of configurations is read for one program."""
_PACKAGE = re.compile(r"^#\s*@package\s+(?P<name>\S+)", re.M)


@dataclass(frozen=True)
class Demanded:
    """What must be given.

    Attributes:
        groups: mandatory group -> its options, sorted.
        values: dotted names of mandatory values.
    """

    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: tuple[str, ...] = ()


def overrides(script: Script, tree: Tree, given: Mapping[str, str]) -> tuple[str, ...]:
    """Words for the command line of `script`: what the documentation gives, else a group's only or smallest option.

    What remains is left out: no value is invented.

    Args:
        given: what the documentation gives, key -> value.
    """
    demanded = read_hydra(script, tree)
    words = []
    for group, options in demanded.groups.items():
        documented = given.get(group)
        is_one = documented is not None and (documented in options or not options)
        chosen = documented if is_one else _smallest(options)
        words += [f"{group}={chosen}"] if chosen else []
    return (*words, *(f"{name}={given[name]}" for name in demanded.values if name in given))


def read_hydra(script: Script, tree: Tree) -> Demanded:
    """What the configuration of `script` demands; nothing where it is no program of Hydra's."""
    place = next((found for node in script.nodes if (found := _main(node)) is not None), None)
    if place is None:
        return Demanded()
    folder, name = place
    reading = _Reading(tree, posixpath.normpath(posixpath.join(posixpath.dirname(script.path), folder)))
    reading.follow(name.removesuffix(".yaml"), "", MAX_DEPTH)
    chosen = {group: reading.options(group) for group in reading.groups if group not in reading.settled}
    return Demanded(chosen, tuple(dict.fromkeys(reading.values)))


def _main(node: ast.AST) -> tuple[str, str] | None:
    """`config_path` and `config_name` of `@hydra.main(...)`."""
    if not (isinstance(node, ast.Call) and dotted(node.func) == "hydra.main"):
        return None
    words = dict(zip(("config_path", "config_name"), map(constant, node.args), strict=False))
    words |= {one.arg: constant(one.value) for one in node.keywords if one.arg in ("config_path", "config_name")}
    folder, name = words.get("config_path"), words.get("config_name")
    return (folder if isinstance(folder, str) else "", name) if isinstance(name, str) else None


def _smallest(options: tuple[str, ...]) -> str | None:
    """The only option, or the one whose name says that it is small; None where that is not plain."""
    if len(options) == 1:
        return options[0]
    for word in SMALL:
        named = [one for one in options if word in re.split(r"[-_.\d]+", one.lower())]
        if named:
            return named[0] if len(named) == 1 else None
    return None


class _Reading:
    """The configuration below one folder."""

    def __init__(self, tree: Tree, root: str) -> None:
        self.tree = tree
        self.root = "" if root == "." else root
        self.groups: dict[str, None] = {}
        self.settled: set[str] = set()
        """Groups whose option a later entry of a defaults list overrides."""
        self.values: list[str] = []
        self._seen: set[str] = set()
        self._left = MAX_CHARACTERS

    def options(self, group: str) -> tuple[str, ...]:
        """The names of a group's files."""
        return tuple(sorted(self._names.get(posixpath.join(self.root, group.partition("@")[0]), ())))

    @cached_property
    def _names(self) -> Mapping[str, list[str]]:
        """Folder -> the names of its configurations."""
        found: dict[str, list[str]] = {}
        for path in self.tree.files:
            folder, name = posixpath.split(path)
            if name.endswith(".yaml"):
                found.setdefault(folder, []).append(name.removesuffix(".yaml"))
        return found

    def follow(self, name: str, package: str, depth: int) -> None:
        """Read one configuration and those that its defaults list names; `package` is where its keys go."""
        path = posixpath.join(self.root, f"{name}.yaml")
        if depth == 0 or path in self._seen or path not in self.tree.files:
            return
        self._seen.add(path)
        text = self.tree.text(path)
        self._left -= len(text)
        try:
            config = read_yaml(text) if self._left >= 0 else None
        except UnreadableYamlError:
            return
        if not isinstance(config, dict):
            return
        if said := _PACKAGE.search(text):
            package = "" if said["name"] == "_global_" else package if said["name"] == "_group_" else said["name"]
        defaults = config.pop("defaults", None)
        for entry in defaults if isinstance(defaults, list) else ():
            self._default(entry, posixpath.dirname(name), package, depth)
        self.values += _mandatory(config, package)

    def _default(self, entry: object, folder: str, package: str, depth: int) -> None:
        """One entry: `_self_`, the name of a configuration, or a group with its option."""
        if isinstance(entry, str) and entry != "_self_":
            self.follow(_placed(entry, folder), package, depth - 1)
        if not isinstance(entry, dict) or len(entry) != 1:
            return
        key, option = next(iter(entry.items()))
        *words, name = str(key).split() or [""]
        group = _placed(name, folder)
        if group.startswith("hydra/"):
            return
        if "override" in words and option != MANDATORY:
            self.settled.add(group)
        elif option == MANDATORY:
            self.groups.setdefault(group)
        for one in option if isinstance(option, list) else (option,):
            if isinstance(one, str) and one != MANDATORY:
                bare, _, target = group.partition("@")
                self.follow(posixpath.join(bare, one), target or bare.replace("/", "."), depth - 1)


def _placed(name: str, folder: str) -> str:
    """A name of a defaults list from the configuration's root: relative to the folder, or absolute by a slash."""
    return name.lstrip("/") if name.startswith("/") else posixpath.join(folder, name)


def _mandatory(config: Mapping[object, object], package: str) -> Iterator[str]:
    """Dotted names of the values that are `???`."""
    for key, value in config.items():
        name = f"{package}.{key}" if package else str(key)
        if value == MANDATORY:
            yield name
        elif isinstance(value, dict):
            yield from _mandatory(value, name)
