"""What a guard looks at: one repair, with every changed Python file as syntax trees before and after."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from p2c.repair.syntax import python_tree
from p2c.types import Plan
from sandbox.tree import Tree
from sandbox.verdict import Failure

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Objection:
    """Why a repair is refused: it hides the failure instead of mending it."""

    guard: str
    file: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.reason}"


@dataclass(frozen=True)
class Sighting:
    """Something seen at a place; two are the same thing when their keys are."""

    key: str
    line: int


@dataclass(frozen=True)
class PythonChange:
    """One changed Python file that parses now, without the top-level statements that stand in it as before."""

    path: str
    after: ast.Module
    before: ast.Module | None
    """None where the file is new or did not parse."""
    old_lines: frozenset[str]
    """Its lines before, stripped: what stands there is not new, even where the file did not parse."""
    new_lines: tuple[str, ...]

    def new(self, see: Callable[[ast.Module], Iterator[Sighting]]) -> list[Sighting]:
        """What `see` sees after the repair and did not see before."""
        seen = Counter(s.key for s in see(self.before)) if self.before else Counter[str]()
        found = []
        for sighting in see(self.after):
            if seen[sighting.key] > 0:
                seen[sighting.key] -= 1
            elif self.before is not None or self.new_lines[sighting.line - 1].strip() not in self.old_lines:
                found.append(sighting)
        return found


@dataclass(frozen=True)
class Repair:
    """A repair to be judged."""

    before: Tree
    after: Tree
    failure: Failure | None = None
    plan: Plan | None = None
    smoke: str | None = None
    """The smoke command."""
    earlier: tuple[Failure, ...] = ()
    """The failures that were mended before this one."""

    @cached_property
    def changed(self) -> tuple[str, ...]:
        """Every path whose content differs, sorted."""
        paths = set(self.before.files) | set(self.after.files)
        return tuple(sorted(p for p in paths if self.before.files.get(p) != self.after.files.get(p)))

    @cached_property
    def python(self) -> tuple[PythonChange, ...]:
        """The changed Python files that exist and parse after the repair."""
        found = []
        for path in self.changed:
            content = self.after.files.get(path)
            after = python_tree(content) if content is not None and path.endswith(".py") else None
            if content is None or after is None:
                continue
            old = self.before.files.get(path, b"")
            old_lines = frozenset(line.strip() for line in old.decode("utf-8", "replace").splitlines())
            before = python_tree(old) if old.strip() else None
            new_lines = _lines(content)
            if before is not None:
                before, after = _differing(before, _lines(old), after, new_lines)
            found.append(PythonChange(path, after, before, old_lines, new_lines))
        return tuple(found)

    def both(self, path: str) -> tuple[ast.Module, ast.Module] | None:
        """The file `path` before and after, where it is there and parses both times."""
        old, new = self.before.files.get(path), self.after.files.get(path)
        if old is None or new is None or not path.endswith(".py"):
            return None
        before, after = python_tree(old), python_tree(new)
        return (before, after) if before is not None and after is not None else None

    @cached_property
    def all_before(self) -> dict[str, ast.Module]:
        """Every Python file that parsed before."""
        return _parsed(self.before)

    @cached_property
    def all_after(self) -> dict[str, ast.Module]:
        """Every Python file that parses after."""
        return _parsed(self.after)

    @cached_property
    def own(self) -> frozenset[str]:
        """The bare names of all classes, functions and methods of the repository before."""
        return frozenset(name.rpartition(".")[2] for m in self.all_before.values() for name in definitions(m))

    @cached_property
    def failures(self) -> tuple[Failure, ...]:
        """What is being mended and what was mended before it: a repair may hide none of them."""
        return (*self.earlier, self.failure) if self.failure else self.earlier

    @cached_property
    def exceptions(self) -> frozenset[str]:
        """The last parts of the names of the exceptions among the failures."""
        return frozenset(f.exception.rpartition(".")[2] for f in self.failures if f.exception)

    def smoke_command(self) -> str:
        """What must run, as far as it is known; else the empty string."""
        return self.smoke or (self.plan.logic.smoke.command if self.plan else "")


def _lines(content: bytes) -> tuple[str, ...]:
    """Its lines as Python counts them: a carriage return alone ends one too."""
    return tuple(re.split(r"\r\n|\r|\n", content.decode("utf-8-sig", "replace")))


def _differing(
    before: ast.Module, old: Sequence[str], after: ast.Module, new: Sequence[str]
) -> tuple[ast.Module, ast.Module]:
    """Both modules with their imports and with the statements whose text the other does not have."""
    texts, others = ([_text(s, lines) for s in module.body] for module, lines in ((before, old), (after, new)))
    return _without(before, texts, others), _without(after, others, texts)


def _without(module: ast.Module, texts: list[str], others: list[str]) -> ast.Module:
    same = Counter(others)
    body = []
    for statement, text in zip(module.body, texts, strict=True):
        same[text] -= 1
        if same[text] < 0 or isinstance(statement, ast.Import | ast.ImportFrom):
            body.append(statement)
    return ast.Module(body, [])


def _text(statement: ast.stmt, lines: Sequence[str]) -> str:
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))])
    return "\n".join(lines[first - 1 : statement.end_lineno])


def _parsed(tree: Tree) -> dict[str, ast.Module]:
    parsed = {path: python_tree(tree.files[path]) for path in tree.python_files()}
    return {path: module for path, module in parsed.items() if module is not None}


def functions(module: ast.Module) -> dict[str, Function]:
    """Every function and method, by qualified name (`Class.method`, `outer.inner`)."""
    return {name: node for name, node in definitions(module).items() if isinstance(node, Function)}


@lru_cache(maxsize=1024)
def definitions(module: ast.Module) -> dict[str, Function | ast.ClassDef]:
    """Every class, function and method, by qualified name. It is shared: nobody may change it."""
    named = ((scope, node) for scope, node in scoped(module) if isinstance(node, Function | ast.ClassDef))
    found: dict[str, Function | ast.ClassDef] = {}
    for scope, node in named:
        found.setdefault(f"{scope}.{node.name}".lstrip("."), node)
    return found


@lru_cache(maxsize=256)
def scoped(module: ast.Module) -> tuple[tuple[str, ast.AST], ...]:
    """Every node with the qualified name of the function or class that it stands in (`` at module level).

    Step by step: a chain of operations may be too long for what goes down into it.
    """
    found: list[tuple[str, ast.AST]] = []
    left: list[tuple[str, ast.AST]] = [("", module)]
    while left:
        scope, node = left.pop()
        found.append((scope, node))
        inner = f"{scope}.{node.name}".lstrip(".") if isinstance(node, Function | ast.ClassDef) else scope
        left += [(inner, child) for child in ast.iter_child_nodes(node)][::-1]
    return tuple(found[1:])


def dotted(node: ast.AST | None) -> str:
    """`a.b.c` for a name or a chain of attributes, else the empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def tokens(name: str) -> frozenset[str]:
    """The words of a name, in lower case: `numEpochs`, `num_epochs` and `num-epochs` have the same two."""
    return frozenset(re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()))


