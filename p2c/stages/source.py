"""Whether a file that a model wrote is whole: it parses, nothing is left out, it has what was promised."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
import tomllib
import warnings
from collections.abc import Collection, Iterator, Mapping

import yaml

from p2c.stages.asking import Grave
from p2c.stages.interfaces import missing, wrong_imports

_LEFT_OUT = re.compile(
    r"\b(?:TODO|FIXME)\b|\byour (?:code|implementation) (?:goes )?here\b"
    r"|\b(?:code|implementation) (?:omitted|goes here)\b"
    r"|\brest of (?:the |this )?(?:code|file|class|implementation)\b|^#\s*\.\.\.|\.\.\.\s*existing code",
    re.I,
)
_SOFT = frozenset({"abstractmethod", "overload", "abstractproperty"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def broken(path: str, source: str) -> str:
    """Why `source` is not a file of the kind that its name says (it does not parse), or an empty string."""
    if not source.strip() and not path.endswith("__init__.py"):
        return "it is empty"
    try:
        if path.endswith(".py"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an invalid escape is for the sandbox to report
                compile(source, path, "exec", dont_inherit=True)
        elif path.endswith(".json"):
            json.loads(source)
        elif path.endswith((".yaml", ".yml")):
            yaml.safe_load(source)
        elif path.endswith(".toml"):
            tomllib.loads(source)
    except SyntaxError as error:
        return f"it is not Python: line {error.lineno}: {error.msg}: {(error.text or '').strip()[:120]}"
    except (ValueError, yaml.YAMLError, RecursionError, MemoryError) as error:
        return f"it does not parse: {' '.join(str(error).split())}"
    return ""


def problems(
    path: str, source: str, *, note: str, written: Mapping[str, str], planned: Collection[str]
) -> tuple[str, ...]:
    """What is wrong with the file `path` as written, each a clause that tells the model what to mend.

    Args:
        path: where the file will stand.
        source: its content.
        note: its analysis, for the names that it promises.
        written: path -> source of the files that it may import from.
        planned: every path of the plan.
    """
    if reason := broken(path, source):
        return (Grave(reason),)
    if not path.endswith(".py"):
        return ()
    found = [*left_out(source)]
    if absent := missing(note, source):
        found.append(f"it lacks what its analysis promises: {', '.join(absent)}")
    found.extend(wrong_imports(path, source, written, planned))
    return tuple(found)


def left_out(source: str) -> tuple[str, ...]:
    """The places where `source` (Python that parses) stops short: stubs and comments in place of code."""
    tree = ast.parse(source)
    extended = {
        ast.unparse(base).rpartition(".")[2]
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    }
    stubs = [
        f"line {function.lineno}: `{function.name}` has no body"
        for function, owner in _functions(tree)
        if _is_stub(function) and not _may_be_empty(function, owner, extended)
    ]
    comments = [f"line {line}: {text.strip()[:80]!r} stands in place of code" for line, text in _comments(source)]
    return tuple(stubs + comments)


def _functions(tree: ast.Module) -> Iterator[tuple[_Function, ast.ClassDef | None]]:
    waiting: list[tuple[ast.AST, ast.ClassDef | None]] = [(tree, None)]
    while waiting:
        node, owner = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, _Function):
                yield child, owner
            waiting.append((child, child if isinstance(child, ast.ClassDef) else owner))


def _is_stub(function: _Function) -> bool:
    body = [part for part in function.body if not _is_text(part)]
    return all(isinstance(part, ast.Pass) or _is_ellipsis(part) or _is_not_implemented(part) for part in body)


def _may_be_empty(function: _Function, owner: ast.ClassDef | None, extended: Collection[str]) -> bool:
    """Abstract methods, protocols, overloads, and base classes that something in the file extends."""
    if any(ast.unparse(mark).rpartition(".")[2] in _SOFT for mark in function.decorator_list):
        return True
    if owner is None:
        return False
    bases = {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in owner.bases}
    return owner.name in extended or bool(bases & {"ABC", "Protocol"})


def _is_text(part: ast.stmt) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and isinstance(part.value.value, str)


def _is_ellipsis(part: ast.stmt) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and part.value.value is Ellipsis


def _is_not_implemented(part: ast.stmt) -> bool:
    return isinstance(part, ast.Raise) and part.exc is not None and "NotImplementedError" in ast.unparse(part.exc)


def _comments(source: str) -> Iterator[tuple[int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and _LEFT_OUT.search(token.string):
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):  # compile() took it, so there is nothing to mend here
        return
