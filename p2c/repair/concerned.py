"""Which names of installed libraries a failure concerns: by its message, its frames, and the imports of the file.

Nothing is asked about a failure that stays inside the repository.
"""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from p2c.repair.guards.change import definitions
from p2c.repair.statements import bound_by_imports, calls_in, dotted, statement_at
from p2c.repair.syntax import python_tree
from sandbox.lookup import Question
from sandbox.tree import Tree
from sandbox.verdict import Failure, Frame, Outcome, Verdict

_STANDARD = sys.stdlib_module_names
MOST = 4
"""So many names are looked up for one failure."""
_CALLS = 2
"""So many calls of the failing statement, where the message names none."""

_NO_NAME = re.compile(r"cannot import name '(?P<name>\w+)' from (?:partially initialized module )?'(?P<module>[\w.]+)'")
_NO_MODULE = re.compile(r"No module named '(?P<module>\w+\.[\w.]+)'")
_NO_ATTRIBUTE = re.compile(r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'")
_NO_MEMBER = re.compile(r"'(?P<type>[\w.]+)' object has no attribute '(?P<name>\w+)'|"
                        r"type object '(?P<class>[\w.]+)' has no attribute '(?P<member>\w+)'")  # fmt: skip
_CALLED = re.compile(r"(?P<name>[A-Za-z_][\w.]*)\(\) (?:got|takes|missing|argument)")
_KEYWORD = re.compile(r"unexpected keyword argument '(?P<name>\w+)'|'(?P<given>\w+)' is an invalid keyword argument")
_PARAMETER = re.compile(r"parameter of (?P<name>[A-Z]\w+)\b")

_NO_LIBRARY = frozenset(
    {
        "SyntaxError", "IndentationError", "TabError", "NameError", "UnboundLocalError", "KeyError", "RecursionError",
        "FileNotFoundError", "FileExistsError", "IsADirectoryError", "NotADirectoryError", "PermissionError", "OSError",
        "MemoryError", "ZeroDivisionError", "KeyboardInterrupt", "SystemExit", "EOFError",
    }
)  # fmt: skip
"""Exceptions that say nothing about how a library is used."""
_WRAPPERS = re.compile(r"^_|^(?:wrapper|wrapped|inner|inner_f|decorator|decorated|new_func|func)$|^<|_wrapper$")


def questions(tree: Tree, verdict: Verdict) -> tuple[Question, ...]:
    """What to look up about the failure of `tree`; nothing where it points at no library."""
    failure = verdict.failure
    if failure is None or failure.kind != "exception" or verdict.outcome is Outcome.blocked:
        return ()
    return tuple(dict.fromkeys(_Case(tree, failure).asked()))[:MOST]


@dataclass(frozen=True)
class _Case:
    tree: Tree
    failure: Failure

    def asked(self) -> Iterator[Question]:
        if (self.failure.exception or "").rpartition(".")[2] in _NO_LIBRARY:
            return
        named = tuple(self._named())
        yield from named
        if not named and not self._is_about_import:
            yield from self._used()

    @cached_property
    def _is_about_import(self) -> bool:
        return self.failure.exception in ("ImportError", "ModuleNotFoundError")

    def _named(self) -> Iterator[Question]:
        """What the message itself names."""
        message = self.failure.message
        if found := _NO_NAME.search(message):
            yield from self._library(f"{found['module']}.{found['name']}")
        elif found := _NO_MODULE.search(message):
            yield from self._library(found["module"])
        elif found := _NO_ATTRIBUTE.search(message):
            yield from self._library(f"{found['module']}.{found['name']}")
        elif found := _NO_MEMBER.search(message):
            owner, name = found["type"] or found["class"], found["name"] or found["member"]
            yield from self._of_class(owner, name)
        elif found := _CALLED.search(message):
            yield from self._callable(found["name"])
        elif found := _PARAMETER.search(message):
            yield from self._of_class(found["name"], "")

    def _library(self, name: str, keyword: str = "") -> Iterator[Question]:
        if not self._is_own(name.partition(".")[0]):
            yield Question(name, keyword=keyword)

    def _of_class(self, owner: str, member: str, keyword: str = "") -> Iterator[Question]:
        """A class as messages name it: mostly without its module, so it is looked for in what the file imports."""
        first = owner.rpartition(".")[2]
        if not hasattr(builtins, first) and first not in self._defined and first != "NoneType" and self._imported:
            full = owner if owner.partition(".")[0] in {one.partition(".")[0] for one in self._imported} else first
            yield Question(f"{full}.{member}".rstrip("."), self._imported, keyword)

    def _callable(self, name: str) -> Iterator[Question]:
        """What a message calls `Adam.__init__()` or `to_csv()`: a call of the statement, or known by its class."""
        found = _KEYWORD.search(self.failure.message)
        keyword = (found["name"] or found["given"]) if found else ""
        owner, _, last = name.removesuffix(".__init__").rpartition(".")
        calls = [call for call in self._calls() if call.rpartition(".")[2] == last]
        if calls:
            yield from self._library(calls[0], keyword)
        elif owner and "<locals>" not in owner:
            yield from self._of_class(owner, last, keyword)
        elif last not in self._defined and (name.endswith(".__init__") or not self._beyond):
            yield from self._of_class(last, "", keyword)
        else:
            yield from self._used()

    def _used(self) -> Iterator[Question]:
        """The libraries' functions on the way to the failure: what the statement calls, and what frames name.

        Of several calls those count that the failure went through; the others only made its arguments.
        """
        if not self._beyond:
            return
        calls, entered = self._calls(), {frame.function for frame in self._beyond}
        calls = [name for name in calls if name.rpartition(".")[2] in entered] or calls
        for name in calls[:_CALLS]:
            yield from self._library(name)
        asked = {name.rpartition(".")[2] for name in calls[:_CALLS]}
        public = [one for one in self._beyond if not _WRAPPERS.search(one.function) and one.function not in asked]
        for frame in dict.fromkeys([*public[:1], *public[-1:]]):
            yield Question(file=frame.file, line=frame.line)

    @cached_property
    def _deepest(self) -> int | None:
        inside = [number for number, frame in enumerate(self.failure.frames) if frame.in_repository]
        return inside[-1] if inside else None

    @cached_property
    def _beyond(self) -> tuple[Frame, ...]:
        """The frames in installed packages that the deepest one inside the repository leads to."""
        after = self.failure.frames[self._deepest + 1 :] if self._deepest is not None else ()
        return tuple(frame for frame in after if "/site-packages/" in frame.file)

    def _calls(self) -> list[str]:
        """The whole names of the failing statement's calls, as far as imports say what they are."""
        if self._deepest is None:
            return []
        frame = self.failure.frames[self._deepest]
        module = python_tree(self.tree.files[frame.file]) if frame.file in self.tree.files else None
        statement = statement_at(module, frame.line) if module else None
        if module is None or statement is None:
            return []
        bound = bound_by_imports(module)
        found = []
        for name in (dotted(call.func) for call in calls_in(statement)):
            first, dot, rest = name.partition(".")
            if first in bound and not self._is_own(bound[first].partition(".")[0]):
                found.append(f"{bound[first]}{dot}{rest}")
        return list(dict.fromkeys(found))

    @cached_property
    def _imported(self) -> tuple[str, ...]:
        """The modules of libraries that the files of the traceback import, those of the deepest first."""
        files = dict.fromkeys(frame.file for frame in reversed(self.failure.frames) if frame.in_repository)
        found: dict[str, None] = {}
        for path in files:
            module = python_tree(self.tree.files[path]) if path in self.tree.files else None
            for name in bound_by_imports(module).values() if module else ():
                top = name.partition(".")[0]
                if not self._is_own(top) and top not in _STANDARD:
                    found[name.rpartition(".")[0] or name] = None
        return tuple(found)[:12]

    def _is_own(self, top: str) -> bool:
        """Whether the repository has a module or package of that name, wherever it stands."""
        return any(
            path == f"{top}.py" or path.endswith(f"/{top}.py") or f"/{top}/" in f"/{path}" for path in self.tree.files
        )

    @cached_property
    def _defined(self) -> frozenset[str]:
        """The names of all classes and functions of the repository."""
        trees = (python_tree(self.tree.files[path]) for path in self.tree.python_files())
        return frozenset(name.rpartition(".")[2] for tree in trees if tree for name in definitions(tree))
