"""What a file uses of instances of other files' classes: attributes that they lack, calls that they cannot take."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from p2c.stages.modules import module_name, parsed
from p2c.stages.promises import lacking
from p2c.stages.signatures import decorators, signatures
from p2c.stages.uses import bindings, rebound

_KEEPING = frozenset({"dataclass", "final", "runtime_checkable", "total_ordering"})
"""Decorators that leave a class what it is."""


@dataclass(frozen=True)
class _Class:
    module: str
    name: str
    source: str
    """Of the module."""


def wrong_uses(path: str, source: str, written: Mapping[str, str]) -> tuple[str, ...]:
    """What `source` (which must parse) uses of instances of others' classes and will fail: clauses for the model.

    Looked at are variables, and attributes of `self`, that the file binds once, to `Class(...)` with a class that it
    imports from a file in `written`.

    Args:
        path: where `source` will stand.
        source: Python code.
        written: path -> source of the files that are there already.
    """
    tree = ast.parse(source)
    sources = {module_name(name): text for name, text in written.items() if name.endswith(".py")}
    instances = _instances(tree, _classes(path, tree, sources))
    added = {part.attr for part in ast.walk(tree) if isinstance(part, ast.Attribute) and not _is_read(part)}
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_read(node) and node.attr not in added:
            found.extend(_absent(node, instances))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found.extend(_refused(node, node.func, instances))
    return tuple(dict.fromkeys(found))


def _classes(path: str, tree: ast.Module, sources: Mapping[str, str]) -> dict[str, _Class]:
    """Local name -> the class that it stands for."""
    taken = rebound(tree)
    found: dict[str, _Class] = {}
    for local, module, name in bindings(path, tree):
        inside = parsed(sources.get(module, "("))
        nodes = [part for part in inside.body if isinstance(part, ast.ClassDef) and part.name == name] if inside else []
        if local not in taken and len(nodes) == 1 and not nodes[0].keywords and decorators(nodes[0]).keys() <= _KEEPING:
            found[local] = _Class(module, nodes[0].name, sources[module])
    return found


def _instances(tree: ast.Module, classes: Mapping[str, _Class]) -> dict[str, _Class]:
    """`name` or `self.name` -> the class of what it is bound to."""
    bound: Counter[str] = Counter(node.arg for node in ast.walk(tree) if isinstance(node, ast.arg))
    found: dict[str, _Class] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and not _is_read(node):
            bound[ast.unparse(node)] += 1
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if len(targets) == 1 and isinstance(value, ast.Call) and (made := classes.get(ast.unparse(value.func))):
            found[ast.unparse(targets[0])] = made
    names = {name for name in found if name.removeprefix("self.").isidentifier()}
    return {name: found[name] for name in names if bound[name] == 1}


def _absent(node: ast.Attribute, instances: Mapping[str, _Class]) -> Iterator[str]:
    owner = instances.get(ast.unparse(node.value))
    if owner and not node.attr.startswith("__") and lacking([f"{owner.name}.{node.attr}"], owner.source):
        yield f"line {node.lineno}: uses `{node.attr}` of `{owner.module}.{owner.name}`, which has no such attribute"


def _refused(call: ast.Call, method: ast.Attribute, instances: Mapping[str, _Class]) -> Iterator[str]:
    owner = instances.get(ast.unparse(method.value))
    tree = parsed(owner.source) if owner else None
    if owner is None or tree is None:
        return
    if any(isinstance(arg, ast.Starred) for arg in call.args) or any(word.arg is None for word in call.keywords):
        return
    known = signatures(tree).get(f"{owner.name}.{method.attr}")
    given = frozenset(word.arg for word in call.keywords if word.arg)
    if known and (why := known.refuses(len(call.args), given)):
        yield f"line {call.lineno}: calls `{owner.module}.{owner.name}.{method.attr}`, which {why}"


def _is_read(node: ast.Name | ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)
