"""What a script says of itself, read from its syntax tree: does it run on its own, and what does it want?"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sandbox.tree import Tree

WORKERS = frozenset(
    {"fit", "train", "run", "mainloop", "show", "launch", "serve_forever", "run_forever", "main", "start", "evaluate"}
)
HELPERS = frozenset({"argparse", "click", "typer", "fire", "hydra", "absl", "docopt", "tyro", "jsonargparse"})


@dataclass(frozen=True)
class Argument:
    """One `add_argument` of argparse, as far as it is constant."""

    names: tuple[str, ...]
    required: bool
    choices: tuple[str, ...] = ()
    default: str | None = None
    is_flag: bool = False
    command: str | None = None
    """The subcommand that it belongs to."""

    @property
    def name(self) -> str:
        """The longest name without dashes, `-` as `_`."""
        return max(self.names, key=len).lstrip("-").replace("-", "_")


@dataclass(frozen=True)
class Script:
    """A Python file that may be run."""

    path: str
    text: str

    @classmethod
    def of(cls, tree: Tree, path: str) -> Script:
        """The file at `path`. Raises KeyError."""
        return cls(path, tree.text(path))

    @cached_property
    def module(self) -> ast.Module:
        """The syntax tree; empty when the file does not parse."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.Module([], [])

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the syntax tree."""
        return tuple(ast.walk(self.module))

    @cached_property
    def has_guard(self) -> bool:
        """Whether it has `if __name__ == "__main__"`."""
        return any(isinstance(node, ast.If) and _is_guard(node.test) for node in self.module.body)

    @cached_property
    def works_on_import(self) -> bool:
        """Whether importing it would already do its work: loops, prints or calls of its own functions at top level."""
        own = {node.name for node in self.module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        return any(self._is_work(node, own) for node in self.module.body)

    @cached_property
    def imports_at_top(self) -> tuple[tuple[int, int], ...]:
        """First and last line of each import statement at the top level."""
        found = [node for node in self.module.body if isinstance(node, ast.Import | ast.ImportFrom | ast.Try)]
        return tuple((node.lineno, node.end_lineno or node.lineno) for node in found)

    @cached_property
    def helper(self) -> str | None:
        """The library that reads its command line and answers `--help`; None when it uses none."""
        for node in self.nodes:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for name in names:
                if name.split(".")[0] in HELPERS:
                    return name.split(".")[0]
        return None

    @cached_property
    def commands(self) -> tuple[str, ...]:
        """Names of the subcommands that argparse takes, in order."""
        return tuple(self._parsers.values())

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """What argparse takes."""
        calls = [node for node in self.nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        found = [self._argument(call) for call in calls if _attribute(call) == "add_argument"]
        return tuple(one for one in found if one is not None)

    def _is_work(self, node: ast.stmt, own: set[str]) -> bool:
        if isinstance(node, ast.While | ast.For | ast.With | ast.AsyncFor | ast.AsyncWith):
            return any(isinstance(inner, ast.Call) for inner in ast.walk(node))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            if isinstance(function, ast.Name):
                return function.id in own or function.id == "print"
            return isinstance(function, ast.Attribute) and function.attr in WORKERS
        return False

    @cached_property
    def _parsers(self) -> dict[str, str]:
        """Variable of a subparser -> its command."""
        found = {}
        for node in self.nodes:
            call = node.value if isinstance(node, ast.Assign | ast.Expr) else None
            if isinstance(call, ast.Call) and _attribute(call) == "add_parser" and call.args:
                name = call.args[0]
                target = node.targets[0] if isinstance(node, ast.Assign) else None
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    found[ast.unparse(target) if target else f"-{name.value}"] = name.value
        return found

    def _argument(self, call: ast.Call) -> Argument | None:
        names = tuple(a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str))
        if not names or not isinstance(call.func, ast.Attribute):
            return None
        options = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        values = {name: node.value for name, node in options.items() if isinstance(node, ast.Constant)}
        is_positional = not names[0].startswith("-")
        takes_none = values.get("nargs") in ("?", "*") or ("default" in options and "nargs" in options)
        is_action = str(values.get("action", "")) in ("version", "help")
        choices = options.get("choices")
        elements = choices.elts if isinstance(choices, ast.List | ast.Tuple | ast.Set) else []
        return Argument(
            names=names,
            required=(is_positional and not takes_none and not is_action) or values.get("required") is True,
            choices=tuple(str(e.value) for e in elements if isinstance(e, ast.Constant)),
            default=None if values.get("default") is None else str(values["default"]),
            is_flag=values.get("action") == "store_true",
            command=self._parsers.get(ast.unparse(call.func.value)),
        )


def called_names(nodes: tuple[ast.AST, ...]) -> Iterator[str]:
    """The dotted name of every call: `app.run`, `uvicorn.run`, `input`."""
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield ast.unparse(node.func)


def _attribute(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _is_guard(test: ast.expr) -> bool:
    text = ast.unparse(test)
    return "__name__" in text and "__main__" in text
