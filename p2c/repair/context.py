"""Which files the debugging agent sees: those that the failure leads to, whole where they are short."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from p2c.repair.failing import evidence
from p2c.repair.guards.change import definitions
from p2c.repair.syntax import python_tree
from p2c.repair.text import is_binary
from p2c.shorten import cut
from sandbox.tree import Tree
from sandbox.verdict import Verdict

_WHOLE = 20_000
"""Characters up to which a file is shown whole."""
_AROUND = 30
"""Lines shown above and below a place in a long file."""
_NOTES = 3
"""Of so many files it is said what they must do."""
_NOTE = 3_000
"""Characters of each of these notes."""
_DECLARES = ("requirements.txt", "pyproject.toml", "setup.py", "environment.yml")


Note = tuple[str, str]
"""A path, and what the file must do."""


@dataclass(frozen=True)
class Shown:
    """A file as the agent sees it."""

    path: str
    text: str
    whole: bool

    @property
    def fence(self) -> str:
        """A fence longer than every run of backticks in the text."""
        runs = re.findall(r"`{3,}", self.text)
        return "`" * max([3, *(len(run) + 1 for run in runs)])


def files_that_matter(tree: Tree, verdict: Verdict, budget: int) -> tuple[Shown, ...]:
    """The files that the failure leads to, in the order of their paths, in at most `budget` characters.

    In order of weight: the files of the traceback, deepest first; those with fatal findings; those that
    the message names; the declared requirements where an import or an installation failed; where the names on
    the failing lines are defined; what the failing file imports of the repository; the configuration.
    """
    shown: list[Shown] = []
    for path in dict.fromkeys(_by_weight(tree, verdict)):
        if path not in tree.files or is_binary(tree.files[path]):
            continue
        file = _shown(tree, path, _places(verdict, path), budget)
        if file is not None:
            shown.append(file)
            budget -= len(file.text)
    return tuple(sorted(shown, key=lambda f: f.path))


def notes_that_matter(notes: Mapping[str, str], tree: Tree, verdict: Verdict, shown: Sequence[Shown]) -> list[Note]:
    """What was planned for the files that are shown, of at most `_NOTES` of them: the weightiest, in that order."""
    paths = {file.path for file in shown} & notes.keys()
    chosen = [path for path in dict.fromkeys(_by_weight(tree, verdict)) if path in paths][:_NOTES]
    return [(path, cut(notes[path], _NOTE, "this note")) for path in chosen]


def _by_weight(tree: Tree, verdict: Verdict) -> Iterator[str]:
    failure = verdict.failure
    inside = [f for f in failure.frames if f.in_repository] if failure else []
    yield from (frame.file for frame in reversed(inside))
    if failure and failure.file:
        yield failure.file
    yield from (f.file for f in verdict.findings if f.severity == "fatal" and not f.refuted)
    said = f"{failure.message if failure else ''}\n{evidence(verdict)}"
    yield from (p for p in sorted(tree.files) if re.search(rf"(?<![\w/]){re.escape(p)}\b", said))
    if failure and failure.step in ("requirements", "install", "import"):
        yield from (p for p in _DECLARES if p in tree.files)
    if verdict.entry:
        yield from (word for word in re.split(r"[\s;&|'\"]+", verdict.entry.command) if word in tree.files)
    yield from _definers(tree, " ".join(f.code for f in inside[-3:]) + said)
    if failure and failure.file:
        yield from _imported(tree, failure.file)
    names = {p.rpartition("/")[2]: p for p in sorted(tree.files)}
    yield from (names[n] for n in ("config.yaml", "config.yml", "config.json") if n in names)


def _definers(tree: Tree, code: str) -> Iterator[str]:
    """The files that define what a failing line, or the message, names."""
    names = set(re.findall(r"[A-Za-z_]\w+", code))
    for path in tree.python_files():
        module = python_tree(tree.files[path])
        if module is None:
            continue
        defined = {name.rpartition(".")[2] for name in definitions(module)} - {"main", "__init__"}
        if defined & names:
            yield path


def _imported(tree: Tree, path: str) -> Iterator[str]:
    """The files of the repository that the file `path` imports."""
    module = python_tree(tree.files[path]) if path.endswith(".py") and path in tree.files else None
    folder = path.rpartition("/")[0]
    for node in ast.walk(module) if module else ():
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            names = [base, *(f"{base}.{alias.name}".strip(".") for alias in node.names)]
        else:
            continue
        stems = [name.replace(".", "/") for name in names if name]
        for stem in [*stems, *(f"{folder}/{stem}" for stem in stems)]:
            yield from (p for p in (f"{stem}.py", f"{stem}/__init__.py") if p in tree.files)


def _places(verdict: Verdict, path: str) -> tuple[int, ...]:
    failure = verdict.failure
    frames = failure.frames if failure else ()
    lines = [f.line for f in frames if f.in_repository and f.file == path]
    lines += [f.line for f in verdict.findings if f.file == path and f.severity == "fatal"]
    if failure and failure.file == path and failure.line:
        lines.append(failure.line)
    return tuple(sorted(set(lines)))


def _shown(tree: Tree, path: str, places: tuple[int, ...], budget: int) -> Shown | None:
    text = tree.text(path).replace("\r\n", "\n")
    if len(text) <= min(_WHOLE, budget):
        return Shown(path, text.rstrip("\n"), whole=True)
    lines = text.split("\n")
    wanted = set(range(min(_AROUND, len(lines))))
    for place in places:
        wanted |= set(range(max(0, place - 1 - _AROUND), min(len(lines), place + _AROUND)))
    parts: list[str] = []
    last = -1
    for index in sorted(wanted):
        if index != last + 1:
            parts.append(f"[{index - last - 1} lines are not shown]")
        parts.append(lines[index][:500])
        last = index
    if last + 1 < len(lines):
        parts.append(f"[{len(lines) - last - 1} lines are not shown]")
    excerpt = "\n".join(parts)
    return Shown(path, excerpt, whole=False) if len(excerpt) <= budget else None


def listing(tree: Tree, limit: int = 6_000) -> str:
    """Every file of the tree; for Python files with the names that they define. At most `limit` characters."""
    lines = []
    for path in sorted(tree.files):
        module = python_tree(tree.files[path]) if path.endswith(".py") else None
        names = [node.name for node in module.body if isinstance(node, _NAMED)] if module else []
        lines.append(f"- `{path}`" + (f": {', '.join(names)}" if names else ""))
    text = "\n".join(lines)
    if len(text) > limit:
        text = "\n".join(f"- `{path}`" for path in sorted(tree.files))
    return text if len(text) <= limit else text[:limit].rpartition("\n")[0] + "\n- ..."


_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def installed(lock: str, limit: int = 3_000) -> str:
    """The installed versions: `name==version`, in one line, from a lock in pip's requirements format."""
    pins = re.findall(r"^([A-Za-z0-9][\w.-]*==[^\s;\\]+)", lock, re.MULTILINE)
    text = ", ".join(pins)
    return text if len(text) <= limit else text[:limit].rpartition(", ")[0] + ", ..."
