"""A file as the debugging agent sees it: whole where it is short, else the functions that matter, never cut in two.

Of a long Python file are shown, in this order and as far as there is room: the functions around the places that count
(of one that is very long, the lines around the place), definitions asked for by name, the imports, what `__init__`
sets where the place is in a class, and the first line of everything else that the file defines.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from p2c.repair.syntax import python_tree

_LONG_FUNCTION = 150
"""Lines from which on a function is shown in part."""
_AROUND = 30
"""Lines shown above and below a place that no function of moderate length encloses."""
_LONGEST_LINE = 500
_TINY_GAP = 2
"""Lines that are rather shown than said to be left out."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Lines = range
"""Indexes of lines, from 0."""


def fence_for(text: str, shortest: int = 3) -> str:
    """A fence longer than every run of backticks in `text`."""
    runs = re.findall(r"`{3,}", text)
    return "`" * max([shortest, *(len(run) + 1 for run in runs)])


@dataclass(frozen=True)
class Shown:
    """A file as the agent sees it."""

    path: str
    text: str
    whole: bool

    @property
    def fence(self) -> str:
        """A fence longer than every run of backticks in the text."""
        return fence_for(self.text)


def excerpt(
    path: str, content: bytes, *, lines: Sequence[int], names: Collection[str], limit: int, whole: int
) -> Shown | None:
    """What is shown of a file in at most `limit` characters; None where nothing of use fits.

    Args:
        lines: the places that count (from 1), the weightiest first.
        names: definitions that count, by their last name.
        whole: so many characters are shown without a choice, where they fit.
    """
    text = content.decode("utf-8", "replace").replace("\r\n", "\n").rstrip("\n")
    if len(text) <= min(limit, whole):
        return Shown(path, text, whole=True)
    rows = text.split("\n")
    module = python_tree(content) if path.endswith(".py") else None
    ranges = _of_module(module, lines, names) if module else _of_text(rows, lines)
    chosen: set[int] = set()
    left = limit - 100  # the marks of the gaps
    for part in ranges:
        new = [n for n in part if n not in chosen and 0 <= n < len(rows)]
        size = sum(min(len(rows[n]), _LONGEST_LINE) + 1 for n in new)
        if size <= left:
            chosen.update(new)
            left -= size
    return Shown(path, _with_gaps(rows, chosen), whole=False) if chosen else None


def _of_text(rows: Sequence[str], lines: Sequence[int]) -> Iterator[Lines]:
    for line in lines:
        yield _around(line, _AROUND)
        yield _around(line, 5)
    yield range(min(_AROUND, len(rows)))


def _of_module(module: ast.Module, lines: Sequence[int], names: Collection[str]) -> Iterator[Lines]:
    for line in lines:
        yield from _place(module, line)
    for node in ast.walk(module):
        if isinstance(node, Function | ast.ClassDef) and node.name in names:
            yield _span(node)
            yield from (_head(one) for one in [node, *node.body] if isinstance(one, Function | ast.ClassDef))
    for statement in module.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield _span(statement)
    for line in lines:
        yield from _started(module, line)
    yield from (_head(node) for node in ast.walk(module) if isinstance(node, Function | ast.ClassDef))


def _place(module: ast.Module, line: int) -> Iterator[Lines]:
    """The outermost function of moderate length around a line, else the lines around it; then a few lines only."""
    around = [node for node in ast.walk(module) if isinstance(node, Function) and _covers(node, line)]
    moderate = [node for node in around if len(_span(node)) <= _LONG_FUNCTION]
    yield from (_head(node) for node in _enclosing(module, line))
    if moderate:
        yield _span(moderate[0])
    yield from (_around(line, count) for count in (_AROUND, _AROUND // 3, 3))


def _started(module: ast.Module, line: int) -> Iterator[Lines]:
    """`__init__` of the class around a line: what it sets is what the other methods use."""
    for node in _enclosing(module, line):
        if isinstance(node, ast.ClassDef):
            yield from (_span(one) for one in node.body if isinstance(one, Function) and one.name == "__init__")


def _enclosing(module: ast.Module, line: int) -> list[Function | ast.ClassDef]:
    return [node for node in ast.walk(module) if isinstance(node, Function | ast.ClassDef) and _covers(node, line)]


def _covers(node: ast.stmt, line: int) -> bool:
    return line - 1 in _span(node)


def _span(node: ast.stmt) -> Lines:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(one.lineno for one in decorators)])
    return range(first - 1, node.end_lineno or node.lineno)


def _head(node: Function | ast.ClassDef) -> Lines:
    """The lines up to the colon."""
    return range(node.lineno - 1, max(node.lineno, node.body[0].lineno - 1) if len(node.body) else node.lineno)


def _around(line: int, count: int) -> Lines:
    return range(line - 1 - count, line + count)


def _with_gaps(rows: Sequence[str], chosen: Collection[int]) -> str:
    parts: list[str] = []
    last = -1
    for index in sorted(chosen):
        between = rows[last + 1 : index]
        parts += between if len(between) <= _TINY_GAP else [_gap(len(between))]
        parts.append(rows[index][:_LONGEST_LINE])
        last = index
    if last + 1 < len(rows):
        parts.append(_gap(len(rows) - last - 1))
    return "\n".join(parts)


def _gap(count: int) -> str:
    return f"[{count} line{' is' if count == 1 else 's are'} not shown]"
