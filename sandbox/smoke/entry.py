"""Finds the smoke command: what a reader of the repository would run first.

In this order: the user's own (`--smoke`); a shell script made to reproduce; the README's commands; a script
with a telling name; a package with `__main__`; a console script; any script that runs on its own. A command
that names data the tree does not hold, and a shell script that downloads, come last.
"""

from __future__ import annotations

import posixpath
import re
import shlex
import tomllib
from collections.abc import Iterator

from sandbox.smoke.arguments import derive
from sandbox.smoke.modules import Modules, is_excluded, search_path
from sandbox.smoke.readme import commands
from sandbox.smoke.script import Script
from sandbox.tree import Tree
from sandbox.verdict import EntryPoint

SHELL_SCRIPTS = ("reproduce.sh", "run.sh", "smoke.sh", "smoke_test.sh", "demo.sh", "run_demo.sh", "run_all.sh")
NAMES = ("main", "run", "app", "demo", "train", "experiment", "run_experiment", "experiments", "run_experiments", "cli",
         "game", "reproduce", "simulate", "simulation", "pipeline", "train_model", "evaluate")  # fmt: skip
_DOWNLOADS = re.compile(
    r"^\s*(?:sudo |pip3? |python3? -m pip|conda |wget |curl |git clone|docker |apt|gsutil |aws )", re.M
)
MAX_CANDIDATES = 8

Candidate = tuple[str, str]


def find_entry(tree: Tree, smoke: str | None, modules: Modules | None = None) -> EntryPoint | None:
    """The command to run, where it comes from, and what else could have been chosen; None when there is none."""
    modules = modules or Modules.of(tree)
    found: dict[str, str] = {}
    for command, source in (*((smoke, "--smoke") for _ in range(smoke is not None)), *_candidates(tree, modules)):
        if command:
            found.setdefault(command, source)
    if not found:
        return None
    first, *others = found
    return EntryPoint(command=first, source=found[first], candidates=tuple(others[:MAX_CANDIDATES]))


def _candidates(tree: Tree, modules: Modules) -> Iterator[Candidate]:
    shell = [(f"bash {name}", name) for name in SHELL_SCRIPTS if name in tree.files]
    offline = [one for one in shell if not _DOWNLOADS.search(tree.text(one[1]))]
    yield from offline
    readme = sorted(commands(tree, modules), key=lambda c: (not c.complete, not c.small))
    yield from ((command.line, command.source) for command in readme if command.complete)
    yield from _named(tree, modules)
    yield from _packages(modules)
    yield from _console_scripts(tree)
    yield from _standalone(tree, modules)
    yield from (one for one in shell if one not in offline)
    yield from ((command.line, command.source) for command in readme)


def _named(tree: Tree, modules: Modules) -> Iterator[Candidate]:
    """Scripts with a telling name, in the root, then in `src`, then one folder down."""
    paths = [
        p for p in modules.files if not is_excluded(p) and p.count("/") <= 2 and posixpath.basename(p)[:-3] in NAMES
    ]
    for path in sorted(
        paths, key=lambda p: (p.count("/"), not p.startswith("src/"), NAMES.index(posixpath.basename(p)[:-3]))
    ):
        script = Script.of(tree, path)
        if script.has_guard or script.works_on_import:
            yield run_script(script, tree, modules)


def _packages(modules: Modules) -> Iterator[Candidate]:
    for path in modules.files:
        folder, name = posixpath.split(path)
        if name == "__main__.py" and not is_excluded(path):
            yield (
                f"python -m {folder.replace('/', '.')}" if folder else "python __main__.py",
                f"{path} (package with __main__)",
            )


def _console_scripts(tree: Tree) -> Iterator[Candidate]:
    try:
        project = (
            tomllib.loads(tree.text("pyproject.toml")).get("project", {}) if "pyproject.toml" in tree.files else {}
        )
        scripts = dict(project.get("scripts", {}))
    except (tomllib.TOMLDecodeError, AttributeError, TypeError, ValueError):
        return
    for name, target in scripts.items():
        module, _, function = str(target).partition(":")
        if re.fullmatch(r"[\w.]+", module) and re.fullmatch(r"[\w.]+", function):
            code = f"import sys; from {module} import {function.split('.')[0]}; sys.exit({function}())"
            yield f"python -c {shlex.quote(code)}", f"pyproject.toml (console script {name})"


def _standalone(tree: Tree, modules: Modules) -> Iterator[Candidate]:
    """Other scripts that run on their own; first those that nothing imports and that import the most."""
    ranked = []
    for path in modules.files:
        script = Script.of(tree, path)
        if is_excluded(path) or not (script.has_guard or script.works_on_import):
            continue
        reach = len(modules.reachable(path, search_path(tree, path)))
        imported = any(path in modules.imported_by(other, ("", posixpath.dirname(path))) for other in modules.files)
        ranked.append((imported, not script.has_guard, -reach, path.count("/"), path))
    for *_, path in sorted(ranked):
        yield run_script(Script.of(tree, path), tree, modules)


def run_script(script: Script, tree: Tree, modules: Modules) -> Candidate:
    """The command for one script and its source.

    `python -m` is chosen where only that finds the repository's own modules; arguments that the script
    demands are derived from the tree.
    """
    why = "__main__ guard" if script.has_guard else "runs at top level"
    argv = ["python", script.path]
    module = script.path.removesuffix(".py").replace("/", ".")
    if "/" in script.path and all(part.isidentifier() for part in module.split(".")):
        as_script = modules.unresolved(script.path, search_path(tree, script.path))
        as_module = modules.unresolved(script.path, search_path(tree, script.path, as_module=True), as_module=True)
        if as_module < as_script:
            argv = ["python", "-m", module]
    arguments = derive(script, tree)
    if arguments:
        why += f", arguments derived: {shlex.join(arguments)}"
    return shlex.join([*argv, *arguments]), f"{script.path} ({why})"
