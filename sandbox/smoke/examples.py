"""Values that the documentation gives in its commands, for a program that demands some."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sandbox.smoke.command import started
from sandbox.smoke.modules import Modules
from sandbox.smoke.readme import PLACEHOLDER, Command, documents, is_there
from sandbox.tree import Tree

_OPTION = re.compile(r"(?<![\w-])(--?[A-Za-z][\w-]*)[ =](?!-)([^\s\\`'\"]+|\"[^\"\n]*\"|'[^'\n]*')")
_OVERRIDE = re.compile(r"\+{0,2}(?P<key>[A-Za-z_][\w./@-]*)=(?P<value>.+)")
_SWEEP = re.compile(r",|\b(?:range|choice|interval|glob)\(")
"""Several values at once (Hydra's manual, "Extended Override syntax": sweeps)."""
MAX_VALUE = 1000
"""Characters of a value."""


@dataclass(frozen=True)
class Examples:
    """What the documentation gives, as far as it could be given here: no placeholder, no path that is not there.

    Each is given as it must be in the root of the tree, whichever folder the documentation goes to.

    Attributes:
        options: option, with its dashes -> the first value.
        overrides: path of a program -> Hydra's `key=value` words, as key -> value.
        leading: path of a program -> the words before its first option.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    leading: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def examples(tree: Tree, modules: Modules, documented: Iterable[Command]) -> Examples:
    """The values in the documents of `tree`, and in the commands that were read from them."""
    overrides: dict[str, dict[str, str]] = {}
    leading: dict[str, tuple[str, ...]] = {}
    for command in documented:
        program = started(command.line, tree, modules)
        if program is None:  # a shell script, a server or a notebook, whose words are its own
            continue
        given = overrides.setdefault(program.path, {})
        for key, value in _overrides(command, tree):
            given.setdefault(key, value)
        leading.setdefault(program.path, _leading(command, tree))
    return Examples(_options(tree), overrides, leading)


def _overrides(command: Command, tree: Tree) -> Iterator[tuple[str, str]]:
    """Hydra's words, key and value; none of a command that runs the program several times over."""
    if {"-m", "--multirun"} & {*command.rest}:
        return
    for word in command.rest:
        match = _OVERRIDE.fullmatch(word)
        value = _rooted(match["value"], command.here, tree) if match and not _SWEEP.search(match["value"]) else None
        if match and value is not None:
            yield match["key"], value


def _options(tree: Tree) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in documents(tree):
        for option, given in _OPTION.findall(tree.text(path)):
            value = _rooted(given.strip("\"'"), "", tree)
            if value is not None:
                found.setdefault(option, value)
    return found


def _leading(command: Command, tree: Tree) -> tuple[str, ...]:
    words: list[str] = []
    for word in command.rest:
        value = _rooted(word, command.here, tree)
        if word.startswith("-") or _OVERRIDE.fullmatch(word) or value is None:
            break
        words.append(value)
    return tuple(words)


def _rooted(value: str, here: str, tree: Tree) -> str | None:
    """`value`, that is given in the folder `here`, as it is given in the root.

    None for a placeholder, and for a path that is not there.
    """
    is_value = 0 < len(value) <= MAX_VALUE and not PLACEHOLDER.search(value)
    if not is_value or not is_there(value, here, tree):
        return None
    path = posixpath.normpath(posixpath.join(here, value))
    return path if here and (path in tree.files or path in tree.folders) else value
