"""What a file's note promises to the others, and whether the code keeps it."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Collection, Iterator
from functools import lru_cache

from p2c.stages.attributes import attributes
from p2c.stages.inherited import inherited
from p2c.stages.modules import Definition, outside_functions, parsed, top_level_names
from p2c.stages.signatures import broken_promise, decorators, signatures

_HEADING = re.compile(
    r"^(?P<level>#{1,6}|(?=\*\*))[ \t]*(?:\d+[.)]?[ \t]*)?\**(?:public[ \t]+)?interface\b.*$", re.I | re.M
)
_FENCE = re.compile(
    r"^(?P<mark>[ \t]*(?:`{3,}|~{3,}))(?:py\w*\b[^\n]*)?[ \t]*\n(?P<code>.*?)^(?P=mark)[ \t]*$", re.S | re.I | re.M
)
"""It ends where it began, so that a docstring may hold an example in a fence of its own."""
_ALIASES = frozenset({"NewType", "ParamSpec", "TypeVar", "TypeVarTuple"})


def interface(note: str) -> str:
    """The Python in the code fences below the note's heading `Interface`; empty when there is none."""
    note = note.replace("\r\n", "\n")
    heading = _HEADING.search(note)
    if heading is None:
        return ""
    end_of_section = re.compile(rf"^#{{1,{len(heading['level']) or 6}}}[ \t]", re.M)
    parts: list[str] = []
    at = heading.end()
    for fence in _FENCE.finditer(note, at):
        if end_of_section.search(note, at, fence.start()):
            break
        parts.append(textwrap.dedent(fence["code"]))
        at = fence.end()
    return "\n".join(parts)


def promised(note: str) -> frozenset[str] | None:
    """The public names that an analysis promises: `function`, `Class`, `Class.method`, `CONSTANT`.

    None when it has no interface, or one that does not hold Python.
    """
    text = interface(note)
    tree = parsed(text) if text.strip() else None
    return None if tree is None else frozenset(_promised(tree))


def broken_promises(note: str, source: str) -> tuple[str, ...]:
    """What `note` promises and `source` (which must parse) does not keep: clauses that complete "it ..."."""
    promise = parsed(interface(note))
    if promise is None:
        return ()
    tree = ast.parse(source)
    absent = missing(note, source)
    found = [f"lacks what its analysis promises: {', '.join(absent)}"] if absent else []
    found.extend(_wrong_signatures(promise, tree))
    return tuple(found)


def missing(note: str, source: str) -> tuple[str, ...]:
    """The names that `note` promises and `source` (which must parse) has not, sorted."""
    return lacking(promised(note) or frozenset(), source)


def lacking(names: Collection[str], source: str) -> tuple[str, ...]:
    """Those of `names` (`function`, `Class`, `Class.method`) that `source` (which must parse) has not, sorted.

    Left out is what cannot be known by reading: what a class may have from a base elsewhere or under names that only a
    run knows, what is called a class and is made by a call (`namedtuple(...)`), anything with `import *`.
    """
    has, unknown = _bound(source)
    if "*" in has:
        return ()
    return tuple(sorted(name for name in set(names) - has if "." not in name or name.partition(".")[0] not in unknown))


@lru_cache(maxsize=64)
def _bound(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names that `source` (which must parse) has, also by inheritance; those that may have more than is seen."""
    tree = ast.parse(source)
    own = {*_defined(tree), *top_level_names(tree)}
    given, unknown = inherited(tree, own)
    classes = {node.name for node in outside_functions(tree) if isinstance(node, ast.ClassDef)}
    return frozenset(own | given), unknown | {name for name in own if "." not in name and name not in classes}


def _wrong_signatures(promise: ast.Module, tree: ast.Module) -> Iterator[str]:
    written = signatures(tree)
    constructed = {
        node.name
        for node in promise.body
        if isinstance(node, ast.ClassDef)
        and ("dataclass" in decorators(node) or any(getattr(part, "name", "") == "__init__" for part in node.body))
    }
    classes = {node.name for node in promise.body if isinstance(node, ast.ClassDef)}
    for name, wanted in signatures(promise).items():
        is_private = any(part.startswith("_") for part in name.split("."))
        if is_private or name not in written or (name in classes and name not in constructed):
            continue
        if why := broken_promise(wanted, written[name]):
            yield f"breaks the promise of its analysis: `{name}` {why}"


def _promised(tree: ast.Module) -> Iterator[str]:
    """The public names of a sketch; names that only make its annotations shorter are no promise."""
    aliases = set[str]()
    for node in outside_functions(tree):
        if isinstance(node, ast.Assign) and not _is_constant(node):
            aliases.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation).endswith("TypeAlias"):
            aliases.add(ast.unparse(node.target))
    names = (name for name in _defined(tree) if name not in aliases)
    yield from (name for name in names if not any(part.startswith("_") for part in name.split(".")))


def _is_constant(node: ast.Assign) -> bool:
    """`SIZE = 3`, and not `Array = np.ndarray`, `T = TypeVar("T")` or `log = logging.getLogger(...)`."""
    made_by = ast.unparse(node.value.func).rpartition(".")[2] if isinstance(node.value, ast.Call) else ""
    return made_by not in _ALIASES and all(isinstance(name, ast.Name) and name.id.isupper() for name in node.targets)


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in outside_functions(tree):
        if isinstance(node, Definition):
            yield node.name
            if isinstance(node, ast.ClassDef):
                parts = [part.name for part in node.body if isinstance(part, Definition)]
                yield from (f"{node.name}.{part}" for part in dict.fromkeys((*parts, *attributes(node))))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
