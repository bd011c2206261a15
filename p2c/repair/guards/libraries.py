"""Whether a module that is not there was to be the repository's own, or is part of a library."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from p2c.repair.guards.change import Repair, tokens
from sandbox.requirements.declared import read_declared
from sandbox.requirements.names import STANDARD_LIBRARY, foreign, generic, is_famous, lookup, table

_TEXT = re.compile(r"(?:^|/)(?:readme|dockerfile|makefile)[^/]*$|\.(?:md|rst|txt|toml|cfg|ini|ya?ml|sh|in|py)$", re.I)
_LARGEST = 200_000
_INSTALLS = re.compile(r"\b(?:(?:pip[\d.]*|conda|mamba|uv|apt(?:-get)?)\b.{0,80}?\b(?:install|add)|git clone)\b(.*)")
_COMMANDS = re.compile(r"&&|\|\||[|;`]")
_CD = re.compile(r"\bcd\s+([^\s;&|`]+)")
_HERE = re.compile(r"\bpip[\d.]*\s+install\s(?:[^\n;&|]{0,80}\s)?['\"]?\.(?=[\s\[;&|`'\"]|$)|\bsetup\.py\b")
_URL = re.compile(r"(?:https?://|git@|git\+)([^\s'\"`)<>#;,]+)")
_WORD = re.compile(r"[A-Za-z][\w.-]*")
_PATH = re.compile(r"\bsys\.path\b|\bPYTHONPATH\b|\bpythonpath\b")
_ROOTS = ("src", "lib", "python")
_TITLE = re.compile(r"^[ \t]*#[ \t]+([\w-]+)", re.M)
_PROJECT = re.compile(r"""^[ \t]*name[ \t]*=[ \t]*['"]?([\w.-]+)""", re.M)


@dataclass(frozen=True)
class Libraries:
    """What a repository imports that it does not hold, as far as it can be told whose it is."""

    repair: Repair

    def forged(self, path: str) -> str:
        """Why the new file `path` takes the place of a library; the empty string where it takes none."""
        for top in self._names(path):
            why = self._whose(top)
            if why:
                return why
        return ""

    def _names(self, path: str) -> Iterator[str]:
        """The top-level names by which a program of the repository would import the new file `path`."""
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        for depth, name in enumerate(parts):
            folder = "/".join(parts[:depth])
            package = f"{folder}/__init__.py" in self.repair.after.files
            beside = folder in _ROOTS or folder in self._importing.get(name, ())
            if not folder or (not package and (beside or self._is_on_path(folder))):
                yield name

    def _is_on_path(self, folder: str) -> bool:
        """Whether a file that the repair changes names `folder` and what says where modules are looked for."""
        named = re.compile(rf"(?<![\w-]){re.escape(folder.rpartition('/')[2])}(?![\w-])")
        changed = (self.repair.after.text(p) for p in self.repair.changed if p in self.repair.after.files)
        return any(_PATH.search(text) and named.search(text) for text in changed)

    def _whose(self, top: str) -> str:
        """Why the name `top` is a library's; the empty string where it is the repository's own, or may be."""
        if top in self._own or top in generic():
            return ""
        if _normal(top) in self._told:
            return f"{self._told[_normal(top)]} has it installed"
        if top in STANDARD_LIBRARY:
            return "it is part of Python" if top in self._importing else ""
        own = [self._among_own(run, top) for run in self._runs if top in run]
        among_own = bool(own) and all(own)
        if self._is_named(top) or (among_own and (self._is_missed(top) or not _is_published(top))):
            return ""
        if self._is_library(top):
            return "it is a published one"
        amid = not any(own) and not self._is_like_own(top) and any(self._amid_libraries(run, top) for run in self._runs)
        return "it is imported among libraries" if amid else ""

    def _is_missed(self, top: str) -> bool:
        """Whether a failure says that `top` is not there, or that the one that is there has not what is imported."""
        name = re.escape(top)
        said = re.compile(rf"No module named ['\"]{name}['\".]|cannot import name \S+ from ['\"]{name}['\"]")
        return any(said.search(failure.message) for failure in self.repair.failures)

    def _is_like_own(self, top: str) -> bool:
        """Whether `top` sounds like an own module: `data_juggler`, `_paths`, or `from board import Board`."""
        return top.startswith("_") or bool(tokens(top) & generic()) or _normal(top, "") in self._taken.get(top, ())

    def _is_library(self, top: str) -> bool:
        return top not in self._own and (top in STANDARD_LIBRARY or top in foreign() or _is_published(top))

    def _among_own(self, run: Sequence[str], top: str) -> bool:
        """Whether the block `run` has own modules beside `top`, and no library."""
        others = {name for name in run if name != top}
        own = others & (self._own | generic() | {"."})
        return bool(own) and not any(self._is_library(name) for name in others)

    def _amid_libraries(self, run: Sequence[str], top: str) -> bool:
        """Whether a library stands after `top` in its block, and nothing own before it: own modules come last."""
        if top not in run:
            return False
        at = run.index(top)
        return not self._own.union(".").intersection(run[:at]) and any(self._is_library(name) for name in run[at:])

    @cached_property
    def _own(self) -> frozenset[str]:
        """What is planned and what is there, by the first part of its path."""
        planned = [f.path for f in self.repair.plan.logic.files] if self.repair.plan else []
        there = [p for p in self.repair.before.files if p.endswith(".py")]
        return frozenset(p.partition("/")[0].removesuffix(".py") for p in [*planned, *there])

    @cached_property
    def _runs(self) -> tuple[tuple[str, ...], ...]:
        """The top-level names of absolute imports, for each block of lines of a file; a relative import is `.`."""
        return tuple(run for module in self.repair.all_before.values() for run in _blocks(module))

    @cached_property
    def _importing(self) -> dict[str, set[str]]:
        """Which folders hold files that import a name."""
        found: dict[str, set[str]] = {}
        for path, module in self.repair.all_before.items():
            for node in ast.walk(module):
                for top in _tops(node):
                    found.setdefault(top, set()).add(posixpath.dirname(path))
        return found

    @cached_property
    def _taken(self) -> dict[str, set[str]]:
        """What is taken from a module of the first level by `from top import name`, without its underscores."""
        found: dict[str, set[str]] = {}
        for module in self.repair.all_before.values():
            for node in ast.walk(module):
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.setdefault(node.module, set()).update(_normal(alias.name, "") for alias in node.names)
        return found

    @cached_property
    def _texts(self) -> dict[str, str]:
        tree = self.repair.before
        return {p: tree.text(p) for p in tree.files if _TEXT.search(p) and len(tree.files[p]) <= _LARGEST}

    def _is_named(self, top: str) -> bool:
        """Whether a text of the repository speaks of a file `top.py`, or lists a folder `top/`, of its own."""
        own = re.compile(rf"(?<![\w/.:-]){re.escape(top)}\.py\b|^[^\w\n]*{re.escape(top)}/", re.M)
        return any(own.search(text) for text in self._texts.values())

    @cached_property
    def _told(self) -> dict[str, str]:
        """What is to be installed by a declaration or a command, by its normal name, and which file says so."""
        own = {_normal(name) for name in _project(self._texts)}
        declared = read_declared(self.repair.before)
        found = {one.distribution: one.file for one in declared.declared}
        for refused in declared.refused:
            found |= dict.fromkeys(_named_in(refused.name), refused.file or "")
        for path, text in self._texts.items():
            found |= dict.fromkeys(_installed_by(text), path)
        return {_normal(name): path for name, path in found.items() if _normal(name) not in own}


def _normal(name: str, dash: str = "-") -> str:
    return re.sub(r"[-_.]+", dash, name).lower()


@cache
def _is_published(top: str) -> bool:
    """Whether an import of `top` surely means a distribution; many a common word is the module of one little known."""
    named = lookup(top)
    return top in table()["distributions"] or (named is not None and is_famous(named.candidates[0]))


def _installed_by(text: str) -> Iterator[str]:
    """The names in the commands of `text` that install something."""
    if " install " not in text and "git clone" not in text:
        return
    entered = _only_entered(text)
    for command in _COMMANDS.split(text):
        for match in _INSTALLS.finditer(command):
            names = _named_in(match[1])
            if not match[0].startswith("git clone") or entered.isdisjoint(map(_normal, names)):
                yield from names


def _only_entered(text: str) -> set[str]:
    """The folders that commands of `text` go into and never install: a clone of one is the repository itself."""
    _, *parts = _CD.split(text)
    entered, installed = set[str](), set[str]()
    for folder, then in zip(parts[::2], parts[1::2], strict=True):
        name = _normal(posixpath.basename(folder.rstrip("/")))
        (installed if _HERE.search(then) else entered).add(name)
    return entered - installed


def _named_in(words: str) -> list[str]:
    """The names in what follows `install`, and the last part of each URL."""
    urls = [url.rstrip("/").rpartition("/")[2].partition("@")[0] for url in _URL.findall(words)]
    return [*(url.removesuffix(".git") for url in urls), *_WORD.findall(_URL.sub(" ", words))]


def _project(texts: Mapping[str, str]) -> Iterator[str]:
    """How the repository calls itself: the name that it is installed by, and the title of its README."""
    for path, text in texts.items():
        if path in ("pyproject.toml", "setup.cfg", "setup.py"):
            yield from _PROJECT.findall(text)
        elif re.fullmatch(r"readme[^/]*", path, re.I):
            yield from _TITLE.findall(text)[:1]


def _tops(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Import):
        return tuple(alias.name.partition(".")[0] for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return (".",) if node.level else ((node.module or "").partition(".")[0],)
    return ()


def _blocks(module: ast.Module) -> Iterator[tuple[str, ...]]:
    """The imported names of each run of import statements on lines one after the other."""
    run: list[str] = []
    end = 0
    for node in module.body:
        if run and (not _tops(node) or node.lineno != end + 1):
            yield tuple(run)
            run = []
        run += _tops(node)
        end = node.end_lineno or node.lineno
    if run:
        yield tuple(run)
