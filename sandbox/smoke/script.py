"""What a script says of itself, read from its syntax tree: does it run on its own, and what does it want?"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sandbox.tree import Tree

SETTING_UP = frozenset(
    {
        "sys",
        "warnings",
        "logging",
        "matplotlib",
        "sns",
        "seaborn",
        "plt.style",
        "plt.rcParams",
        "os.environ",
        "os.makedirs",
    }
    | {
        "random.seed",
        "np.random",
        "numpy.random",
        "torch.manual_seed",
        "torch.backends",
        "torch.set",
        "tf.random",
        "gc",
    }
    | {"pd", "pandas.set_option", "load_dotenv", "nltk.download", "colorama", "pygame.init", "faulthandler", "locale"}
)
"""Calls at the top level by which a module makes itself ready; anything else that is called there is work."""
SETTING_UP_METHODS = (
    "add_",
    "register",
    "set",
    "include_router",
    "config",
    "append",
    "update",
    "insert",
    "init",
    "use",
    "mkdir",
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
    def only_imports(self) -> bool:
        """Whether it holds imports, perhaps a docstring, and nothing else."""
        body = self.module.body[1:] if ast.get_docstring(self.module) else self.module.body
        return bool(body) and all(isinstance(node, ast.Import | ast.ImportFrom | ast.Pass) for node in body)

    @cached_property
    def works_on_import(self) -> bool:
        """Whether importing it would already do its work: loops, prints, calls at the top level that set nothing up."""
        return any(_is_work(node) for node in self.module.body)

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


def _is_work(node: ast.stmt) -> bool:
    if isinstance(node, ast.If):
        is_idle = _is_guard(node.test) or "TYPE_CHECKING" in ast.unparse(node.test)
        return not is_idle and any(_is_work(one) for one in (*node.body, *node.orelse))
    if isinstance(node, ast.Try):
        imports = any(isinstance(one, ast.Import | ast.ImportFrom) for one in node.body)
        handled = () if imports else tuple(one for handler in node.handlers for one in handler.body)
        return any(_is_work(one) for one in (*node.body, *node.orelse, *node.finalbody, *handled))
    if isinstance(node, ast.While | ast.For | ast.With | ast.AsyncFor | ast.AsyncWith):
        return any(isinstance(inner, ast.Call) for inner in ast.walk(node))
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        return _attribute(node.value) == "parse_args"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        name = ast.unparse(node.value.func)
        sets_up = any(name == known or name.startswith(f"{known}.") for known in SETTING_UP)
        return not sets_up and not name.rsplit(".", 1)[-1].startswith(SETTING_UP_METHODS)
    return isinstance(node, ast.Raise)


def _is_guard(test: ast.expr) -> bool:
    text = ast.unparse(test)
    return "__name__" in text and "__main__" in text
