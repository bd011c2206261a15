"""The import statements of a file, read by parsing only: no code of the repository ever runs here."""

from __future__ import annotations

import ast
import bisect
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from sandbox.requirements.binds import BLOCKS, STATEMENTS, bound
from sandbox.requirements.dotted import dotted, last_part
from sandbox.requirements.names import table

_SUPPORT_FOLDERS = frozenset({"test", "tests", "testing", "doc", "docs", "benchmarks", ".github"})
_SUPPORT_FILES = re.compile(r"(test_.*|.*_test|conftest|setup|noxfile|tasks|fabfile|versioneer)\.py$|.*\.ipynb$")
_IMPORT_LINE = re.compile(r"\s*(import\s+[\w.]|from\s+[.\w]+\s+import\b)")
_CATCHES_IMPORT = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_LEAVES = frozenset({"exit", "_exit", "quit", "abort"})
_OTHER_PLATFORM = re.compile(r"version_info|sys\.platform|os\.name|platform\.system|PY2|PY3|hexversion")
_PLAIN = (ast.Expr, ast.Assign, ast.Return, ast.AugAssign, ast.AnnAssign, ast.Raise, ast.Assert, ast.Pass, ast.Delete)
"""Statements that hold no others, and so nothing that counts unless an expression in them does."""
_TELLING_TEST = re.compile(rb"__name__|TYPE_CHECKING|version_info|platform|os\.name|PY2|PY3|hexversion")


@dataclass(frozen=True)
class Import:
    """One imported module.

    Attributes:
        module: dotted name as written; empty for `from . import x`.
        names: what `from module import ...` takes of it (`*` included); empty for a plain import.
        level: number of leading dots.
        guarded: the program can do without: under `try` with a handler that goes on, under
            `TYPE_CHECKING` or a check of platform or version, by a computed import, or in tests,
            documentation or `setup.py`.
    """

    module: str
    file: str
    line: int
    names: tuple[str, ...] = ()
    level: int = 0
    guarded: bool = False

    @property
    def top(self) -> str:
        """The first part of the dotted name."""
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class Module:
    """What one file says of itself.

    Attributes:
        defines: names bound at module level; `*` when they cannot be known (star import, `__getattr__`).
        attributes: the attribute names that it uses, where one of them may imply a need; else empty.
        paths: constant folders that it puts on `sys.path`, relative to its own folder.
        main: it has an `if __name__ == "__main__"`.
        parsed: it is valid Python 3; otherwise the imports come from single lines of it.
    """

    imports: tuple[Import, ...]
    defines: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()
    main: bool = False
    parsed: bool = True


REMEMBERED = 1024
"""Files whose imports are remembered."""


def is_support(path: str) -> bool:
    """Whether `path` holds tests, documentation or packaging, or is a notebook: a run of the program needs none."""
    *folders, name = path.lower().split("/")
    return bool(_SUPPORT_FOLDERS.intersection(folders)) or bool(_SUPPORT_FILES.match(name))


