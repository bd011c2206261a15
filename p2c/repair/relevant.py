"""Which files a failure leads to, and which places and definitions in them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from p2c.repair.excerpt import Shown, excerpt, shown_by_rows
from p2c.repair.failing import evidence
from p2c.repair.guards.change import definitions
from p2c.repair.leads import behind, gives, made_by, names_in, places_of, printed_at, settings_read
from p2c.repair.statements import statement_at
from p2c.repair.syntax import nodes_of, python_tree
from p2c.repair.text import is_binary
from sandbox.smoke.printed import WHERE
from sandbox.smoke.syntax import source_of
from sandbox.tree import Tree
from sandbox.verdict import Failure, Frame, Verdict

FAILING, BESIDE, SMALL, DATA = 20_000, 6_000, 3_000, 1_000
"""Characters up to which a file is shown whole: that which fails; what it is called from or named with; the rest; data,
of which otherwise a few rows are."""
_READ = 4
"""So many files that are no code are shown because the code names them."""
_DECLARES = ("requirements.txt", "pyproject.toml", "setup.py", "environment.yml")
_SETTINGS = re.compile(r"\b(?:config|cfg|settings|hparams|hyperparams|params|yaml)\b|config", re.I)
_SETTINGS_FILES = re.compile(
    r"(?:^|/)(?:configs?|conf|configuration|settings|hparams)\b[^/]*(?:/.+)?\.(?:ya?ml|json|toml)$"
)
_OF_ARGUMENTS = re.compile(r"missing \d+ required \w+(?:-only)? argument|unexpected keyword argument")
"""What is given may have come from a file."""
_SETTINGS_NAME = re.compile(r"(?:config|cfg|conf|settings|params|hparams)[\w.-]{0,100}\.(?:ya?ml|json|toml)\b", re.I)
_COMPLAINS = re.compile(r"error|warn|fail|not found|missing|cannot|can't|could ?n[o']t|unable|no such|empty", re.I)
_ABOUT_NAMES = frozenset({"AttributeError", "NameError", "ImportError", "ModuleNotFoundError"})
"""Exceptions whose messages quote names and no values."""
_ABOUT_CODE = _ABOUT_NAMES | {"TypeError", "UnboundLocalError", "SyntaxError", "IndentationError", "TabError"}
"""Exceptions that hardly come of what a file holds that is no code."""
_LOST_FILE = re.compile(r"No such file or directory: '[^']*(\.\w{1,8})'")
_CALLED = re.compile(r"(?<!\w)(?<!\w\.)([A-Za-z_]\w*)(?:\.\w+)*\(\)")
"""`f` of `f()`, `Net` of `Net.forward()`, `g` of `main.<locals>.g()`."""
_LAST = 2
"""Of so many of the last frames it is looked for what their statements use."""
_FEW = 2
"""A name that more files define says nothing about which of them matters."""
_LINES = 4
"""So many of the last lines that were printed tell where a run was."""


@dataclass(frozen=True)
class Wanted:
    """A file that matters.

    Attributes:
        lines: the places in it, from 1, the weightiest first.
        names: definitions in it that matter.
        whole: so many characters of it are shown without a choice.
        on_trail: whether it is a file of the traceback, or the one that fails.
    """

    path: str
    lines: tuple[int, ...] = ()
    names: frozenset[str] = frozenset()
    whole: int = SMALL
    on_trail: bool = False

    def joined(self, other: Wanted) -> Wanted:
        """Both in one."""
        return Wanted(
            self.path,
            tuple(dict.fromkeys((*self.lines, *other.lines))),
            self.names | other.names,
            max(self.whole, other.whole),
            self.on_trail or other.on_trail,
        )


def files_that_matter(tree: Tree, verdict: Verdict, budget: int) -> tuple[Shown, ...]:
    """What is shown of the files that the failure leads to, in at most `budget` characters."""
    return shown_of(tree, wanted_files(tree, verdict), budget)


def shown_of(tree: Tree, wanted: Sequence[Wanted], budget: int, before: Sequence[Shown] = ()) -> tuple[Shown, ...]:
    """What is shown of the files that are wanted, in at most `budget` characters; the weightiest have the first claim.

    What stood in the prompt `before` and is the same comes first, in that order, so that an endpoint's cache serves it.
    Then come those off the traceback, in the order of their paths, then those on it, the one that fails last: it
    changes with every edit, and what stands before it stays.
    """
    shown: dict[str, Shown] = {}
    for one in wanted:
        file = excerpt(one.path, tree.files[one.path], lines=one.lines, names=one.names, limit=budget, whole=one.whole)
        if file is not None:
            shown[one.path] = file
            budget -= len(file.text)
    aside = sorted(one.path for one in wanted if not one.on_trail)
    trail = [one.path for one in reversed(wanted) if one.on_trail]
    same = [file.path for file in before if shown.get(file.path) == file]
    return tuple(shown[path] for path in dict.fromkeys((*same, *aside, *trail)) if path in shown)


def wanted_files(tree: Tree, verdict: Verdict) -> tuple[Wanted, ...]:
    """The files that matter, in order of weight.

    First the file that fails; those with fatal findings; those that lead to it, the nearest first; those that the
    message names; where nothing was raised, those that printed what was seen, and those of the command; the declared
    requirements where an import or an installation failed; where the names of the failing statements are defined; the
    configuration, where it is spoken of; the shell script that is run; data and the like that the code
    on the way names; what reads settings that are not there.
    """
    found: dict[str, Wanted] = {}
    for one in _Search(tree, verdict).wanted():
        if one.path in tree.files and not is_binary(tree.files[one.path]):
            found[one.path] = found[one.path].joined(one) if one.path in found else one
    return tuple(found.values())


@dataclass(frozen=True)
class _Search:
    tree: Tree
    verdict: Verdict

    @property
    def failure(self) -> Failure | None:
        return self.verdict.failure

    def wanted(self) -> Iterator[Wanted]:
        failure = self.failure
        if self._trail:
            yield Wanted(self._trail[-1].file, (self._trail[-1].line,), whole=FAILING, on_trail=True)
        if failure and failure.file:
            yield Wanted(failure.file, (failure.line,) if failure.line else (), whole=FAILING, on_trail=True)
        for finding in self.verdict.findings:
            if finding.severity == "fatal" and not finding.refuted:
                yield Wanted(finding.file, (finding.line,), whole=BESIDE)
        for frame in reversed(self._trail[:-1]):
            yield Wanted(frame.file, (frame.line,), whole=BESIDE, on_trail=True)
        yield from (Wanted(path, whole=BESIDE) for path in self._mentioned())
        if not self._trail and not (failure and failure.file):
            yield from self._unraised()
        elif failure and failure.kind == "limit":
            yield from self._last_heard()
        is_about_code = ((failure and failure.exception) or "").rpartition(".")[2] in _ABOUT_CODE
        if not is_about_code:
            yield from self._complaining()
        yield from (Wanted(path, whole=BESIDE) for path in self._run if not path.endswith(".py"))
        if self._is_about_packages:
            yield from (Wanted(path, whole=BESIDE) for path in _DECLARES if path in self.tree.files)
        yield from self._definers()
        if self._speaks_of_settings:
            yield from (Wanted(path) for path in sorted(self.tree.files) if _SETTINGS_FILES.search(path))
        if not is_about_code or self._is_about_values:
            yield from self._named_by_code()
        yield from self._without_settings()

    @property
    def _is_about_values(self) -> bool:
        """Whether a `TypeError` may come of what was read: it is about the arguments given, or a library raised it."""
        frames = self.failure.frames if self.failure and self.failure.exception == "TypeError" else ()
        return bool(_OF_ARGUMENTS.search(self._message)) or not all(frame.in_repository for frame in frames[-1:])

    @cached_property
    def _trail(self) -> list[Frame]:
        frames = self.failure.frames if self.failure else ()
        return [frame for frame in frames if frame.in_repository]

    @cached_property
    def _message(self) -> str:
        return self.failure.message if self.failure else ""

    def _module(self, path: str) -> ast.Module | None:
        """The syntax tree of a file that is Python by its name or the traceback; rows of numbers would be, too."""
        is_code = path.endswith(".py") or any(frame.file == path for frame in self._trail)
        return python_tree(self.tree.files[path]) if is_code and path in self.tree.files else None

    def _mentioned(self) -> Iterator[str]:
        """Files whose whole path is in the message; where nothing was raised, in all that was seen."""
        said = self._message if self._trail else f"{self._message}\n{evidence(self.verdict)}"
        yield from (p for p in sorted(self.tree.files) if re.search(rf"(?<![\w/.-]){re.escape(p)}(?![\w/-])", said))

    @cached_property
    def _run(self) -> list[str]:
        """The files of the command."""
        words = re.split(r"[\s;&|'\"]+", self.verdict.entry.command) if self.verdict.entry else []
        plain = (word.removeprefix("./") for word in words)
        return [word for word in dict.fromkeys(plain) if word in self.tree.files]

    def _unraised(self) -> Iterator[Wanted]:
        """The files of the command, and where what was seen could have been printed: in these, else in others.

        What is printed where an exception is caught, or on a condition, leads to what was tried or made there.
        """
        printing = self._printing(f"{self._message}\n{evidence(self.verdict)}")
        yield from (Wanted(path, printing[path][:3], whole=FAILING) for path in self._run)
        for path in self._run:
            makers = behind(self._module(path), printing[path][:3])
            yield from self._defining(makers, self._imported(path))
        if not any(printing[path] for path in self._run):
            found = [path for path in printing if printing[path] and path not in self._run]
            yield from (Wanted(path, printing[path][:3], whole=BESIDE) for path in found[:_FEW])
        elif self.failure and self.failure.kind == "limit":
            yield from self._last_heard()

    def _last_heard(self) -> Iterator[Wanted]:
        """Where the last lines were printed: whatever a limit ended came after."""
        last = evidence(self.verdict).partition(WHERE)[0].strip().splitlines()[-_LINES:]
        printing = self._printing("\n".join(last))
        found = [path for path in printing if printing[path]]
        if not any(frame.file in found for frame in self._trail):
            whole = BESIDE if self._trail else FAILING
            yield from (Wanted(path, printing[path][:3], whole=whole) for path in found[:_FEW])

    def _complaining(self) -> Iterator[Wanted]:
        """Where it was said before the exception that something had gone wrong."""
        printed, traceback, _ = evidence(self.verdict).partition("Traceback (most recent call last)")
        said = "\n".join(line for line in printed.splitlines() if _COMPLAINS.search(line))
        if traceback and said:
            printing = self._printing(said)
            found = [path for path in printing if printing[path]]
            yield from (Wanted(path, printing[path][:3]) for path in found[:_FEW])

    def _without_settings(self) -> Iterator[Wanted]:
        """Where a file of settings is not there that is asked for: what reads them."""
        named = _SETTINGS_NAME.search(self._message)
        if named and not any(path.endswith(named[0]) for path in self.tree.files):
            code = dict.fromkeys([*(frame.file for frame in self._trail), *self._run])
            near = dict.fromkeys(one for path in code for one in (path, *self._imported(path)) if one.endswith(".py"))
            yield from (Wanted(one, settings_read(self._module(one))[:_READ]) for one in near)

    def _printing(self, said: str) -> dict[str, tuple[int, ...]]:
        """Of the files of the command, then of all others: the lines with a text that was seen."""
        paths = dict.fromkeys((*self._run, *self.tree.python_files()))
        return {path: printed_at(self._module(path), said) for path in paths}

    def _named_by_code(self) -> Iterator[Wanted]:
        """Files that are no code and that a text names in a file of the traceback or, without one, of the command."""
        code = [frame.file for frame in reversed(self._trail)] or self._run
        modules = [self._module(path) for path in dict.fromkeys(code)]
        nodes = (node for module in modules if module for node in nodes_of(module))
        texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        others = [path for path in sorted(self.tree.files) if not path.endswith(".py")]
        names = Counter(path.rpartition("/")[2] for path in others)
        texts |= {
            path for path in others if names[name := path.rpartition("/")[2]] == 1 and "." in name and name in texts
        }
        found = [path for path in others if path in texts or f"./{path}" in texts]
        yield from (Wanted(path, whole=DATA if shown_by_rows(path) else SMALL) for path in found[:_READ])

    @property
    def _is_about_packages(self) -> bool:
        failure = self.failure
        if failure is None:
            return False
        is_elsewhere = bool(failure.frames) and not failure.frames[-1].in_repository
        is_import = failure.exception == "ImportError" and (is_elsewhere or "site-packages" in failure.message)
        missing = failure.exception == "ModuleNotFoundError" or is_import
        return failure.step in ("requirements", "install") or missing

    @property
    def _speaks_of_settings(self) -> bool:
        limit = self.failure is not None and self.failure.kind == "limit"
        code = " ".join(source_of(statement) for _, statement in self._statements)
        nowhere = not self._trail and not (self.failure and self.failure.file)
        return limit or nowhere or bool(_SETTINGS.search(f"{self._message} {code}"))

    @cached_property
    def _statements(self) -> list[tuple[str, ast.stmt]]:
        """The statements of the frames inside the repository, the deepest first, with their files."""
        found = []
        for frame in reversed(self._trail):
            module = self._module(frame.file)
            statement = statement_at(module, frame.line) if module else None
            if statement is not None:
                found.append((frame.file, statement))
        return found

    def _definers(self) -> Iterator[Wanted]:
        """Files that define what the message quotes or a failing statement uses, as far as its file can reach them."""
        quoted = set(re.findall(r"'([A-Za-z_]\w*)'", self._message))
        quoted |= set(_CALLED.findall(self._message))
        yield from self._defining(quoted, self._defined.keys())
        if self.failure and self.failure.exception not in _ABOUT_NAMES:
            yield from self._given(lambda node: gives(node, quoted))
        if kind := _LOST_FILE.search(self._message):
            yield from self._given(lambda node: isinstance(node, ast.Constant) and str(node.value).endswith(kind[1]))
        for path, statement in self._statements[:_LAST]:
            near = {path, *self._imported(path)}
            near |= {further for one in sorted(near) for further in self._imported(one)}
            module = self._module(path)
            used = names_in(statement)
            yield from self._defining(used | made_by(module, used), near)
            if isinstance(statement, ast.Import | ast.ImportFrom):
                yield from (Wanted(one, whole=BESIDE) for one in self._targets(path, statement))

    def _given(self, is_given: Callable[[ast.AST], bool]) -> Iterator[Wanted]:
        """Where something is given that proves wrong only in use elsewhere: an argument, a text, the name of a file."""
        places = {path: places_of(self._module(path), is_given) for path in self.tree.python_files()}
        found = [path for path in places if places[path]]
        if len(found) <= _FEW + len({frame.file for frame in self._trail}):
            yield from (Wanted(path, places[path][:3]) for path in found)

    def _defining(self, names: Collection[str], among: Collection[str]) -> Iterator[Wanted]:
        for name in sorted(names):
            paths = [path for path in sorted(among) if name in self._defined.get(path, ())]
            if 0 < len(paths) <= _FEW:
                yield from (Wanted(path, names=frozenset({name})) for path in paths)

    @cached_property
    def _defined(self) -> dict[str, frozenset[str]]:
        """What each Python file defines, by last names."""
        found = {}
        for path in self.tree.python_files():
            module = self._module(path)
            if module is not None:
                names = {name.rpartition(".")[2] for name in definitions(module)}
                found[path] = frozenset(name for name in names if name != "main" and not name.startswith("__"))
        return found

    @cached_property
    def _imports(self) -> dict[str, list[str]]:
        return {}

    def _imported(self, path: str) -> list[str]:
        """The files of the repository that the file `path` imports."""
        if path not in self._imports:
            module = self._module(path)
            nodes = (
                [node for node in nodes_of(module) if isinstance(node, ast.Import | ast.ImportFrom)] if module else []
            )
            self._imports[path] = list(dict.fromkeys(target for node in nodes for target in self._targets(path, node)))
        return self._imports[path]

    def _targets(self, path: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            base = node.module or ""
            names = [base, *(f"{base}.{alias.name}".strip(".") for alias in node.names)]
        folder = path.rpartition("/")[0]
        stems = [name.replace(".", "/") for name in names if name]
        for stem in [*stems, *(f"{folder}/{stem}" for stem in stems if folder)]:
            yield from (p for p in (f"{stem}.py", f"{stem}/__init__.py") if p in self.tree.files)
