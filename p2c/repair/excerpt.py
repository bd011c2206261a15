"""A file as the debugging agent sees it: whole where it is short, else the functions that matter, never cut in two.

Of a long Python file are shown, in this order and as far as there is room: the functions around the places that count
(of one that is very long, the lines around the place), definitions asked for by name, the imports, what `__init__`
sets where the place is in a class, and the first line of everything else that the file defines; then, where that is
asked for, whole functions from the first on. Of a file of data the first rows are shown.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from p2c.repair.syntax import python_tree

_LONG_FUNCTION = 150
"""Lines from which on a function is shown in part."""
_AROUND = 30
"""Lines shown above and below a place that no function of moderate length encloses."""
_LONGEST_LINE = 500
_DATA = re.compile(r"(?<!requirements)\.(?:csv|tsv|txt|jsonl?|ndjson|dat|data|log|vocab|bpe|src|tgt)$", re.I)
_ROWS = 10
"""Of a longer one; `[180 lines are not shown]` tells how many there are."""
_WORTH = 150
"""Characters below which a part of a longer module says too little."""
_TINY_GAP = 2
"""Lines that are rather shown than said to be left out."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Part = tuple[range, ...]
"""Something to show, as indexes of lines from 0; what comes later is shorter, and shown where the first has no room."""


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


def shown_by_rows(path: str) -> bool:
    """Whether a file holds data by its name, so that a few rows of it say what it is; configuration may, too."""
    return bool(_DATA.search(path))


def excerpt(
    path: str,
    content: bytes,
    *,
    lines: Sequence[int],
    names: Collection[str],
    limit: int,
    whole: int,
    fill: bool = False,
) -> Shown | None:
    """What is shown of a file in at most `limit` characters; None where nothing of use fits.

    Args:
        lines: the places that count (from 1), the weightiest first.
        names: definitions that count, by their last name.
        whole: so many characters are shown without a choice, where they fit.
        fill: whether functions that were not chosen are shown where there is room left.
    """
    text = content.decode("utf-8", "replace").replace("\r\n", "\n").rstrip("\n")
    if len(text) <= min(limit, whole):
        return Shown(path, text, whole=True)
    rows = text.split("\n")
    module = python_tree(content) if path.endswith(".py") else None
    parts: Iterable[Part]
    if module:
        parts = chain(_of_module(module, lines, names), _functions(module) if fill else ())
    else:
        parts = _of_text(lines, _ROWS if shown_by_rows(path) else len(rows) if fill else _AROUND)
    text = _within(limit, rows, parts)
    return Shown(path, text, whole=False) if len(text) >= (_WORTH if module else 1) else None


def _within(limit: int, rows: Sequence[str], parts: Iterable[Part]) -> str:
    """Of each part the first form that fits, until nothing more does; empty where nothing did."""
    chosen: list[set[int]] = []
    left = limit
    for part in parts:
        for form in part:
            new = {n for n in form if 0 <= n < len(rows)}.difference(*chosen)
            size = sum(min(len(rows[n]), _LONGEST_LINE) + 1 for n in new)
            if size <= left:
                chosen.append(new)
                left -= size
                break
    text = _with_gaps(rows, set().union(*chosen))
    while len(text) > limit and chosen:  # the marks of the gaps take room as well
        del chosen[-1]
        text = _with_gaps(rows, set().union(*chosen))
    return text if any(chosen) else ""


def _of_text(lines: Sequence[int], head: int) -> Iterator[Part]:
    for line in lines:
        yield _around(line, _AROUND), _around(line, 5)
    yield tuple(range(count) for count in (head, _AROUND, 5) if count <= head)


def _functions(module: ast.Module) -> Iterator[Part]:
    """Every function that is in no other one, in the order of the file."""
    for node in module.body:
        for one in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(one, Function):
                yield (_span(one),)


def _of_module(module: ast.Module, lines: Sequence[int], names: Collection[str]) -> Iterator[Part]:
    nodes = [node for node in ast.walk(module) if isinstance(node, Function | ast.ClassDef)]
    for line in lines:
        around = [node for node in nodes if line - 1 in _span(node)]
        moderate = [_span(node) for node in around if isinstance(node, Function) and _is_moderate(node)]
        yield *moderate[:1], _around(line, _AROUND), _around(line, _AROUND // 3), _around(line, 3)
        yield from ((_head(node),) for node in around)
    for node in nodes:
        if node.name in names:
            yield _span(node), _head(node)
            yield from ((_head(one),) for one in node.body if isinstance(one, Function | ast.ClassDef))
    yield from ((_span(one),) for one in module.body if isinstance(one, ast.Import | ast.ImportFrom))
    for node in nodes:
        if isinstance(node, ast.ClassDef) and any(line - 1 in _span(node) for line in lines):
            yield from ((_span(one),) for one in node.body if isinstance(one, Function) and one.name == "__init__")
    yield from ((_head(node),) for node in nodes)


def _is_moderate(node: Function) -> bool:
    return len(_span(node)) <= _LONG_FUNCTION


def _span(node: ast.stmt) -> range:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(one.lineno for one in decorators)])
    return range(first - 1, node.end_lineno or node.lineno)


def _head(node: Function | ast.ClassDef) -> range:
    """The lines up to the colon."""
    return range(node.lineno - 1, max(node.lineno, node.body[0].lineno - 1) if len(node.body) else node.lineno)


def _around(line: int, count: int) -> range:
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
