"""Whether a file parses. The text is only ever parsed here, never run."""

from __future__ import annotations

import ast
import io
import json
import tokenize
import tomllib
import warnings
from dataclasses import dataclass
from functools import lru_cache

import yaml

_LARGEST = 2_000_000
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's reader where it is there: for a megabyte a second instead of a minute."""


@dataclass(frozen=True)
class SyntaxProblem:
    """Why a file does not parse."""

    line: int | None
    message: str


@lru_cache(maxsize=512)
def python_problem(content: bytes) -> SyntaxProblem | None:
    """What keeps `content` from compiling as Python, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
            content.decode(encoding)  # the interpreter is strict with files, `compile` is not with bytes (PEP 263)
            compile(content, "<file>", "exec", dont_inherit=True)
        except SyntaxError as error:
            return SyntaxProblem(error.lineno, error.msg)
        except (ValueError, RecursionError, MemoryError) as error:
            return SyntaxProblem(None, str(error) or type(error).__name__)
    return None


@lru_cache(maxsize=512)
def python_tree(content: bytes) -> ast.Module | None:
    """The syntax tree of `content`, or None where it does not compile. It is shared: nobody may change it."""
    if python_problem(content) is not None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(content)


@lru_cache(maxsize=512)
def nodes_of(module: ast.Module) -> tuple[ast.AST, ...]:
    """Every node of a shared syntax tree: going through one takes longer than what is looked for in it."""
    return tuple(ast.walk(module))


def problem(path: str, content: bytes) -> SyntaxProblem | None:
    """What keeps the file `path` from parsing, for the formats that are known here: Python, JSON, TOML, YAML."""
    suffix = path.rpartition(".")[2].lower()
    if suffix == "py":
        return python_problem(content)
    if len(content) > _LARGEST:
        return None
    try:
        if suffix == "json":
            json.loads(content)
        elif suffix == "toml":
            tomllib.loads(content.decode("utf-8"))
        elif suffix in ("yaml", "yml"):
            for _ in yaml.parse(content, Loader=_YAML):
                pass
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        return SyntaxProblem(getattr(error, "lineno", None), str(error).replace("\n", " "))
    return None
