"""Which Python files a smoke command runs, and what is on `sys.path` when it does."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.requirements.bounds import MAX_TEXT, shell_words
from sandbox.requirements.notebooks import read_notebook
from sandbox.smoke.launchers import read_launcher
from sandbox.smoke.modules import Modules, search_path
from sandbox.smoke.programs import SERVERS
from sandbox.smoke.script import Script
from sandbox.tree import Tree

VARIABLES = {
    "HYDRA_FULL_ERROR": "1",
    "TYPER_STANDARD_TRACEBACK": "1",
    "SDL_VIDEODRIVER": "dummy",
    "SDL_AUDIODRIVER": "dummy",
    "QT_QPA_PLATFORM": "offscreen",
    "WANDB_MODE": "offline",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}
"""Full tracebacks where a library would shorten them; windows and sound into nowhere where a library can."""
_SEPARATOR = re.compile(r"&&|\|\||;|\||\n")
MAX_DEPTH = 3
"""Shell scripts that run each other are followed so deep."""
MAX_PATH = 4096


@dataclass(frozen=True)
class Program:
    """A Python file that a command runs.

    Attributes:
        path: in the tree.
        words: what names it on the command line: `python -m pkg.cli`, `python main.py`; empty for what a server or
            the notebook driver runs.
        folders: of the tree, that are on `sys.path`.
        here: the folder it is run in.
        served_by: the server whose own command runs it, such as `uvicorn`.
    """

    path: str
    words: tuple[str, ...]
    folders: tuple[str, ...]
    here: str = ""
    served_by: str = ""


def programs(command: str, tree: Tree, modules: Modules) -> tuple[Program, ...]:
    """The tree's Python files that a shell line runs, those of its own shell scripts included."""
    found = _programs(command, tree, modules, 0, set())
    return tuple({program.path: program for program in found}.values())


def started(line: str, tree: Tree, modules: Modules) -> Program | None:
    """The tree's Python file that `line` itself starts, not by way of a script, a server or a notebook."""
    return next((one for one in _programs(line, tree, modules, MAX_DEPTH, set()) if one.words), None)


def scripts(command: str, tree: Tree, modules: Modules) -> tuple[Script, ...]:
    """The programs of a command and every file that they import."""
    found: dict[str, Script] = {}
    for one in programs(command, tree, modules):
        for path in modules.reachable(one.path, one.folders):
            served_by = one.served_by if path == one.path else ""
            found.setdefault(path, Script.of(tree, path, served_by))
    return tuple(found.values())


def _programs(command: str, tree: Tree, modules: Modules, depth: int, seen: set[str]) -> Iterator[Program]:
    """Those of a command.

    Args:
        depth: of the scripts that led to it.
        seen: the shell scripts that were followed before; each is followed once.
    """
    here = ""
    for part in _SEPARATOR.split(command.replace("\\\n", " ")[:MAX_TEXT]):
        words = shell_words(part, comments=True)
        if words is None:
            continue
        launched = read_launcher(words)
        words = list(launched.words) if launched else words
        if words[:1] == ["cd"] and len(words) == 2 and len(here) + len(words[1]) < MAX_PATH:
            here = posixpath.normpath(posixpath.join(here, words[1])).removeprefix(".")
            continue
        script = next((inside for word in words if (inside := _inside(here, word, tree, ".sh"))), None)
        if script and depth < MAX_DEPTH:
            if script not in seen:
                seen.add(script)
                yield from _programs(tree.text(script), tree, modules, depth + 1, seen)
        elif notebook := _inside(here, words[-1], tree, ".ipynb") if words else None:
            yield from _imported_by_cells(notebook, tree, modules)
        elif found := _served(words, here, tree, modules) or _program(words, here, tree, modules):
            yield found


def _imported_by_cells(notebook: str, tree: Tree, modules: Modules) -> Iterator[Program]:
    """The tree's own modules that a notebook's cells import; what the cells themselves do is not measured."""
    folder = posixpath.dirname(notebook)
    folders = tuple(dict.fromkeys((folder, *search_path(tree, None))))
    for one in read_notebook(notebook, tree.files[notebook]):
        for name in (one.module, *(f"{one.module}.{part}" for part in one.names)):
            if path := modules.find(name, folders):
                yield Program(path, (), folders, folder)


def _served(words: list[str], here: str, tree: Tree, modules: Modules) -> Program | None:
    """The file that a server's command names: `python -m uvicorn pkg.main:app`, `python -m streamlit run app.py`."""
    name = words[2] if len(words) > 3 and words[1] == "-m" else words[0] if words else ""
    if name not in SERVERS:
        return None
    folders = tuple(dict.fromkeys((here, *search_path(tree, None))))
    for word in words[1:]:
        path = _inside(here, word, tree, ".py") or modules.find(word.partition(":")[0], folders)
        if path:
            return Program(path, (), folders, here, name)
    return None


def _program(words: list[str], here: str, tree: Tree, modules: Modules) -> Program | None:
    python = next((n for n, word in enumerate(words) if re.fullmatch(r"(?:.*/)?python[\d.]*", word)), None)
    if python is None:
        return None
    for number in range(python + 1, len(words)):
        if words[number] == "-m" and number + 1 < len(words):
            name = words[number + 1]
            folders = tuple(dict.fromkeys((here, *search_path(tree, None))))
            path = modules.find(f"{name}.__main__", folders) or modules.find(name, folders)
            return Program(path, ("python", "-m", name), folders, here) if path else None
        if words[number] == "-c":
            folders = tuple(dict.fromkeys((here, *search_path(tree, None))))
            names = re.findall(r"(?:from|import)\s+([\w.]+)", " ".join(words[number + 1 :]))
            path = next((found for name in names if (found := modules.find(name, folders))), None)
            return Program(path, ("python", "-c", words[number + 1]), folders, here) if path else None
        if path := _inside(here, words[number], tree, ".py"):
            return Program(path, ("python", words[number]), search_path(tree, path), here)
        if not words[number].startswith("-"):
            return None
    return None


def _inside(here: str, word: str, tree: Tree, ending: str) -> str | None:
    path = posixpath.normpath(posixpath.join(here, word))
    return path if path.endswith(ending) and path in tree.files else None
