"""What the readers of command lines share: an argument, and the constants of a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.requirements.dotted import last_part

Function = ast.FunctionDef | ast.AsyncFunctionDef
CHAT_LIBRARIES = frozenset(
    {"discord", "nextcord", "disnake", "interactions", "hikari", "lightbulb", "telegram", "telebot", "aiogram"}
    | {"pyrogram", "telethon", "slack_bolt", "twitchio"}
)
"""Their `@bot.command()` is something that people write in a chat."""


@dataclass(frozen=True)
class Argument:
    """One argument or option, as far as it is constant.

    Attributes:
        names: as they are given; a positional one without dashes.
        command: the subcommand that it belongs to.
        is_number: it takes a whole number, by its type or its default.
    """

    names: tuple[str, ...]
    required: bool
    choices: tuple[str, ...] = ()
    default: str | None = None
    is_flag: bool = False
    command: str | None = None
    is_number: bool = False

    @property
    def name(self) -> str:
        """The longest name without dashes, `-` as `_`."""
        return self.option.lstrip("-").replace("-", "_")

    @property
    def option(self) -> str:
        """The name to give it by: the longest."""
        return max(self.names, key=len)

    @property
    def is_positional(self) -> bool:
        """Whether it is told by its place."""
        return not self.names[0].startswith("-")


def method(call: ast.Call) -> str:
    """The last part of what is called on something: `parse_args` of `parser.parse_args()`; empty for a plain name."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def last_name(node: ast.expr) -> str:
    """The last part of the dotted name of a decorator, a call or a name."""
    return last_part(node.func if isinstance(node, ast.Call) else node)


def source_of(node: ast.AST) -> str:
    """An expression as text; empty for one that is nested too deeply to be told."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return ""


def constant(node: ast.AST | None) -> object:
    """The value of a constant; None for anything else."""
    return node.value if isinstance(node, ast.Constant) else None


def is_ellipsis(node: ast.AST | None) -> bool:
    """Whether it is `...`."""
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def options(call: ast.Call) -> dict[str, object]:
    """The keywords of a call whose values are constants."""
    return {one.arg: one.value.value for one in call.keywords if one.arg and isinstance(one.value, ast.Constant)}


def elements(node: ast.expr | None) -> tuple[str, ...]:
    """The constants of a list, a tuple or a set, as text."""
    found = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else []
    return tuple(str(one.value) for one in found if isinstance(one, ast.Constant))


def command_name(call: ast.Call, function: Function) -> str:
    """The subcommand that `@group.command(...)` makes of a function: the name that is given, else the function's."""
    given = next((constant(one) for one in call.args), None) or options(call).get("name")
    return str(given) if given else function.name.replace("_", "-")


def imported(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """The top-level names that are imported, by absolute imports."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return frozenset(found)


def is_chat_bot(nodes: Iterable[ast.AST]) -> bool:
    """Whether its commands come from a chat, not from the command line."""
    tops = imported(nodes)
    return bool(tops & CHAT_LIBRARIES) and not tops & {"click", "typer"}
