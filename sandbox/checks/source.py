"""What surrounds a finding in the source: handlers that catch it, annotations that are never evaluated.

Only files that compiled in a container get here, so parsing them on this side is safe; nothing is executed.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from functools import cached_property
from pathlib import PurePosixPath

from sandbox.checks.scopes import Use
from sandbox.tree import Tree

SIDE_FOLDERS = frozenset({"test", "tests", "testing", "doc", "docs", "example", "examples", "notebooks", "benchmarks"})
SIDE_FILES = frozenset({"setup.py", "conftest.py", "noxfile.py"})
CATCH_ALL = frozenset({"Exception", "BaseException"})


def is_side(path: str) -> bool:
    """Whether `path` belongs to tests, documentation or examples, or to packaging: not what the entry point runs."""
    pure = PurePosixPath(path)
    is_test = pure.name.startswith("test_") or pure.name.endswith("_test.py")
    return is_test or pure.name in SIDE_FILES or any(part.lower() in SIDE_FOLDERS for part in pure.parts[:-1])


def is_template(tree: Tree, path: str) -> bool:
    """Whether `path` may be a template of Jinja's or cookiecutter's: it is one if it does not compile.

    Its own name or a folder above it is a placeholder (`{{cookiecutter.name}}/main.py`) or speaks of templates, and it
    holds template marks, which valid Python may hold as well, in strings.
    """
    *folders, name = path.lower().split("/")
    is_placed = "{{" in name or any("template" in part or "{{" in part for part in folders)
    return is_placed and any(mark in tree.files[path] for mark in (b"{{", b"{%"))


class Source:
    """One Python file, parsed when it is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    @classmethod
    def of(cls, tree: Tree, path: str) -> Source:
        """The file at `path`; an empty source when the tree has none."""
        return cls(tree.text(path) if path in tree.files else "")

    @cached_property
    def module(self) -> ast.Module:
        """The syntax tree; empty when the file does not parse."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self._text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.Module([], [])

    @cached_property
    def has_star_import(self) -> bool:
        """Whether names can come from a `from x import *`."""
        return any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in self._nodes)

    @cached_property
    def makes_names_dynamically(self) -> bool:
        """Whether names can come from `exec`, `globals()`, `setattr` on a module or a module's `__getattr__`."""
        functions = {node.name for node in self.module.body if isinstance(node, ast.FunctionDef)}
        calls = (node for node in self._nodes if isinstance(node, ast.Call))
        return "__getattr__" in functions or any(self._binds_names(call) for call in calls)

    def _binds_names(self, call: ast.Call) -> bool:
        """Whether a call may bind names of a module; `exec` in a namespace of its own, or `vars(args)`, does not."""
        called = ast.unparse(call.func)
        first = ast.unparse(call.args[0]) if call.args else ""
        if called == "exec":
            space = ast.unparse(call.args[1]) if len(call.args) > 1 else "globals()"
            return "(" in space or "__dict__" in space
        if called in ("setattr", "vars"):
            return not first or "module" in first or first in self._modules
        return called == "globals"

    @cached_property
    def _modules(self) -> frozenset[str]:
        """Names that import statements bind."""
        imports = (node for node in self._nodes if isinstance(node, ast.Import | ast.ImportFrom))
        return frozenset((a.asname or a.name).partition(".")[0] for node in imports for a in node.names)

    @cached_property
    def defined(self) -> frozenset[str]:
        """Names of the functions and classes that the file defines, at any depth."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return frozenset(node.name for node in self._nodes if isinstance(node, kinds))

    def defines_once(self, name: str) -> bool:
        """Whether exactly one function or class of the file is called `name`, and no decorator replaces it."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        found = [node for node in self._nodes if isinstance(node, kinds) and node.name == name]
        plain = {"dataclass", "staticmethod", "classmethod", "total_ordering", "final", "no_grad", "property"}
        return len(found) == 1 and all(_name_of(one) in plain for one in found[0].decorator_list)

    @cached_property
    def bases(self) -> frozenset[str]:
        """Names of the classes that some class of the file inherits from."""
        found: set[str] = set()
        for node in self._nodes:
            if isinstance(node, ast.ClassDef):
                found.update(_name_of(base) for base in node.bases)
        return frozenset(found)

    def module_of_attribute(self, line: int, name: str) -> str | None:
        """The module that `x` was imported as (`import a.b as x`), for an `x.name` on `line`; None when unknown."""
        bound = {
            alias.asname or alias.name: alias.name
            for node in self._nodes
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        owners = (
            ast.unparse(node.value)
            for node in self._nodes
            if isinstance(node, ast.Attribute) and node.lineno == line and node.attr == name
        )
        return next((bound[owner] for owner in owners if owner in bound), None)

    def is_caught(self, line: int, exceptions: frozenset[str]) -> bool:
        """Whether `line` stands in a `try` whose handlers catch one of `exceptions` (or everything)."""
        return any(
            node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0)
            and any(_caught(handler) & (exceptions | CATCH_ALL) for handler in node.handlers)
            for node in self._nodes
            if isinstance(node, ast.Try)
        )

    def is_type_checking_only(self, line: int) -> bool:
        """Whether `line` stands below `if TYPE_CHECKING`, which never runs."""
        return any(
            "TYPE_CHECKING" in ast.unparse(node.test) and node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0)
            for node in self._nodes
            if isinstance(node, ast.If)
        )

    def is_evaluated(self, line: int, column: int) -> bool:
        """Whether the name at `line` and `column` (characters, from 1) is evaluated when that line runs.

        It is not inside a string (a quoted annotation), in the annotation of a local variable (PEP 526), nor in
        any annotation below `from __future__ import annotations` (PEP 563).
        """
        name = self._name_at(line, column)
        return name is not None and (name.lineno, name.col_offset) not in self._unevaluated

    def may_be_bound(self, line: int, column: int) -> bool:
        """Whether the name at that place may be bound after all when its line runs, see `sandbox.checks.scopes`."""
        name = self._name_at(line, column)
        return name is not None and Use(name, self.module).may_be_bound()

    def unpacks_unknown(self, line: int, column: int, given: str = "") -> bool:
        """Whether the call at that place unpacks something (`*x`, `**x`), so that only a run knows its arguments.

        Args:
            given: a keyword; it is certain to be passed where the call names it, whatever else is unpacked.
        """
        calls = [node for node in self._nodes if isinstance(node, ast.Call) and node.lineno == line]
        here = [call for call in calls if call.col_offset == column - 1]  # mypy miscounts behind a letter of two bytes
        return any(
            _is_open(call) and not any(given and keyword.arg == given for keyword in call.keywords)
            for call in here or calls
        )

    def _name_at(self, line: int, column: int) -> ast.Name | None:
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        place = (line, len(text[: column - 1].encode()))
        names = (node for node in self._nodes if isinstance(node, ast.Name))
        return next((name for name in names if (name.lineno, name.col_offset) == place), None)

    @cached_property
    def _lines(self) -> list[str]:
        return self._text.split("\n")

    @cached_property
    def _nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.module))

    @cached_property
    def _unevaluated(self) -> frozenset[tuple[int, int]]:
        postponed = any(
            isinstance(node, ast.ImportFrom) and node.module == "__future__" and node.names[0].name == "annotations"
            for node in self.module.body
        )
        annotations = [*self._local_annotations(), *(self._annotations() if postponed else ())]
        names = (node for annotation in annotations for node in ast.walk(annotation) if isinstance(node, ast.Name))
        return frozenset((node.lineno, node.col_offset) for node in names)

    def _annotations(self) -> Iterator[ast.expr]:
        for node in self._nodes:
            if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
                yield node.annotation
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
                yield node.returns

    def _local_annotations(self) -> Iterator[ast.expr]:
        functions = (node for node in self._nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
        for function in functions:
            yield from (node.annotation for node in ast.walk(function) if isinstance(node, ast.AnnAssign))


def _is_open(call: ast.Call) -> bool:
    """Whether it unpacks more than displays, such as `*(1, 2)` or `**{"a": 1}`, which can be counted."""
    stars = (one.value for one in call.args if isinstance(one, ast.Starred))
    displays = (ast.Tuple, ast.List)
    counted = (isinstance(one, displays) and not any(isinstance(e, ast.Starred) for e in one.elts) for one in stars)
    doubles = (keyword.value for keyword in call.keywords if keyword.arg is None)
    named = (isinstance(one, ast.Dict) and all(isinstance(key, ast.Constant) for key in one.keys) for one in doubles)
    return not (all(counted) and all(named))


def _caught(handler: ast.ExceptHandler) -> frozenset[str]:
    if handler.type is None:
        return CATCH_ALL
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return frozenset(_name_of(one) for one in types)


def _name_of(node: ast.expr) -> str:
    """The last part of a dotted name, of a call or a subscript too: `nn.Module` -> `Module`."""
    inner = node.func if isinstance(node, ast.Call) else node.value if isinstance(node, ast.Subscript) else node
    return ast.unparse(inner).rsplit(".", 1)[-1]
