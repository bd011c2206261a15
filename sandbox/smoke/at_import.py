"""Whether importing one tree's modules executes what importing another's did: then it comes to the same.

Most edits of a repair change what stands in a function, and an import executes no function that nobody calls. It
executes the top level of modules, the bodies of classes, and what those call; besides, it may read files. So two trees
are alike to it when

- they have the same files, and those that are no Python hold the same;
- every Python file reads the same apart from bodies of functions, and from what stands under `__name__ == "__main__"`;
- so do the bodies of functions that may be executed: those that executed code names (of annotations, what they call).
  A method is named by its own name or its class's; what such a body names may be executed, too; and where executed code
  looks names up as it runs (`DYNAMIC`), every function may be.

Names alone decide, and text is compared, so two trees that are alike may be taken for different ones. The other way
round it takes a library that, unasked, calls methods of a class while the class is made: without a decorator, a
metaclass or an enumeration. Only for trees that compiled in a container: they are parsed on this side.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sandbox.requirements.dotted import last_part
from sandbox.smoke.script import Script
from sandbox.tree import Tree

DYNAMIC = frozenset(
    {"getattr", "globals", "locals", "vars", "eval", "exec", "__dict__", "attrgetter", "methodcaller", "inspect"}
    | {"__subclasses__", "getmembers", "runpy", "subprocess", "system", "popen", "locate"}
)
"""By these, code comes to functions that it does not name."""
UNASKED = frozenset({"__init_subclass__", "__set_name__", "__class_getitem__", "__prepare__"})
"""Functions that Python calls where nothing names them, with classes that may be called in turn."""
HARMLESS = frozenset(
    {"staticmethod", "classmethod", "property", "abstractmethod", "no_grad", "inference_mode", "dataclass", "ABCMeta"}
)
"""Decorators (and a metaclass) that neither call nor read the functions that they are given."""
REMEMBERED = 1024
"""Files that are remembered: from one verify to the next mostly one has changed."""
_LINE_END = re.compile("\r\n|\r|\n")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Body:
    """The body of a function that waits to be called; and without text, what a class or another name leads to.

    Attributes:
        named: what it may be called by: its name, and those of the classes around it.
    """

    named: frozenset[str]
    text: str
    nodes: tuple[ast.AST, ...]

    @cached_property
    def names(self) -> frozenset[str]:
        """All that it names."""
        return frozenset(_names(self.nodes))


@dataclass(frozen=True)
class Parts:
    """A file, taken apart: the text that an import executes in any case, what it names, and what waits to be called."""

    top: str
    names: frozenset[str]
    bodies: tuple[Body, ...] = ()

    def executed(self, names: frozenset[str]) -> tuple[str, ...]:
        """The bodies that an import may execute where it comes to `names`."""
        return tuple(one.text for one in self.bodies if one.named & names or names & DYNAMIC)


def alike(before: Tree, after: Tree) -> bool:
    """Whether importing modules executes the same in both trees."""
    if before.files.keys() != after.files.keys() or before.skipped != after.skipped:
        return False
    changed = [path for path in after.files if after.files[path] != before.files[path]]
    if not set(changed) <= set(after.python_files()):
        return False
    pairs = [(_parts(before, path), _parts(after, path)) for path in changed]
    if any(old.top != new.top for old, new in pairs):
        return False
    names = _named(after) if pairs else frozenset()
    return all(old.executed(names) == new.executed(names) for old, new in pairs)


def _named(tree: Tree) -> frozenset[str]:
    """Every name that the import of a module may come to."""
    parts = [_parts(tree, path) for path in tree.python_files()]
    found, waiting = (
        frozenset[str]().union(*(one.names for one in parts)),
        [body for one in parts for body in one.bodies],
    )
    if any(body.named & UNASKED for body in waiting):
        return found | DYNAMIC
    while named := [body for body in waiting if body.named & found]:
        waiting = [body for body in waiting if not body.named & found]
        found = found.union(*(body.names for body in named))
    return found


def _parts(tree: Tree, path: str) -> Parts:
    return _read(Script.of(tree, path))


@lru_cache(maxsize=REMEMBERED)
def _read(script: Script) -> Parts:
    reader = _Reader(script.text)
    if script.text.strip() and not script.module.body:  # the Python of this side cannot parse it
        return Parts(script.text, DYNAMIC)
    reader.block(script.module.body, frozenset())
    return Parts(reader.left(), frozenset(reader.names), tuple(reader.bodies))


class _Reader:
    """Goes through what an import executes, and puts aside what it does not."""

    def __init__(self, text: str) -> None:
        self.names: set[str] = set()
        self.bodies: list[Body] = []
        self._lines: list[str | None] = [*_LINE_END.split(text)]

    def left(self) -> str:
        """The text without what was put aside."""
        return "\n".join(line for line in self._lines if line is not None)

    def block(self, statements: Iterable[ast.stmt], owners: frozenset[str]) -> None:
        for node in statements:
            if isinstance(node, _Function):
                self._function(node, owners)
            elif isinstance(node, ast.ClassDef):
                self._class(node, owners)
            elif isinstance(node, ast.If) and _is_guard(node.test) and not node.orelse:
                self._put_aside(node.body)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node)
            else:
                self._other(node, owners)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        """What comes under another name is named by that."""
        renamed = {one.asname: ast.Name(one.name.rpartition(".")[2]) for one in node.names if one.asname}
        self.bodies.extend(Body(frozenset({name}), "", (meant,)) for name, meant in renamed.items())

    def _function(self, node: _Function, owners: frozenset[str]) -> None:
        text = self._put_aside(node.body) if _are_harmless(node.decorator_list) else None
        if text is None:
            self.names.update(_names([node]))
            return
        if node.name == "__getattr__" and not owners:  # a module's: an import of a name that it lacks calls it
            self.names.add(node.name)
        self.names.update(_names([*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]))
        self.names.update(_names(_calls([node.args, *filter(None, [node.returns])])))
        self.bodies.append(Body(owners | {node.name}, text, tuple(node.body)))

    def _class(self, node: ast.ClassDef, owners: frozenset[str]) -> None:
        given = [*node.decorator_list, *(keyword.value for keyword in node.keywords)]
        self.names.update(_names(given))
        if not _are_harmless(given) or any(last_part(base).endswith(("Enum", "Flag")) for base in node.bases):
            self.names.update({node.name, *(DYNAMIC if node.keywords else ())})  # what is given the class may call it
        self.names.update(_names(base for base in node.bases if not last_part(base)))
        self.bodies.append(Body(frozenset({node.name}), "", tuple(node.bases)))
        self.block(node.body, owners | {node.name})

    def _other(self, node: ast.AST, owners: frozenset[str]) -> None:
        for name, value in ast.iter_fields(node):
            inner = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, ast.AST)]
            for one in _calls(inner) if name == "annotation" else inner:
                if isinstance(one, ast.stmt):
                    self.block([one], owners)
                elif isinstance(one, ast.ExceptHandler | ast.match_case):
                    self._other(one, owners)
                else:
                    self.names.update(_names([one]))

    def _put_aside(self, statements: list[ast.stmt]) -> str | None:
        """The text of a block on lines of its own; None where it shares one with what is executed."""
        first, last = statements[0], statements[-1].end_lineno or statements[-1].lineno
        line = self._lines[first.lineno - 1] or ""
        if line.encode()[: first.col_offset].strip():
            return None
        text = "\n".join(one or "" for one in self._lines[first.lineno - 1 : last])
        self._lines[first.lineno - 1 : last] = [None] * (last - first.lineno + 1)
        return text


def _is_guard(test: ast.expr) -> bool:
    """Whether it is `__name__ == "__main__"` and nothing else."""
    return ast.dump(test) == _GUARD


_GUARD = ast.dump(ast.parse('__name__ == "__main__"', mode="eval").body)


def _are_harmless(given: Iterable[ast.expr]) -> bool:
    called = (one.func if isinstance(one, ast.Call) else one for one in given)
    return all(last_part(one) in HARMLESS for one in called)


def _calls(annotations: Iterable[ast.AST]) -> list[ast.AST]:
    """What in annotations, which an import evaluates, is a call; else they name types that they do nothing with."""
    return [node for root in annotations for node in ast.walk(root) if isinstance(node, ast.Call)]


def _names(nodes: Iterable[ast.AST]) -> set[str]:
    """Every name and attribute in them, and what is imported under another name."""
    every = [node for root in nodes for node in ast.walk(root)]
    renamed = {node.name.rpartition(".")[2] for node in every if isinstance(node, ast.alias) and node.asname}
    return renamed | {name for node in every if (name := last_part(node))}
