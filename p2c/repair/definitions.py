"""Definitions that an answer gives whole in a fence: functions, methods and classes as they shall be, and nothing else.

Small models answer so, whatever form they are asked for. It says as much as a block does where each name is defined
once: the definition takes the place of the one that stands there. A class has to have every method that it had.
"""

from __future__ import annotations

import ast
import builtins
import io
import re
import tokenize
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from p2c.repair.answer import Lines
from p2c.repair.paths import Refused
from p2c.repair.place import elides
from p2c.repair.syntax import python_tree
from p2c.repair.text import is_binary, read_text
from p2c.repair.whole import same_code
from sandbox.tree import Tree

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Import = ast.Import | ast.ImportFrom
_OTHER_FORM = "name the file and use SEARCH/REPLACE blocks"
_INTERPRETED = re.compile(r"#!|[ \t\f]*#.*?coding[:=][ \t]*[-\w.]")
"""A line that means something only where it stands, among the first two: a shebang, or an encoding (PEP 263)."""


@dataclass(frozen=True)
class _Splice:
    """Lines of a file, from `start` to before `stop`, and what takes their place."""

    start: int
    stop: int
    lines: Lines


def are_definitions(lines: Sequence[str]) -> bool:
    """Whether `lines` are definitions, with imports at most, and leave nothing out."""
    body = _body(lines)
    some = any(isinstance(node, Definition) for node in body)
    return some and all(isinstance(node, Definition | _Import) for node in body) and not any(map(elides, lines))


def home(tree: Tree, lines: Lines, near: str | None) -> str | Refused:
    """The one file of `tree` that defines all that `lines` define; `near`, where it is Python, and no other."""
    names = {node.name for node in _body(lines) if isinstance(node, Definition)}
    files = [path for path in tree.python_files() if not is_binary(tree.files[path])]
    near = next((path for path in (near, (near or "").removeprefix("./")) if path in files), None)
    known = {path: spliced(tree.files[path], lines) for path in files if _defines(tree.files[path], names)}
    what = ", ".join(f"`{name}`" for name in sorted(names))
    if near is not None and known and near not in known:
        return Refused(f"{what} is defined in {_some(known)}, and not in `{near}`, which is named above; {_OTHER_FORM}")
    meant = [path for path in known if near in (None, path)]
    found = [path for path in meant if not isinstance(known[path], Refused)]
    if len(found) == 1:
        return found[0]
    if found:
        return Refused(f"{what} is defined in {_some(found)}, and no file is named; {_OTHER_FORM}")
    told = known[meant[0]] if len(meant) == 1 else None
    return told if isinstance(told, Refused) else Refused(f"no file defines {what}; {_OTHER_FORM}")


def _some(paths: Collection[str]) -> str:
    return ", ".join(sorted(paths)[:5])


def completed(before: bytes, lines: Lines) -> Lines:
    """The whole file, where `lines` can be a part of it only: they use what it defines besides, and they leave out."""
    if not are_definitions(lines):
        return lines
    tree = python_tree(before)
    body = _body(lines)
    left_out = _bound(tree.body if tree else ()) - _bound(body)
    used = {node.id for one in body for node in ast.walk(one) if isinstance(node, ast.Name)} - set(dir(builtins))
    if not left_out & used:
        return lines
    whole = spliced(before, lines)
    return lines if isinstance(whole, Refused) else whole


def spliced(before: bytes, lines: Lines) -> Lines | Refused:
    """The lines of the file when each definition of `lines` stands in the place of the former one."""
    tree = python_tree(before)
    if tree is None:
        return Refused(f"the file does not parse, so no definition can be found in it; {_OTHER_FORM}")
    old, body = read_text(before).lines, _body(lines)
    given = [node.name for node in body if isinstance(node, Definition)]
    if twice := next((name for name in given if given.count(name) > 1), None):
        return Refused(f"`{twice}` is given {given.count(twice)} times, with different content; give it once")
    splices = list(_imports(tree.body, [node for node in body if isinstance(node, _Import)], old, lines))
    pairs: list[tuple[Definition, Definition]] = []
    for node in body:
        if isinstance(node, Definition):
            there = _there(tree, node)
            if isinstance(there, Refused):
                return there
            pairs.append((there, node))
    within = {one: node for there, node in pairs for one in there.body}
    for there, node in pairs:
        outer = within.get(there)
        if outer is None:
            splices.append(_splice(there, node, old, lines))
        elif not any(
            same_code(node, one) for one in outer.body if isinstance(one, Definition) and one.name == node.name
        ):
            where = f"by itself and within `{outer.name}`"
            return Refused(f"`{node.name}` is given {where}, with different content; give it once")
    whole = list(old)
    for splice in sorted(splices, key=lambda one: (one.start, one.stop), reverse=True):
        whole[splice.start : splice.stop] = splice.lines
    return tuple(whole)


