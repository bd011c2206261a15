"""Arguments for a script that demands some, derived from the tree; nothing is invented.

A choice is taken from the choices, a configuration from the tree's own files, an output goes to a folder
`out`. What cannot be derived is left out: the run then ends with the program's usage, which is `blocked`.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from sandbox.smoke.script import Argument, Script
from sandbox.tree import Tree

SMALL_FLAGS = frozenset({"smoke", "smoke_test", "quick", "quick_test", "toy", "demo", "fast_dev_run", "synthetic"})
PREFERRED = ("smoke", "demo", "quick", "toy", "synthetic", "run", "train", "all")
CONFIGURATION = (".yaml", ".yml", ".toml", ".json", ".ini", ".cfg")
OUTPUT_WORDS = ("out", "save", "result", "log_dir", "logdir", "dest")
INPUT_WORDS = ("data", "input", "file", "path", "dir", "corpus", "image")


def derive(script: Script, tree: Tree) -> tuple[str, ...]:
    """The arguments to run `script` with: a subcommand, a flag that scales it down, and what it requires."""
    command = _best(script.commands)
    wanted = [one for one in script.arguments if one.command in (None, command)]
    words = [command] if command else []
    flags = [max(one.names, key=len) for one in wanted if one.is_flag and one.name in SMALL_FLAGS]
    words += sorted(flags, key=lambda flag: _order(flag.lstrip("-").replace("-", "_")))[:1]
    for one in wanted:
        value = _value(one, tree) if one.required and not one.is_flag else None
        if value is not None:
            words += [value] if not one.names[0].startswith("-") else [max(one.names, key=len), value]
    return tuple(words)


def _value(one: Argument, tree: Tree) -> str | None:
    if one.choices:
        return _best(one.choices)
    if one.default is not None:
        return one.default
    if any(word in one.name for word in ("config", "cfg", "settings", "yaml")):
        return _best([p for p in sorted(tree.files) if p.endswith(CONFIGURATION) and "config" in p.lower()])
    if any(word in one.name for word in OUTPUT_WORDS):
        return "out"
    if any(word in one.name for word in INPUT_WORDS):
        return _data(one, tree)
    return None


def _data(one: Argument, tree: Tree) -> str | None:
    """A file or folder of the tree whose name the argument's own name speaks of."""
    word = one.name.split("_")[0]
    folders = {str(parent) for path in tree.files for parent in PurePosixPath(path).parents if str(parent) != "."}
    named = [f for f in sorted(folders) if PurePosixPath(f).name.lower() in (word, f"{word}s", f"sample_{word}")]
    files = [p for p in sorted(tree.files) if PurePosixPath(p).stem.lower().startswith(word) and not p.endswith(".py")]
    ordered = named + files if "dir" in one.name or "root" in one.name else files + named
    return ordered[0] if ordered else None


def _best(names: tuple[str, ...] | list[str]) -> str | None:
    return min(names, key=_order) if names else None


def _order(name: str) -> int:
    stem = PurePosixPath(name).stem.lower()
    return next((n for n, word in enumerate(PREFERRED) if word in stem), len(PREFERRED))
