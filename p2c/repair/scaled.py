"""Settings that a repair made smaller: fewer samples, epochs, runs, a smaller model. Honest where it is said.

Compared are numbers of one name at one place (assignments, defaults of parameters and options, keywords, tables, the
argument of `range`, what stands in for an environment variable; JSON, YAML, TOML; options and variables in shell
scripts) of the repository before and after. Of all numbers that fell those count whose name is one of an amount of
work, and those of a size where at most half of it is left: mending one layer's width by one channel scales nothing
down.

What is made smaller in another way is not seen: positional arguments, what is computed or chosen (`min(epochs, 1)`,
`100 // 50`, `"gpt2"`), what was dropped, notebooks and other formats.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

from p2c.repair.attempts import Record
from p2c.repair.syntax import python_tree
from p2c.types import MadeSmaller
from sandbox.requirements.dotted import dotted
from sandbox.requirements.plain_yaml import UnreadableYamlError, read_yaml
from sandbox.tree import Tree

_AMOUNT = re.compile(
    r"(?:epoch|step|iter|iteration|run|trial|episode|sample|round|repeat|repetition|fold|point|generation|estimator|tree|"
    r"batche|example|image|sentence|row|record|simulation|particle|bootstrap|restart|update|sweep|timestep|minute|hour)s?|"
    r"seeds|budget|fraction|subset|range"
)
_SIZE = re.compile(
    r"(?:dim|dimension|layer|head|channel|unit|filter|block|feature|token|neuron|node|user|item|document|agent)s?|n|num|d|"
    r"ff|hidden|size|width|depth|length|len|vocab|vocabulary|resolution|population|embed|embedding|capacity|window|queries"
)
_OTHER = re.compile(
    r"warmup|patience|every|interval|freq|frequency|workers|port|seed|lr|rate|norm|decay|std|noise|prob|threshold|tol|eps|"
    r"epsilon|dropout|weight|start|index|idx|id|offset|save|log|logging|print"
)
"""A number with such a word in its name is about something else; a `step_size` is as well."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_IN_SHELL = re.compile(
    r"(?<!\S)(?:--(?P<option>[\w-]+)[ =]|(?P<variable>[A-Za-z_][\w.]*) ?[:?]?= ?)"
    r"[\"']?(?:\$\{\w+:?[-=])?(?P<value>\d[\d_]*(?:\.\d*)?(?:e\d+)?)[}\"';]*(?!\S)"
)
"""`--epochs 9`, `EPOCHS=9`, `EPOCHS=${EPOCHS:-9}`, in a Makefile also `EPOCHS ?= 9`; not `--host 127.0.0.1`."""
_ENVIRONMENT = ("os.environ.get", "os.getenv", "environ.get", "getenv")
_SHELL = (".sh", ".bash", "Makefile")
_MOST_CHARACTERS = 1_000_000
_MOST_POWER = 64
_MOST = 1e300


class _Place(NamedTuple):
    """Where a number stands: lines may move, this does not; `name` is what it is called."""

    scope: str
    name: str


def made_smaller(before: Tree, after: Tree) -> tuple[MadeSmaller, ...]:
    """The settings that fell from `before` to `after`, by file and in the order in which they stand there."""
    found: dict[tuple[str, str, float, float], MadeSmaller] = {}
    for path in sorted(before.files.keys() & after.files.keys()):
        if before.files[path] == after.files[path]:
            continue
        old = _settings(path, before)
        for place, values in _settings(path, after).items():
            were = old.get(place, [])
            if len(were) == len(values):  # else nobody can tell which of them it was
                fell = [pair for pair in zip(were, values, strict=True) if _is_smaller(place.name, *pair)]
                for was, now in fell:  # `epochs = int(os.environ.get("EPOCHS", 9))` is one setting, not two
                    one = MadeSmaller(file=path, name=place.name, before=was, after=now)
                    found.setdefault((path, place.name.lower(), was, now), one)
    return tuple(found.values())


def first_given(record: Record) -> Tree:
    """The repository as it came, and the files that were made or written again since, as they were then."""
    files: dict[str, bytes] = {}
    for _, after in reversed(record.steps):
        files.update(after.files)
    return Tree({**files, **record.anchor.files})


def _is_smaller(name: str, was: float, now: float) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    if not 0 <= now < was < _MOST or any(map(_OTHER.fullmatch, words)) or {"step", "size"} <= {*words}:
        return False
    return any(map(_AMOUNT.fullmatch, words)) or (any(map(_SIZE.fullmatch, words)) and 2 * now <= was)


