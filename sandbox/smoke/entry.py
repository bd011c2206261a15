"""Finds the smoke command: what a reader of the repository would run first.

In this order: the user's own (`--smoke`); what the repository's table `[tool.p2c]` says; a shell script made to
reproduce; the documentation's commands; a script with a telling name; a package with `__main__`; a console script; a
Makefile's target; an application that a server's own command runs; any script that runs on its own; a shell script in
`scripts/`, or one in the root such as `train.sh`; a notebook. Only where a repository has nothing of the kind are its
tests run: a library has nothing else to show, and a program's tests would say little of the program. A command that
names data the tree does not hold, and a shell script that downloads, come last.
"""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from sandbox.smoke.arguments import derive
from sandbox.smoke.consoles import console_scripts
from sandbox.smoke.examples import Examples, examples
from sandbox.smoke.makefile import make_commands
from sandbox.smoke.modules import Modules, is_excluded, is_test, search_path
from sandbox.smoke.notebook import notebooks
from sandbox.smoke.readme import commands
from sandbox.smoke.script import Script
from sandbox.smoke.servers import is_streamlit, server_commands, streamlit
from sandbox.smoke.shell import shell_scripts
from sandbox.smoke.table import SOURCE, read_table
from sandbox.tree import Tree
from sandbox.verdict import EntryPoint

NAMES = ("main", "run", "app", "demo", "train", "experiment", "run_experiment", "experiments", "run_experiments", "cli",
         "game", "reproduce", "simulate", "simulation", "pipeline", "run_training_testing", "train_model",
         "evaluate")  # fmt: skip
MAX_CANDIDATES = 8

Candidate = tuple[str, str]


def find_entry(tree: Tree, smoke: str | None, modules: Modules | None = None) -> EntryPoint | None:
    """The command to run, where it comes from, and what else could have been chosen; None when there is none."""
    modules = modules or Modules.of(tree)
    found: dict[str, str] = {}
    asked = ((smoke, "--smoke"), (read_table(tree).smoke, SOURCE))
    for command, source in chain(((one, said) for one, said in asked if one), _candidates(tree, modules)):
        found.setdefault(command, source)
        if len(found) > MAX_CANDIDATES:
            break
    if not found:
        return None
    first, *others = found
    sources = tuple(found[one] for one in others)
    return EntryPoint(command=first, source=found[first], candidates=tuple(others), sources=sources)


def _candidates(tree: Tree, modules: Modules) -> Iterator[Candidate]:
    shell = shell_scripts(tree, modules)
    yield from ((one.command, one.source) for one in shell if one.reproduces and not one.downloads)
    documented = sorted(commands(tree, modules), key=lambda c: (not c.complete, not c.small, c.inline))
    yield from ((command.line, command.source) for command in documented if command.complete)
    given = examples(tree, modules, documented)
    yield from _named(tree, modules, given)
    yield from _packages(tree, modules, given)
    yield from _console_scripts(tree, modules, given)
    yield from make_commands(tree, modules)
    yield from server_commands(tree, modules)
    yield from _standalone(tree, modules, given)
    yield from ((one.command, one.source) for one in shell if not (one.reproduces or one.downloads))
    yield from notebooks(tree)
    yield from _tests(tree)
    yield from ((one.command, one.source) for one in shell if one.downloads)
    yield from ((command.line, command.source) for command in documented)


def _named(tree: Tree, modules: Modules, given: Examples) -> Iterator[Candidate]:
    """Scripts with a telling name, in the root, then in `src`, then one folder down."""
    paths = [
        p for p in modules.files if not is_excluded(p) and p.count("/") <= 2 and posixpath.basename(p)[:-3] in NAMES
    ]
    for path in sorted(
        paths, key=lambda p: (p.count("/"), not p.startswith("src/"), NAMES.index(posixpath.basename(p)[:-3]))
    ):
        script = Script.of(tree, path)
        if script.has_guard or script.works_on_import:
            yield run_script(script, tree, modules, given)


