"""What a fixer sees and what it returns."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from p2c.repair.syntax import python_tree
from p2c.repair.text import read_text
from sandbox.tree import Tree
from sandbox.verdict import Failure, Frame, Verdict


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
        return python_tree(self.tree.files[path]) if path else None

    @property
    def path(self) -> str | None:
        """The Python file of the deepest frame inside the repository."""
        path = self.inside[-1].file if self.inside else self.failure.file
        return path if path in self.tree.files and str(path).endswith(".py") else None

    @property
    def line(self) -> int | None:
        """The line (from 1) in `path`."""
        return self.inside[-1].line if self.inside else self.failure.line


@dataclass(frozen=True)
class Fix:
    """What a fixer would do: path -> new content, and why, in one line."""

    changes: Mapping[str, bytes]
    message: str
    rewrites: tuple[str, ...] = ()
    """Files that were never code and are written again; their lines are counted apart."""


Fixer = Callable[[Case], Fix | None]


def edited(content: bytes, spans: list[tuple[int, int, int, str]]) -> bytes:
    """`content` with spans of single lines replaced: (line from 1, start and end byte offset, text)."""
    text = read_text(content)
    for line, start, end, new in sorted(spans, reverse=True):
        old = text.lines[line - 1].encode("utf-8", "surrogateescape")
        both = old[:start] + new.encode() + old[end:]
        text = text.spliced(line - 1, line, [both.decode("utf-8", "surrogateescape")])
    return text.encode()


def with_import(content: bytes, module: ast.Module, name: str) -> bytes:
    """`content` with `import name` before the first import, unless it is there."""
    for node in module.body:
        if isinstance(node, ast.Import) and any(a.name == name and a.asname is None for a in node.names):
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
    return text.spliced(at, at, [f"import {name}"]).encode()
