"""What a fixer sees and what it returns."""

from __future__ import annotations

import ast
import codecs
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from p2c.repair.syntax import python_tree
from p2c.repair.text import read_text
from sandbox.tree import Tree
from sandbox.verdict import Failure, Frame, Verdict

_LONE_RETURN = re.compile(rb"\r(?!\n)")


@dataclass(frozen=True)
class Case:
    """A failing tree."""

    tree: Tree
    verdict: Verdict

    @property
    def failure(self) -> Failure:
        """The failure; a verdict without one gives an empty failure, which no fixer knows."""
        return self.verdict.failure or Failure(step="", kind="exit", message="", signature="")

    @property
    def exception(self) -> str:
        """The last part of the exception's name, or the empty string."""
        return (self.failure.exception or "").rpartition(".")[2]

    @property
    def said(self) -> str:
        """Message and evidence in one text."""
        return f"{self.failure.message}\n{self.failure.evidence}"

    @cached_property
    def inside(self) -> tuple[Frame, ...]:
        """The frames inside the repository, outermost first."""
        return tuple(f for f in self.failure.frames if f.in_repository and f.file in self.tree.files)

    @cached_property
    def module(self) -> ast.Module | None:
        """The syntax tree of the file that failed."""
        path = self.path
        return parsed(self.tree.files[path]) if path else None

    @property
    def path(self) -> str | None:
        """The Python file of the deepest frame inside the repository."""
        path = self.inside[-1].file if self.inside else self.failure.file
        return path if path in self.tree.files and str(path).endswith(".py") else None

    @property
    def line(self) -> int | None:
        """The line (from 1) in `path`."""
        return self.inside[-1].line if self.inside else self.failure.line

    @cached_property
    def statement(self) -> ast.stmt | None:
        """The innermost statement at the line that failed."""
        line = self.line
        if self.module is None or line is None:
            return None
        found = [n for n in ast.walk(self.module) if isinstance(n, ast.stmt) and _reaches(n, line)]
        return max(found, key=lambda n: (n.lineno, -(n.end_lineno or 0))) if found else None


def _reaches(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


@dataclass(frozen=True)
class Fix:
    """What a fixer would do: path -> new content (None: the file goes), and why, in one line."""

    changes: Mapping[str, bytes | None]
    message: str


Fixer = Callable[[Case], Fix | None]


Span = tuple[int, int, int, int]
"""Line (from 1) and byte in it where something begins, line and byte where it ends, as syntax trees have them."""


def span(node: ast.expr | ast.stmt | ast.alias | ast.keyword) -> Span:
    """Where `node` stands."""
    return node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def has_lone_return(content: bytes) -> bool:
    """Whether a carriage return stands alone: it ends a line for Python's parser and ruff, and for nothing here."""
    return bool(_LONE_RETURN.search(content))


def parsed(content: bytes) -> ast.Module | None:
    """The syntax tree of `content`; None where it does not parse, or its lines are counted otherwise here."""
    return None if has_lone_return(content) else python_tree(content)


def inside_of(content: bytes, where: Span) -> str:
    """The text that stands at `where`."""
    start, stop = _offsets(content, where)
    return content[start:stop].decode("utf-8", "surrogateescape")


def edited(content: bytes, changes: Iterable[tuple[Span, str]]) -> bytes:
    """`content` with other text at some places; of places that overlap the outermost is changed."""
    newline = "\r\n" if b"\r\n" in content else "\n"
    stop = 0
    parts = []
    for (start, end), new in sorted(((_offsets(content, where), new) for where, new in changes), key=_outermost_first):
        if start < stop:
            continue
        parts += [content[stop:start], new.replace("\n", newline).encode("utf-8", "surrogateescape")]
        stop = end
    return b"".join([*parts, content[stop:]])


def _outermost_first(change: tuple[tuple[int, int], str]) -> tuple[int, int]:
    (start, end), _ = change
    return start, -end


def _offsets(content: bytes, where: Span) -> tuple[int, int]:
    starts = [0, *(found.end() for found in re.finditer(rb"\r?\n", content))]
    mark = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column + (mark if line == 1 else 0)

    line, column, last, end = where
    return offset(line, column), offset(last, end)


def _imports(node: ast.stmt, wanted: ast.stmt) -> bool:
    """Whether `node` imports all that `wanted` does: `import os, sys` has `import sys` in it."""
    if isinstance(node, ast.ImportFrom) and isinstance(wanted, ast.ImportFrom):
        is_of_it = (node.module, node.level) == (wanted.module, wanted.level)
    else:
        is_of_it = isinstance(node, ast.Import) and isinstance(wanted, ast.Import)
    return is_of_it and _names(wanted) <= _names(node)


def _names(node: ast.stmt) -> set[tuple[str, str | None]]:
    return {(alias.name, alias.asname) for alias in getattr(node, "names", ())}


def with_import(content: bytes, module: ast.Module, statement: str) -> bytes:
    """`content` with the import `statement` before the first import, unless it is there."""
    if any(_imports(node, ast.parse(statement).body[0]) for node in module.body):
        return content
    at = 0
    for node in module.body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            at = node.end_lineno or at
            continue
        at = node.lineno - 1 if isinstance(node, ast.Import | ast.ImportFrom) else at
        break
    text = read_text(content)
    if at == 0 and text.lines and text.lines[0].startswith("#!"):
        at = 1
    return text.spliced(at, at, [statement]).encode()
