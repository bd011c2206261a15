"""Arguments for a script that demands some, derived from the repository; nothing is invented.

In this order: a choice is taken from the choices, a default where there is one, the value that the documentation
gives for the option, a configuration or data from the tree's own files; an output goes to a folder `out`. What cannot
be derived is left out: the run then ends with the program's usage, which is `blocked`. Where the parser offers it, the
run is scaled down: a flag such as `--quick`, and few epochs and steps. What a program of Hydra's demands: see `hydra`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from sandbox.smoke.examples import Examples
from sandbox.smoke.hydra import overrides
from sandbox.smoke.script import Script
from sandbox.smoke.syntax import Argument
from sandbox.tree import Tree

SMALL_FLAGS = frozenset({"smoke", "smoke_test", "quick", "quick_test", "toy", "demo", "fast_dev_run", "synthetic"})
PREFERRED = ("smoke", "demo", "quick", "toy", "synthetic", "run", "train", "all")
CONFIGURATION = (".yaml", ".yml", ".toml", ".json", ".ini", ".cfg")
OUTPUT_WORDS = ("out", "save", "result", "log_dir", "logdir", "dest")
INPUT_WORDS = ("data", "input", "file", "path", "dir", "corpus", "image")
FEW = (
    (re.compile(r"(?:num_|n_|max_|train_|training_|total_)*epochs?"), 2),
    (re.compile(r"(?:num_|n_|max_|train_|training_|total_)*(?:steps|iters|iterations|updates|episodes)"), 20),
)
"""Settings that only say how long a program goes on: few are enough to see that it works, and one may be too few."""


def derive(script: Script, tree: Tree, given: Examples | None = None, program: str | None = None) -> tuple[str, ...]:
    """The arguments to run `script` with: a subcommand, what scales it down, and what it requires.

    Args:
        given: what the documentation gives.
        program: path of the file that is run, where `script` is a module that it imports.
    """
    given, program = given or Examples(), program or script.path
    command = _best(script.commands)
    wanted = [one for one in script.arguments if one.command in (None, command)]
    words = [command] if command else []
    flags = [one.option for one in wanted if one.is_flag and one.name in SMALL_FLAGS]
    words += sorted(flags, key=lambda flag: _order(flag.lstrip("-").replace("-", "_")))[:1]
    leading = _leading(given.leading.get(program, ()), script.commands, command)
    for one in wanted:
        documented = leading.pop(0) if one.is_positional and one.required and leading else None
        value = _value(one, tree, given, documented) if one.required and not one.is_flag else _few(one)
        if value is not None:
            words += [value] if one.is_positional else [one.option, value]
    return (*words, *overrides(script, tree, given.overrides.get(program, {})))


def _leading(words: tuple[str, ...], commands: tuple[str, ...], command: str | None) -> list[str]:
    """What the documentation gives for the positional arguments; nothing where it gives them to another subcommand."""
    if not commands:
        return list(words)
    return list(words[1:]) if words[:1] == (command,) else []


def _few(one: Argument) -> str | None:
    """The small number for an option that says how long the program goes on; None where it is small already."""
    if one.required or one.is_positional or one.is_flag or not one.is_number or one.default is None:
        return None
    few = next((number for pattern, number in FEW if pattern.fullmatch(one.name)), None)
    return str(few) if few is not None and one.default.isdecimal() and int(one.default[:9]) > 2 * few else None


def _value(one: Argument, tree: Tree, given: Examples, documented: str | None) -> str | None:
    if one.choices or one.default is not None:
        return _best(one.choices) or one.default
    if example := documented or next((given.options[name] for name in one.names if name in given.options), None):
        return example
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
    named = [f for f in sorted(_folders(tree)) if posixpath.basename(f).lower() in (word, f"{word}s", f"sample_{word}")]
    files = [p for p in sorted(tree.files) if PurePosixPath(p).stem.lower().startswith(word) and not p.endswith(".py")]
    ordered = named + files if "dir" in one.name or "root" in one.name else files + named
    return ordered[0] if ordered else None


def _folders(tree: Tree) -> Iterator[str]:
    yield from {str(parent) for path in tree.files for parent in PurePosixPath(path).parents if str(parent) != "."}


def _best(names: tuple[str, ...] | list[str]) -> str | None:
    return min(names, key=_order) if names else None


def _order(name: str) -> int:
    stem = PurePosixPath(name).stem.lower()
    return next((n for n, word in enumerate(PREFERRED) if word in stem), len(PREFERRED))
