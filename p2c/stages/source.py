"""Whether a file that a model wrote is whole: it parses, nothing is left out, it has what was promised."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
import tomllib
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping

import yaml

from p2c.stages.asking import Grave
from p2c.stages.instances import wrong_uses
from p2c.stages.promises import broken_promises, lacking
from p2c.stages.uses import wrong_calls, wrong_imports
from p2c.types import Claim

_LEFT_OUT = re.compile(
    r"\b(?:TODO|FIXME)\b|\byour (?:code|implementation|logic) (?:goes )?here\b"
    r"|\b(?:code|implementation) (?:omitted|goes here)\b|^#\s*\.\.\.|\.\.\.\s*existing code"
    r"|\brest of (?:the |this )?(?:code|file|class|implementation)\b(?! (?:assumes|depends|expects|needs|relies|uses))"
    r"|\bin an? (?:real|actual|full|complete|production)(?:[- ]world)? (?:implementation|version|system|code|setting)\b"
    r"|\bin the (?:real|actual|full|complete) (?:implementation|version|code)\b(?! of\b)"
    r"|^#\s*(?:this is )?(?:just |only |simply )?(?:an?\s+)?(?:placeholder|stub)\b(?! (?:ids?|symbols?|tokens?)\b)"
    r"|\bdummy (?:class|code|function|implementation|method)\b"
    r"|\bplaceholder (?:code|implementation|logic|until|value)\b(?! of\b)"
    r"|\bnot yet implemented\b|\bnot implemented\b(?! (?:because|by|in|on|for (?!brevity|now|simplicity))\b)"
    r"|(?<!assumed )\bto be implemented\b(?! (?:by|in)\b)"
    r"|\bimplement (?:this|me|later|here)\b(?! (?:as|by|in|with)\b)|\bsimplified (?:placeholder|stub)\b",
    re.I,
)
"""Comments and messages that stand in place of code; not what code says of its data, its limits or the paper."""
_MEANT = re.compile(
    r"\bsub-?class|\bderived class|\boverrid(?:den|e|es)\b|\babstract (?:base|class|method)|\bno-?op\b"
    r"|\b(?:do|does|doing) nothing\b|\bnothing to\b|\bintentionally\b|\bnot support|\bunsupported\b",
    re.I,
)
"""How a docstring or a message says that a body is empty by design."""
_BASE = re.compile(r"_?(?:Abstract|Base)[A-Z0-9_].*|.*(?:Base|Interface|Mixin)")
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
    path: str,
    source: str,
    *,
    note: str,
    written: Mapping[str, str],
    planned: Collection[str],
    claimed: Collection[Claim] = (),
    is_started: bool = False,
) -> tuple[str, ...]:
    """What is wrong with the file `path` as written, each a clause that tells the model what to mend.

    Args:
        path: where the file will stand.
        source: its content.
        note: its analysis, for the names that it promises.
        written: path -> source of the files that it may import from.
        planned: every path of the plan.
        claimed: what of the paper the plan says it implements.
        is_started: whether the smoke command runs it, so that something must happen then.
    """
    if reason := broken(path, source):
        return (Grave(reason),)
    if not path.endswith(".py"):
        return ()
    found = [*left_out(source)]
    if is_started and not _does_something(source):
        found.append(
            'started as a program it does nothing; it must call its main function (`if __name__ == "__main__":`)'
        )
    found.extend(f"it {why}" for why in broken_promises(note, source))
    if absent := lacking({claim.name for claim in claimed}, source):
        found.append(f"it lacks what the plan says implements the paper: {', '.join(absent)}")
    found.extend(wrong_imports(path, source, written, planned))
    found.extend(wrong_calls(path, source, written))
    found.extend(wrong_uses(path, source, written))
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


def _does_something(source: str) -> bool:
    """Whether running `source` does more than to define and import."""
    idle = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    return any(not isinstance(part, idle) and not _is_text(part) for part in ast.parse(source).body)


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
    empty: tuple[Callable[[ast.stmt], bool], ...] = (_is_ellipsis, _is_not_implemented, _says_left_out)
    if function.returns is not None and not re.search(r"None|Optional|Any\b|object\b", ast.unparse(function.returns)):
        empty = (*empty, _is_bare_return)
    return all(isinstance(part, ast.Pass) or any(test(part) for test in empty) for part in body)


def _may_be_empty(function: _Function, owner: ast.ClassDef | None, extended: Collection[str]) -> bool:
    """Abstract methods, protocols, overloads, Python's own hooks, base classes, what says that it is meant to be so."""
    if any(ast.unparse(mark).rpartition(".")[2] in _SOFT for mark in function.decorator_list):
        return True
    if _MEANT.search(ast.unparse(function)):
        return True
    if owner is None:
        return False
    if function.name in ("__init__", "__enter__", "__exit__", "__del__"):
        return not any(map(_is_not_implemented, function.body))
    bases = {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in owner.bases}
    return owner.name in extended or bool(bases & {"ABC", "Protocol"}) or bool(_BASE.fullmatch(owner.name))


def _is_text(part: ast.stmt) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and isinstance(part.value.value, str)


def _is_ellipsis(part: ast.stmt) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and part.value.value is Ellipsis


def _is_not_implemented(part: ast.stmt) -> bool:
    return isinstance(part, ast.Raise) and part.exc is not None and "NotImplementedError" in ast.unparse(part.exc)


def _is_bare_return(part: ast.stmt) -> bool:
    return isinstance(part, ast.Return) and (part.value is None or ast.unparse(part.value) == "None")


def _says_left_out(part: ast.stmt) -> bool:
    """`print("TODO")`, `raise RuntimeError("not implemented")`."""
    what = part.exc if isinstance(part, ast.Raise) else part.value if isinstance(part, ast.Expr) else None
    if not isinstance(what, ast.Call):
        return False
    words = (arg.value for arg in what.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    return any(_LEFT_OUT.search(text) for text in words)


def _comments(source: str) -> Iterator[tuple[int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and _LEFT_OUT.search(token.string):
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):  # compile() took it, so there is nothing to mend here
        return