def _settings(path: str, tree: Tree) -> dict[_Place, list[float]]:
    """The numbers of a file by place, in their order."""
    found: dict[_Place, list[float]] = {}
    for place, value in _numbers(path, tree):
        found.setdefault(place, []).append(value)
    return found


def _numbers(path: str, tree: Tree) -> Iterator[tuple[_Place, float]]:
    if len(tree.files[path]) > _MOST_CHARACTERS:
        return
    if path.endswith(".py"):
        module = python_tree(tree.files[path])
        yield from _of_code(module) if module else ()
    elif path.endswith((".json", ".yaml", ".yml", ".toml")):
        yield from _of_table(_table(path, tree.text(path)))
    elif path.endswith(_SHELL):
        for match in _IN_SHELL.finditer(tree.text(path)):
            if (number := _read(match["value"])) is not None:
                yield _Place("", match["option"] or match["variable"]), number


def _of_code(module: ast.Module) -> Iterator[tuple[_Place, float]]:
    left: list[tuple[ast.AST, str]] = [(module, "")]
    while left:
        node, scope = left.pop()
        for name, value in _named(node):
            if name and (number := _number(value)) is not None:
                yield _Place(f"{scope}|{type(node).__name__}", name), number
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            scope = f"{scope}.{node.name}"
        elif isinstance(node, ast.Call):
            scope = f"{scope}:{dotted(node.func)}"
        left += [(child, scope) for child in ast.iter_child_nodes(node)][::-1]


def _named(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The values that a node gives a name to."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(values):
            yield from zip(map(dotted, targets), values, strict=True)
        case ast.Assign(targets=[target], value=value):
            yield dotted(target), value
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield dotted(target), value
        case ast.arguments():
            positional = [*node.posonlyargs, *node.args]
            both = [*zip(reversed(positional), reversed(node.defaults), strict=False)][::-1]
            yield from ((one.arg, value) for one, value in both)
            yield from ((one.arg, value) for one, value in zip(node.kwonlyargs, node.kw_defaults, strict=True) if value)
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        case ast.Call(args=[ast.Constant(value=str() as option), *_]) if option.startswith("-"):
            yield from ((option.lstrip("-"), one.value) for one in node.keywords if one.arg == "default")
        case ast.Call(args=[ast.Constant(value=str() as variable), _]) if dotted(node.func) in _ENVIRONMENT:
            yield variable, node
        case ast.Call():
            yield from ((one.arg, one.value) for one in node.keywords if one.arg)
            if dotted(node.func) == "range" and node.args:
                yield "range", node.args[min(len(node.args), 2) - 1]


def _number(node: ast.expr) -> float | None:
    """The number that an expression of constants is; None also where it is too long or too large to tell."""
    try:
        return _value(node)
    except (OverflowError, RecursionError):
        return None


def _value(node: ast.expr) -> float | None:
    match node:
        case ast.Constant(value=value):
            return _read(value)
        case ast.Call(func=ast.Name(id="int" | "float"), args=[argument]):
            return _value(argument)
        case ast.Call(args=[_, default]) if dotted(node.func) in _ENVIRONMENT:
            return _value(default)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            one, other = _value(left), _value(right)
            return None if one is None or other is None else one * other
        case ast.BinOp(left=ast.Constant(value=int() as base), op=ast.Pow(), right=ast.Constant(value=int() as power)):
            return base**power if abs(base) <= _MOST_POWER and 0 <= power <= _MOST_POWER else None
    return None


def _table(path: str, text: str) -> object:
    """What a configuration file holds; None where it cannot be read."""
    try:
        if path.endswith(".json"):
            return json.loads(text)
        return tomllib.loads(text) if path.endswith(".toml") else read_yaml(text)
    except (ValueError, RecursionError, UnreadableYamlError):
        return None


def _of_table(table: object) -> Iterator[tuple[_Place, float]]:
    left: list[tuple[object, tuple[str, ...]]] = [(table, ())]
    while left:
        value, keys = left.pop()
        if isinstance(value, dict):
            left += [(inner, (*keys[-1:], str(key))) for key, inner in value.items()][::-1]
        elif isinstance(value, list):
            left += [(inner, keys) for inner in value][::-1]
        elif keys and (number := _read(value)) is not None:
            yield _Place("", ".".join(keys)), number


def _read(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value) if "." in str(value) or "e" in str(value).lower() else int(value)
    except (ValueError, OverflowError):
        return None
