"""Names that a well-known library has removed and for which its release notes name the successor."""

from __future__ import annotations

import ast
import re

from p2c.repair.fixers.case import Case, Fix, edited
from p2c.repair.syntax import python_tree
from p2c.repair.text import words

_NUMPY = {
    # NumPy 1.20 (removed in 1.24): aliases of built-in types.
    "float": "float", "int": "int", "bool": "bool", "object": "object", "str": "str", "complex": "complex",
    "long": "int", "unicode": "str",
    # NumPy 2.0 migration guide.
    "float_": "np.float64", "complex_": "np.complex128", "longfloat": "np.longdouble", "singlecomplex": "np.complex64",
    "cfloat": "np.complex128", "string_": "np.bytes_", "unicode_": "np.str_", "Inf": "np.inf", "Infinity": "np.inf",
    "infty": "np.inf", "PINF": "np.inf", "NINF": "-np.inf", "NaN": "np.nan", "NAN": "np.nan", "PZERO": "0.0",
    "NZERO": "-0.0", "product": "np.prod", "cumproduct": "np.cumprod", "sometrue": "np.any", "alltrue": "np.all",
    "in1d": "np.isin", "row_stack": "np.vstack", "trapz": "np.trapezoid", "mat": "np.asmatrix", "round_": "np.round",
    "asfarray": "np.asarray", "bool8": "np.bool_", "object0": "np.object_", "int0": "np.intp", "uint0": "np.uintp",
    "ComplexWarning": "np.exceptions.ComplexWarning",
    "VisibleDeprecationWarning": "np.exceptions.VisibleDeprecationWarning",
}  # fmt: skip
_MISSING = re.compile(
    r"module ['\"]numpy['\"] has no attribute ['\"](\w+)['\"]|[`'\"]np\.(\w+)[`'\"] was (?:removed|a deprecated)"
)
_ABSTRACT = words(
    """
    Awaitable Coroutine AsyncIterable AsyncIterator AsyncGenerator Hashable Iterable Iterator Generator
    Reversible Sized Container Callable Collection Set MutableSet Mapping MutableMapping MappingView KeysView
    ItemsView ValuesView Sequence MutableSequence ByteString
    """
)
_ABC = re.compile(
    r"cannot import name ['\"](\w+)['\"] from ['\"]collections['\"]"
    r"|module ['\"]collections['\"] has no attribute ['\"](\w+)['\"]"
)


def numpy_alias(case: Case) -> Fix | None:
    """Replaces the NumPy name that is gone, wherever it is used, by the one that NumPy names for it."""
    match = _MISSING.search(case.said)
    name = (match[1] or match[2]) if match else None
    if name is None or name not in _NUMPY:
        return None
    changes = {}
    for path in case.tree.python_files():
        spans = _numpy_uses(case.tree.files[path], name)
        if spans:
            changes[path] = edited(case.tree.files[path], spans)
    if not changes:
        return None
    return Fix(changes, f"write {_NUMPY[name]} for np.{name}, which NumPy has removed")


def _numpy_uses(content: bytes, name: str) -> list[tuple[int, int, int, str]]:
    module = python_tree(content) if name.encode() in content else None
    if module is None:
        return []
    imported = [a for n in ast.walk(module) if isinstance(n, ast.Import) for a in n.names if a.name == "numpy"]
    aliases = {a.asname or a.name for a in imported}
    found = []
    for node in ast.walk(module):
        if not isinstance(node, ast.Attribute) or node.attr != name or not isinstance(node.value, ast.Name):
            continue
        if node.value.id in aliases and node.lineno == node.end_lineno:
            new = _NUMPY[name].replace("np.", node.value.id + ".")
            found.append((node.lineno, node.col_offset, node.end_col_offset or node.col_offset, new))
    return found


def collections_abc(case: Case) -> Fix | None:
    """Takes the abstract base classes from `collections.abc`: the only place for them since Python 3.10."""
    match = _ABC.search(case.said)
    if match is None or (match[1] or match[2]) not in _ABSTRACT:
        return None
    changes = {}
    for path in case.tree.python_files():
        content = case.tree.files[path]
        spans = _abstract_uses(content)
        if spans:
            changes[path] = edited(content, spans)
    return Fix(changes, "take abstract base classes from collections.abc") if changes else None


def _abstract_uses(content: bytes) -> list[tuple[int, int, int, str]]:
    module = python_tree(content) if b"collections" in content else None
    if module is None:
        return []
    found = []
    for node in ast.walk(module):
        if node.__class__ is ast.ImportFrom and isinstance(node, ast.ImportFrom) and node.module == "collections":
            if node.lineno == node.end_lineno and any(a.name in _ABSTRACT for a in node.names):
                found.append((node.lineno, node.col_offset, node.end_col_offset or 0, _split(node)))
        elif isinstance(node, ast.Attribute) and node.attr in _ABSTRACT and _is_collections(node.value):
            found.append((node.value.lineno, node.value.col_offset, node.value.end_col_offset or 0, "collections.abc"))
    if any(new == "collections.abc" for *_, new in found):
        for node in module.body:
            if isinstance(node, ast.Import) and [a.name for a in node.names] == ["collections"]:
                found.append((node.lineno, node.col_offset, node.end_col_offset or 0, "import collections.abc"))
                break
        else:
            return []
    return found


def _is_collections(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "collections"


def _split(node: ast.ImportFrom) -> str:
    """One line for the names of `collections`, one for those of `collections.abc`."""
    shown = [(a.name, f"{a.name} as {a.asname}" if a.asname else a.name) for a in node.names]
    abstract = ", ".join(text for name, text in shown if name in _ABSTRACT)
    rest = ", ".join(text for name, text in shown if name not in _ABSTRACT)
    return f"from collections.abc import {abstract}" + (f"; from collections import {rest}" if rest else "")
