"""Which Python files a smoke command runs, and what is on `sys.path` when it does."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.smoke.modules import Modules, search_path
from sandbox.smoke.script import Script
from sandbox.tree import Tree

VARIABLES = {
    "HYDRA_FULL_ERROR": "1",
    "TYPER_STANDARD_TRACEBACK": "1",
    "SDL_VIDEODRIVER": "dummy",
    "SDL_AUDIODRIVER": "dummy",
    "QT_QPA_PLATFORM": "offscreen",
}
"""Full tracebacks where a library would shorten them; windows and sound into nowhere where a library can."""
_SEPARATOR = re.compile(r"\s*(?:&&|\|\||;|\||\n)\s*")


@dataclass(frozen=True)
class Program:
    """A Python file that a command runs.

    Attributes:
        path: in the tree.
        words: what names it on the command line: `python -m pkg.cli`, `python main.py`; empty for `python -c`.
        folders: of the tree, that are on `sys.path`.
        here: the folder it is run in.
    """

    path: str
    words: tuple[str, ...]
    folders: tuple[str, ...]
    here: str = ""


def programs(command: str, tree: Tree, modules: Modules) -> tuple[Program, ...]:
    """The tree's Python files that a shell line runs, those of its own shell scripts included."""
    return tuple({program.path: program for program in _programs(command, tree, modules, depth=0)}.values())


def scripts(command: str, tree: Tree, modules: Modules) -> tuple[Script, ...]:
    """The programs of a command and every file that they import."""
    paths = [path for one in programs(command, tree, modules) for path in modules.reachable(one.path, one.folders)]
    return tuple(Script.of(tree, path) for path in dict.fromkeys(paths))


def _programs(command: str, tree: Tree, modules: Modules, depth: int) -> Iterator[Program]:
    here = ""
    for part in _SEPARATOR.split(command.replace("\\\n", " ")):
        try:
            words = shlex.split(part, comments=True)
        except ValueError:
            continue
        if words[:1] == ["cd"] and len(words) == 2:
            here = posixpath.normpath(posixpath.join(here, words[1])).removeprefix(".")
            continue
        script = next((inside for word in words if (inside := _inside(here, word, tree, ".sh"))), None)
        if script and depth < 3:
            yield from _programs(tree.text(script), tree, modules, depth + 1)
        elif found := _program(words, here, tree, modules):
            yield found


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
            return Program(path, (), folders, here) if path else None
        if path := _inside(here, words[number], tree, ".py"):
            return Program(path, ("python", words[number]), search_path(tree, path), here)
        if not words[number].startswith("-"):
            return None
    return None


def _inside(here: str, word: str, tree: Tree, ending: str) -> str | None:
    path = posixpath.normpath(posixpath.join(here, word))
    return path if path.endswith(ending) and path in tree.files else None
