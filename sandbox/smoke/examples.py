"""Values that the documentation gives in its commands, for a program that demands some."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sandbox.smoke.command import programs
from sandbox.smoke.modules import Modules
from sandbox.smoke.readme import PLACEHOLDER, Command, documents, is_there
from sandbox.tree import Tree

_OPTION = re.compile(r"(?<![\w-])(--?[A-Za-z][\w-]*)[ =](?!-)([^\s\\`'\"]+|\"[^\"\n]*\"|'[^'\n]*')")
_OVERRIDE = re.compile(r"\+{0,2}(?P<key>[A-Za-z_][\w./@-]*)=(?P<value>.+)")


@dataclass(frozen=True)
class Examples:
    """What the documentation gives, as far as it could be given here: no placeholder, no path that is not there.

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
        path = next((one.path for one in programs(command.line, tree, modules)), None)
        if path is None:
            continue
        for word in command.rest:
            match = _OVERRIDE.fullmatch(word)
            if match and _is_given(match["value"], command.here, tree):
                overrides.setdefault(path, {}).setdefault(match["key"], match["value"])
        leading.setdefault(path, _leading(command, tree))
    return Examples(_options(tree), overrides, leading)


def _options(tree: Tree) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in documents(tree):
        for option, given in _OPTION.findall(tree.text(path)):
            value = given.strip("\"'")
            if _is_given(value, "", tree):
                found.setdefault(option, value)
    return found


def _leading(command: Command, tree: Tree) -> tuple[str, ...]:
    words: list[str] = []
    for word in command.rest:
        if word.startswith("-") or _OVERRIDE.fullmatch(word) or not _is_given(word, command.here, tree):
            break
        words.append(word)
    return tuple(words)


def _is_given(value: str, here: str, tree: Tree) -> bool:
    return bool(value) and not PLACEHOLDER.search(value) and is_there(value, here, tree)