def _packages(tree: Tree, modules: Modules, given: Examples) -> Iterator[Candidate]:
    for path in modules.files:
        folder, name = posixpath.split(path)
        if name == "__main__.py" and not is_excluded(path):
            parts = folder.removeprefix("src/") if "src/__init__.py" not in tree.files else folder
            start = f"python -m {shlex.quote(parts.replace('/', '.'))}" if folder else "python __main__.py"
            where = "cd src && " if parts != folder and not search_path(tree, None) else ""
            words = _demanded(path, tree, modules, given)
            yield f"{where}{start}{words.text}", f"{path} (package with __main__{words.said})"


def _console_scripts(tree: Tree, modules: Modules, given: Examples) -> Iterator[Candidate]:
    for one in console_scripts(tree):
        path = modules.find(one.module, search_path(tree, None) or ("",))
        if path is not None:
            words = _demanded(path, tree, modules, given)
            yield f"{one.command}{words.text}", f"{one.file} (console script {one.name}{words.said})"


class _Demanded(NamedTuple):
    """Arguments as shell text with a blank before, and what is said of them."""

    text: str
    said: str


def _demanded(path: str, tree: Tree, modules: Modules, given: Examples) -> _Demanded:
    """What the program of `path` demands, which may be read in a module that it imports."""
    for reached in modules.reachable(path, search_path(tree, path, as_module=True))[:6]:
        script = Script.of(tree, reached)
        if script.arguments or script.commands or script.helper == "hydra":
            words = derive(script, tree, given, path)
            text = shlex.join(words)
            return _Demanded(f" {text}", f", arguments derived: {text}") if words else _Demanded("", "")
    return _Demanded("", "")


def _tests(tree: Tree) -> Iterator[Candidate]:
    """The tests, where nothing else can be run."""
    tests = [path for path in tree.python_files() if is_test(path)]
    if tests:
        yield "python -m pytest -q -x -p no:cacheprovider", f"{tests[0]} (tests: there is nothing else to run)"


def _standalone(tree: Tree, modules: Modules, given: Examples) -> Iterator[Candidate]:
    """Other scripts that run on their own; first those that nothing imports and that import the most."""
    ranked = []
    imported_from: dict[str, frozenset[str]] = {}
    for path in modules.files:
        script = Script.of(tree, path)
        if is_excluded(path) or not (script.has_guard or script.works_on_import):
            continue
        reach = len(modules.reachable(path, search_path(tree, path)))
        folder = posixpath.dirname(path)
        if folder not in imported_from:
            of_each = (modules.imported_by(other, ("", folder)) for other in modules.files)
            imported_from[folder] = frozenset(chain.from_iterable(of_each))
        ranked.append((path in imported_from[folder], not script.has_guard, -reach, path.count("/"), path))
    for *_, path in sorted(ranked):
        yield run_script(Script.of(tree, path), tree, modules, given)


def run_script(script: Script, tree: Tree, modules: Modules, given: Examples | None = None) -> Candidate:
    """The command for one script and its source.

    `python -m` is chosen where only that finds the repository's own modules; arguments that the script
    demands are derived from the tree.
    """
    if is_streamlit(script):
        return streamlit(script.path), f"{script.path} (streamlit script)"
    why = "__main__ guard" if script.has_guard else "runs at top level"
    argv = ["python", script.path]
    module = script.path.removesuffix(".py").replace("/", ".")
    if "/" in script.path and all(part.isidentifier() for part in module.split(".")):
        as_script = modules.unresolved(script.path, search_path(tree, script.path))
        as_module = modules.unresolved(script.path, search_path(tree, script.path, as_module=True), as_module=True)
        if as_module < as_script:
            argv = ["python", "-m", module]
    arguments = derive(script, tree, given)
    if arguments:
        why += f", arguments derived: {shlex.join(arguments)}"
    return shlex.join([*argv, *arguments]), f"{script.path} ({why})"
