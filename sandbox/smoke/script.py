"""What a script says of itself, read from its syntax tree: does it run on its own, and what does it want?"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sandbox.requirements.dotted import dotted
from sandbox.smoke.parsers import commands, read_arguments
from sandbox.smoke.syntax import Argument, source_of
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
REMEMBERED = 256
"""Scripts whose syntax trees are remembered: from one verify to the next mostly one file has changed."""
HELPERS = frozenset({"argparse", "click", "typer", "fire", "hydra", "absl", "docopt", "tyro", "jsonargparse"})


@dataclass(frozen=True)
class Script:
    """A Python file that may be run.

    Attributes:
        served_by: the server whose own command runs it, such as `uvicorn`; empty where Python itself does.
    """

    path: str
    text: str
    served_by: str = ""

    @classmethod
    def of(cls, tree: Tree, path: str, served_by: str = "") -> Script:
        """The file at `path`, read once as long as it is not changed. Raises KeyError."""
        return _read(path, tree.text(path), served_by)

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
        """Names of the subcommands that it takes, in order."""
        return commands(self.nodes)

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """What it takes on its command line."""
        return read_arguments(self.nodes)


@lru_cache(maxsize=REMEMBERED)
def _read(path: str, text: str, served_by: str) -> Script:
    return Script(path, text, served_by)


def called_names(nodes: tuple[ast.AST, ...]) -> Iterator[str]:
    """The dotted name of every call, without arguments: `app.run`, `uvicorn.run`, `input`."""
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield dotted(node.func)


def _attribute(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _is_work(node: ast.stmt) -> bool:
    if isinstance(node, ast.If):
        is_idle = _is_guard(node.test) or "TYPE_CHECKING" in source_of(node.test)
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
        name = dotted(node.value.func)
        sets_up = any(name == known or name.startswith(f"{known}.") for known in SETTING_UP)
        return not sets_up and not name.rsplit(".", 1)[-1].startswith(SETTING_UP_METHODS)
    return isinstance(node, ast.Raise)


def _is_guard(test: ast.expr) -> bool:
    text = source_of(test)
    return "__name__" in text and "__main__" in text
