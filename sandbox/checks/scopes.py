"""Whether a use of a name that a linter calls undefined is certain to crash when its line runs.

It is not certain where an earlier turn of the same loop may have bound the name, where the code first asks whether
the name is bound (`"x" in locals()`), and in code that never runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Module)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
JUMPS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
CONDITIONAL = (ast.ExceptHandler, ast.match_case, *LOOPS, *COMPREHENSIONS)

Step = tuple[ast.AST, str, ast.AST]
"""A parent, the field in which it holds the child, and the child."""


class Use:
    """One use of a name in a module, and everything around it.

    Args:
        name: the node; it must be one of `module`.
    """

    def __init__(self, name: ast.Name, module: ast.Module) -> None:
        self.name = name
        self._module = module
        self._path = tuple(_path(module, name))

    def may_be_bound(self) -> bool:
        """Whether the name may be bound when its line runs, or the line never runs."""
        return self._is_asked_for() or self._never_runs() or self._bound_by_an_earlier_turn()

    def _is_asked_for(self) -> bool:
        """`"x" in locals()` and the like, anywhere in the module."""
        return any(
            isinstance(node, ast.Compare)
            and isinstance(node.left, ast.Constant)
            and node.left.value == self.name.id
            and any(isinstance(operator, ast.In | ast.NotIn) for operator in node.ops)
            for node in ast.walk(self._module)
        )

    def _never_runs(self) -> bool:
        """Below `if False`, or behind a statement of the same block that always leaves it."""
        for parent, field, child in self._path:
            if isinstance(parent, ast.If | ast.While) and field == "body" and _is_false(parent.test):
                return True
            block = getattr(parent, field, None)
            if isinstance(block, list) and isinstance(child, ast.stmt):
                before = block[: block.index(child)]
                if any(isinstance(one, JUMPS) for one in before):
                    return True
        return False

    def _bound_by_an_earlier_turn(self) -> bool:
        inner = 1 + max(number for number, (parent, _, _) in enumerate(self._path) if isinstance(parent, SCOPES))
        path = self._path[inner - 1 :]
        return any(
            isinstance(parent, LOOPS)
            and field == "body"
            and self.name.id in set(_stored(parent))
            and self._may_be_skipped(parent, path[number + 1 :])
            for number, (parent, field, _) in enumerate(path)
        )

    def _may_be_skipped(self, loop: ast.AST, below: tuple[Step, ...]) -> bool:
        """Whether a turn of `loop` may pass the use by: else the first turn crashes."""
        leaves = any(isinstance(node, ast.Continue) and node.lineno < self.name.lineno for node in ast.walk(loop))
        return leaves or any(_is_conditional(parent, field, child) for parent, field, child in below)


def _path(module: ast.Module, wanted: ast.AST) -> list[Step]:
    """The steps from the module down to a node."""
    parents: dict[int, Step] = {}
    for parent in ast.walk(module):
        for field, value in ast.iter_fields(parent):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    parents[id(child)] = (parent, field, child)
    path: list[Step] = []
    node = wanted
    while id(node) in parents and node is not module:
        path.append(parents[id(node)])
        node = path[-1][0]
    return path[::-1]


def _is_conditional(parent: ast.AST, field: str, child: ast.AST) -> bool:
    if isinstance(parent, ast.If | ast.IfExp):
        return field in ("body", "orelse")
    if isinstance(parent, ast.BoolOp):
        return child is not parent.values[0]
    return isinstance(parent, CONDITIONAL)


def _is_false(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and not test.value


def _stored(node: ast.AST) -> Iterator[str]:
    """Names that `node` binds in its own scope; `except ... as x` unbinds it again, so it does not count."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id
        elif isinstance(child, ast.alias):
            yield (child.asname or child.name).partition(".")[0]
        elif isinstance(child, ast.MatchAs | ast.MatchStar) and child.name:
            yield child.name
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield child.name
        elif isinstance(child, COMPREHENSIONS):
            yield from (one.target.id for one in ast.walk(child) if isinstance(one, ast.NamedExpr))
        elif not isinstance(child, ast.Lambda):
            yield from _stored(child)