def folded(node: ast.expr | None) -> float | None:
    """The number that a constant expression comes to (`-1`, `10**9`, `float(3)`), or None; None for a long chain."""
    try:
        return _folded(node)
    except RecursionError:
        return None


def _folded(node: ast.expr | None) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value) if abs(node.value) < 1e300 else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return None if (inner := _folded(node.operand)) is None else -inner
    if isinstance(node, ast.Call) and dotted(node.func) in ("float", "int", "round") and node.args:
        return _folded(node.args[0])
    return _power(node) if isinstance(node, ast.BinOp) else None


def _power(node: ast.BinOp) -> float | None:
    """A product or a power of constants."""
    left, right = _folded(node.left), _folded(node.right)
    if left is None or right is None or not isinstance(node.op, ast.Mult | ast.Pow):
        return None
    if isinstance(node.op, ast.Mult):
        return left * right
    return left**right if 0 < left <= 1e4 and abs(right) <= 60 else None


def loaded(node: ast.AST) -> frozenset[str]:
    """The names that are read below `node`."""
    return frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))


def targets_of(node: ast.AST) -> list[ast.expr]:
    """What an assignment assigns to; nothing for other nodes."""
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AnnAssign) and node.value is not None else []


@lru_cache(maxsize=4096)
def calls(node: ast.AST) -> Counter[str]:
    """How often each function is called below `node`, by the last part of its name. It is shared."""
    found = (_called(n) for n in ast.walk(node) if isinstance(n, ast.Call))
    return Counter(name for name in found if name)


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def statements(node: ast.AST) -> Iterator[Sequence[ast.stmt]]:
    """Every list of statements below `node`, its own included."""
    for inner in ast.walk(node):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(inner, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def is_test(path: str) -> bool:
    """Whether `path` is a test by pytest's customs."""
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py") or path.startswith("tests/") or "/tests/" in path