@lru_cache(maxsize=REMEMBERED)
def read_module(path: str, content: bytes) -> Module:
    """The imports of one file; a file that does not parse is read line by line instead.

    Files are remembered: from one verify of a repository to the next mostly one of them has changed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
        module = _Reader(path, content).read(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        module = Module(tuple(_scan(path, content.decode("utf-8-sig", "replace"))), frozenset("*"), parsed=False)
    if is_support(path):
        module = replace(module, imports=tuple(replace(found, guarded=True) for found in module.imports))
    return module


@cache
def _telling_expressions() -> re.Pattern[bytes]:
    """Text without which no expression of a file counts: computed imports, `sys.path`, methods that imply a need."""
    methods = "|".join(sorted({key.rpartition(".")[2] for key in table()["attributes"]}))
    return re.compile(rf"__import__|import_module|path\.(?:append|insert)|\.(?:{methods})\b".encode())


class _Reader(ast.NodeVisitor):
    """Visits statements; expressions, which are the most, only in those with a line that may hold one that counts."""

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.content = content
        self.lines = content.splitlines()
        telling = _telling_expressions()
        numbered = enumerate(self.lines, start=1) if telling.search(content) else ()
        self.telling = [number for number, line in numbered if telling.search(line)]
        self.imports: list[Import] = []
        self.attributes: set[str] = set()
        self.paths: list[str] = []
        self.main = False
        self.guards = 0

    def read(self, tree: ast.Module) -> Module:
        self._all(tree.body)
        return Module(
            tuple(self.imports),
            bound(tree, self.content),
            frozenset(self.attributes),
            tuple(self.paths),
            self.main,
        )

    def _add(self, module: str, line: int, names: tuple[str, ...] = (), level: int = 0, *, guarded: bool) -> None:
        self.imports.append(Import(module, self.path, line, names, level, guarded))

    def generic_visit(self, node: ast.AST) -> None:
        if not isinstance(node, ast.stmt | ast.ExceptHandler):
            super().generic_visit(node)
        elif self._tells(node):
            self._all(child for child in ast.iter_child_nodes(node) if not isinstance(child, STATEMENTS))
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            for block in BLOCKS:
                self._all(getattr(node, block, ()))

    def _tells(self, node: ast.stmt | ast.expr | ast.ExceptHandler) -> bool:
        at = bisect.bisect_left(self.telling, node.lineno)
        return at < len(self.telling) and self.telling[at] <= (node.end_lineno or node.lineno)

    def _source(self, first: ast.expr, last: ast.expr) -> bytes:
        """The lines from one expression to another: cheaper to search than what `ast.unparse` makes of them."""
        return b" ".join(self.lines[first.lineno - 1 : last.end_lineno])

    def _guarded(self, nodes: Iterable[ast.AST]) -> None:
        self.guards += 1
        self._all(nodes)
        self.guards -= 1

    def _all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            if not isinstance(node, _PLAIN) or self._tells(node):  # most are plain: each visit of one costs its time
                self.visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, node.lineno, guarded=self.guards > 0)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        names = tuple(alias.name for alias in node.names)
        self._add(node.module or "", node.lineno, names, node.level, guarded=self.guards > 0)

    def visit_Try(self, node: ast.Try) -> None:
        soft = any(_catches_import(handler) and not _leaves(handler.body) for handler in node.handlers)
        (self._guarded if soft else self._all)(node.body)
        for handler in node.handlers:
            (self._guarded if _catches_import(handler) else self._all)(handler.body)
        self._all(node.orelse)
        self._all(node.finalbody)

    visit_TryStar = visit_Try  # type: ignore[assignment]

    def visit_With(self, node: ast.With) -> None:
        self._all(item for item in node.items if self._tells(item.context_expr))
        text = self._source(node.items[0].context_expr, node.items[-1].context_expr)
        suppresses = b"suppress(" in text and b"Import" in text
        (self._guarded if suppresses else self._all)(node.body)

    def visit_If(self, node: ast.If) -> None:
        telling = _TELLING_TEST.search(self._source(node.test, node.test))
        test = ast.unparse(node.test) if telling else ""
        if self._tells(node.test):
            self.visit(node.test)
        self.main = self.main or ("__name__" in test and "__main__" in test)
        if test.removeprefix("not ").rpartition(".")[2] == "TYPE_CHECKING":
            never, always = (node.orelse, node.body) if test.startswith("not ") else (node.body, node.orelse)
            self._guarded(never)
            self._all(always)
        elif _OTHER_PLATFORM.search(test):
            self._guarded(node.body)
            self._guarded(node.orelse)
        else:
            self._all(node.body)
            self._all(node.orelse)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.attributes.add(node.attr)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = dotted(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else ""
        first = node.args[0] if node.args else None
        if called in {"__import__", "import_module", "importlib.import_module"}:
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and len(node.args) == 1:
                name = first.value
                if re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", name):
                    self._add(name, node.lineno, guarded=True)
        elif called in {"sys.path.append", "sys.path.insert", "path.append", "path.insert"} and node.args:
            folder = _folder(node.args[-1])
            if folder is not None:
                self.paths.append(folder)
        self.generic_visit(node)


def _catches_import(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(last_part(name) in _CATCHES_IMPORT for name in caught)


def _leaves(body: list[ast.stmt]) -> bool:
    """Whether a handler ends the program or raises: the import is then needed after all."""
    for node in body:
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in _LEAVES:
                return True
    return False


def _folder(node: ast.expr) -> str | None:
    """A constant folder of a `sys.path` expression, relative to the file's own; None when it is computed.

    `os.path.join(os.path.dirname(__file__), "..", "lib")` gives `../lib`; each further `dirname` or
    `.parent` around `__file__` is one `..`.
    """
    text = ast.unparse(node)
    constants = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    ups = max(0, text.count("dirname(") + len(re.findall(r"\.parent\b", text)) - 1)
    found = re.search(r"\.parents\[(\d{1,2})\]", text)
    if found:
        ups = int(found[1])
    if "__file__" not in text:
        return constants[0] if isinstance(node, ast.Constant) and constants else None
    parts = [".."] * ups + [part.strip("/") for part in constants if not part.startswith("/")]
    return "/".join(part for part in parts if part) or "."


def _scan(path: str, text: str) -> Iterator[Import]:
    """Import statements on lines of their own, outside triple-quoted strings."""
    lines = text.splitlines()
    inside: str | None = None
    for number, line in enumerate(lines, start=1):
        quotes = re.findall(r'"""|\'\'\'', line)
        if inside is None and not quotes and _IMPORT_LINE.match(line):
            yield from _statement(path, number, lines)
        for quote in quotes:
            if inside is None:
                inside = quote
            elif inside == quote:
                inside = None


def _statement(path: str, number: int, lines: list[str]) -> Iterator[Import]:
    """The statement that begins on line `number`, which may go on over a few lines."""
    for end in range(number, min(number + 40, len(lines) + 1)):
        source = "\n".join(lines[number - 1 : end]).strip()
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            if "(" in source or source.endswith("\\"):
                continue
            return
        for found in _Reader(path, source.encode()).read(tree).imports:
            yield replace(found, line=number)
        return