def _there(tree: ast.Module, new: Definition) -> Definition | Refused:
    """The definition that `new` takes the place of."""
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    if isinstance(new, functions) and [arg.arg for arg in new.args.args[:1]] in (["self"], ["cls"]):
        owners = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        every = [one for owner in owners for one in owner.body]
    else:
        every = tree.body
    found = [one for one in every if isinstance(one, Definition) and one.name == new.name]
    if len(found) != 1:
        count = f"{len(found)} times" if found else "not"
        return Refused(f"`{new.name}` is defined {count} in the file; {_OTHER_FORM}")
    lost = sorted(_methods(found[0]) - _methods(new))
    if lost and isinstance(new, ast.ClassDef):
        methods = ", ".join(f"`{name}`" for name in lost)
        return Refused(f"the class `{new.name}` is given without {methods}; give all of it, or {_OTHER_FORM}")
    return found[0]


def _methods(node: Definition) -> set[str]:
    return {one.name for one in node.body if isinstance(one, Definition)} if isinstance(node, ast.ClassDef) else set()


def _splice(there: Definition, new: Definition, old: Sequence[str], lines: Lines) -> _Splice:
    """Decorators stay where none are given."""
    start = _first(there) if new.decorator_list else there.lineno
    stop = there.end_lineno or there.lineno
    given, indent = lines[_first(new) - 1 : new.end_lineno], old[there.lineno - 1][: there.col_offset]
    return _Splice(start - 1, stop, _indented(given, new, indent, old[start - 1 : stop]) if indent else given)


def _indented(given: Lines, new: Definition, indent: str, old: Sequence[str]) -> Lines:
    """`given`, the lines of `new`, where `old` stands, `indent` deep; what is within a string is content and no layout.

    A string that was moved with the code around it, as the lines of `old` show, is moved back; so is a docstring.
    """
    inner: set[int] = set()
    there = set(old)
    nodes = [node for node in ast.walk(new) if isinstance(node, Definition)]
    docstrings = [node.body[0].lineno - _first(new) for node in nodes if ast.get_docstring(node) is not None]
    for start, stop in _long_strings(given):
        within = [line for line in given[start + 1 : stop] if line.strip()]
        kept = sum((line in there) - (indent + line in there) for line in within)
        if kept > 0 or (kept == 0 and start not in docstrings):
            inner |= set(range(start + 1, stop))
    return tuple(line if at in inner or not line.strip() else indent + line for at, line in enumerate(given))


def _long_strings(code: Lines) -> Iterator[tuple[int, int]]:
    """The lines, from the first to before the second and counted from 0, of each string that has several."""
    opened: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(code)).readline):
            kind = tokenize.tok_name[token.type]
            if kind == "FSTRING_START":  # Python 3.12 and later
                opened.append(token.start[0])
            first = opened.pop() if kind == "FSTRING_END" else token.start[0]
            if kind in ("STRING", "FSTRING_END") and first < token.end[0]:
                yield first - 1, token.end[0]
    except (tokenize.TokenError, SyntaxError):  # compile() took it, so there is nothing to mend here
        return


def _first(node: Definition) -> int:
    return min([node.lineno, *(one.lineno for one in node.decorator_list)])


def _imports(body: Sequence[ast.stmt], given: Sequence[_Import], old: Sequence[str], lines: Lines) -> Iterator[_Splice]:
    """What `given` imports and the file does not: behind its last import, its docstring, or the comments on top."""
    there = [node for node in body if isinstance(node, _Import)]
    known = {one for node in there for one in _bindings(node)}
    head = [node for node in body[:1] if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    at = max((node.end_lineno or node.lineno for node in there or head), default=_below_comments(old))
    new = [lines[node.lineno - 1 : node.end_lineno] for node in given if not set(_bindings(node)) <= known]
    if new:
        yield _Splice(at, at, tuple(line for one in new for line in one))


def _below_comments(old: Sequence[str]) -> int:
    """Behind the comment that a file begins with, but before one that belongs to the code right below it."""
    block = len(list(takewhile(lambda line: line.startswith("#"), old)))
    if block == len(old) or not old[block].strip():
        return block
    return max((at for at, line in enumerate(old[:2], 1) if _INTERPRETED.match(line)), default=0)


def _bindings(node: _Import) -> list[tuple[str, str, str]]:
    module = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
    return [(module, one.name, one.asname or "") for one in node.names]


def _bound(body: Sequence[ast.stmt]) -> set[str]:
    """The names that a module's statements define, those within `if` and `try` too."""
    found: set[str] = set()
    for node in body:
        if isinstance(node, Definition):
            found.add(node.name)
        else:
            inner = list(ast.walk(node))
            found |= {one.id for one in inner if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
            aliases = [one for one in inner if isinstance(one, ast.alias)]
            found |= {one.asname or one.name.partition(".")[0] for one in aliases}
    return found


def _defines(content: bytes, names: Collection[str]) -> bool:
    """Whether a file has functions, methods or classes of all these names."""
    if not all(name.encode() in content for name in names):
        return False
    tree = python_tree(content)
    top = [node for node in tree.body if isinstance(node, Definition)] if tree else []
    return set(names) <= {node.name for node in top}.union(*map(_methods, top))


def _body(lines: Sequence[str]) -> list[ast.stmt]:
    tree = python_tree("\n".join(lines).encode("utf-8", "surrogateescape"))
    return tree.body if tree else []
