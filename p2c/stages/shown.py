"""What one file shows to those that use it: its outline, read by parsing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from p2c.shorten import cut
from p2c.stages.attributes import attributes
from p2c.stages.modules import Definition, parsed

SHORT_LINES = 40
"""A file with fewer lines that are not blank is shown whole: its outline would save nothing."""
LONGEST_CONSTANT = 120
"""Characters of a constant that is shown as it is."""
LONGEST_TEXT = 400
"""Characters of a module's docstring, and of a longer constant's keys."""
_WORD = re.compile(r"\w+")


def as_shown(path: str, source: str) -> str:
    """What one who uses the file must know of it: the file where it is short or no Python, else its outline."""
    lines = sum(1 for line in source.splitlines() if line.strip())
    return source if lines < SHORT_LINES or not path.endswith(".py") else outline(source, whole_texts=True) or source


@lru_cache(maxsize=64)
def outline(source: str, *, whole_texts: bool = False) -> str:
    """Docstrings, public constants, signatures and attributes of `source`; an empty string when it does not parse.

    A private name of the module is there where a public signature needs it: a base class, an annotation, a default.

    Args:
        source: Python code.
        whole_texts: whether docstrings are whole (the module's up to `LONGEST_TEXT`), and not their first lines.
    """
    tree = parsed(source)
    if tree is None:
        return ""
    said = cut(ast.get_docstring(tree) or "", LONGEST_TEXT, "this text") if whole_texts else ""
    return "\n".join(filter(None, (_quoted(said), *_constants_and_definitions(tree, whole_texts))))


def _constants_and_definitions(tree: ast.Module, whole: bool) -> Iterator[str]:
    needed = _needed_private(tree)
    for part in tree.body:
        names = _names(part)
        if not names or all(name.startswith("_") and name not in needed for name in names):
            continue
        if isinstance(part, Definition):
            yield from _defined(part, 0, whole)
        elif isinstance(part, ast.Assign | ast.AnnAssign):
            yield _constant(part)


def _names(part: ast.stmt) -> list[str]:
    """The names that a definition or an assignment binds."""
    if isinstance(part, Definition):
        return [part.name]
    targets = part.targets if isinstance(part, ast.Assign) else [part.target] if isinstance(part, ast.AnnAssign) else []
    names = (one for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))
    return [one.id for one in names if isinstance(one.ctx, ast.Store)]


def _needed_private(tree: ast.Module) -> frozenset[str]:
    """The module's private names that its public signatures use, directly or through others of them."""
    private = {name: part for part in tree.body for name in _names(part) if name.startswith("_")}
    found: set[str] = set()
    waiting: list[ast.stmt] = [part for part in tree.body if any(not name.startswith("_") for name in _names(part))]
    while waiting:
        new = {name for name in _used_by(waiting.pop()) if name in private} - found
        found |= new
        waiting.extend(private[name] for name in sorted(new))
    return frozenset(found)


def _used_by(part: ast.stmt) -> Iterator[str]:
    """The names in what is shown of a statement: bases, decorators, parameters, annotations."""
    shown: list[ast.AST | None] = []
    for node in ast.walk(part) if isinstance(part, ast.ClassDef) else (part,):
        if isinstance(node, ast.ClassDef):
            shown += [*node.bases, *node.decorator_list]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            shown += [node.args, node.returns, *node.decorator_list]
        elif isinstance(node, ast.AnnAssign):
            shown.append(node.annotation)
    for one in (inner for outer in shown if outer for inner in ast.walk(outer)):
        if isinstance(one, ast.Name):
            yield one.id
        elif isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield from _WORD.findall(one.value)


def _constant(part: ast.Assign | ast.AnnAssign) -> str:
    """An assignment as it is where it is short; of a longer one the names, the type and a dictionary's keys."""
    whole = ast.unparse(part)
    if len(whole) <= LONGEST_CONSTANT or part.value is None:
        return whole
    keys = [ast.unparse(key) for key in part.value.keys if key] if isinstance(part.value, ast.Dict) else []
    value = f"{{{', '.join(f'{key}: ...' for key in keys)}}}"
    if not keys or len(value) > LONGEST_TEXT:
        value = "..."
    return f"{whole[: len(whole) - len(ast.unparse(part.value))]}{value}  # shortened"


def _defined(part: Definition, depth: int, whole: bool) -> Iterator[str]:
    margin = "    " * depth
    yield from (f"{margin}@{ast.unparse(mark)}" for mark in part.decorator_list)
    if isinstance(part, ast.ClassDef):
        bases = ", ".join(ast.unparse(base) for base in part.bases)
        yield f"{margin}class {part.name}{f'({bases})' if bases else ''}:"
    else:
        kind = "async def" if isinstance(part, ast.AsyncFunctionDef) else "def"
        returns = f" -> {ast.unparse(part.returns)}" if part.returns else ""
        yield f"{margin}{kind} {part.name}({ast.unparse(part.args)}){returns}: ..."
    yield from _docstring(part, margin, whole)
    if isinstance(part, ast.ClassDef):
        yield from _members(part, depth + 1, whole)


def _members(node: ast.ClassDef, depth: int, whole: bool) -> Iterator[str]:
    for name, kind in attributes(node).items():
        if not name.startswith("_"):
            yield f"{'    ' * depth}{name}{f': {kind}' if kind else ' = ...'}"
    for part in node.body:
        if isinstance(part, Definition):
            yield from _defined(part, depth, whole)


def _docstring(part: Definition, margin: str, whole: bool) -> Iterator[str]:
    text = ast.get_docstring(part) or ""
    lines = text if whole else text.partition("\n")[0]
    yield from (f"{margin}    {line}".rstrip() for line in _quoted(lines).splitlines())


def _quoted(text: str) -> str:
    return f'"""{text}"""' if text else ""
