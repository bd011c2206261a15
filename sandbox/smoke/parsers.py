"""What a program takes on its command line, read from its syntax tree: argparse, click, fire, absl; typer in `typers`.

Only what is constant is read; a parser that is built at run time stays unknown, and its program's own usage then says
what it wants.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sandbox.requirements.dotted import dotted
from sandbox.smoke.syntax import (
    Argument,
    Function,
    command_name,
    constant,
    elements,
    is_chat_bot,
    last_name,
    method,
    options,
    source_of,
)
from sandbox.smoke.typers import typer_arguments

_TRUE_LIKE = ("store_true", "store_false", "count", "append_const", "store_const")


def read_arguments(nodes: tuple[ast.AST, ...]) -> tuple[Argument, ...]:
    """Everything that the parsers in `nodes` (a whole file) take."""
    parsers = subparsers(nodes)
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    found = [_argparse(call, parsers) for call in calls if method(call) == "add_argument"]
    functions = [node for node in nodes if isinstance(node, Function)]
    decorated = [] if is_chat_bot(nodes) else functions
    groups = frozenset(one.name for one in decorated if any(last_name(d) == "group" for d in one.decorator_list))
    for function in decorated:
        found += _click(function, groups)
    found += typer_arguments(nodes)
    found += _fire(calls, functions)
    found += _absl(calls)
    return tuple(one for one in found if one is not None)


def subparsers(nodes: tuple[ast.AST, ...]) -> dict[str, str]:
    """Variable of a subparser of argparse -> its command, in order."""
    found = {}
    for node in nodes:
        call = node.value if isinstance(node, ast.Assign | ast.Expr) else None
        if isinstance(call, ast.Call) and method(call) == "add_parser" and call.args:
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            if isinstance(name := constant(call.args[0]), str):
                found[source_of(target) if target else f"-{name}"] = name
    return found


def commands(nodes: tuple[ast.AST, ...]) -> tuple[str, ...]:
    """Names of the subcommands, of argparse, of a group of click, or of typer where it has more than one."""
    parsed = list(subparsers(nodes).values())
    functions = [] if is_chat_bot(nodes) else [node for node in nodes if isinstance(node, Function)]
    named = parsed.copy()
    for node in functions:
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            owner = dotted(call.func).rpartition(".")[0] if call else ""
            if call and method(call) == "command" and owner not in ("click", "typer", ""):
                named.append(command_name(call, node))
    is_group = any(last_name(one) == "group" for node in functions for one in node.decorator_list)
    return tuple(named) if len(named) > 1 or is_group or parsed else ()


def _argparse(call: ast.Call, parsers: dict[str, str]) -> Argument | None:
    names = tuple(value for one in call.args if isinstance(value := constant(one), str))
    if not names or not isinstance(call.func, ast.Attribute):
        return None
    keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    values = options(call)
    is_positional = not names[0].startswith("-")
    takes_none = values.get("nargs") in ("?", "*") or ("default" in keywords and "nargs" in keywords)
    is_action = str(values.get("action", "")) in ("version", "help")
    return Argument(
        names=names,
        required=(is_positional and not takes_none and not is_action) or values.get("required") is True,
        choices=elements(keywords.get("choices")),
        default=_default(values),
        is_flag=values.get("action") in _TRUE_LIKE,
        command=parsers.get(source_of(call.func.value)) if parsers else None,
        is_number=_is_number(keywords, values),
    )


def _click(function: Function, groups: frozenset[str]) -> Iterator[Argument]:
    """`@click.option(...)` and `@click.argument(...)` above a function."""
    calls = [one for one in function.decorator_list if isinstance(one, ast.Call)]
    command = None
    for call in calls:
        owner = dotted(call.func).rpartition(".")[0]
        if method(call) == "command" and owner in groups:
            command = command_name(call, function)
    for call in calls:
        kind = last_name(call)
        names = tuple(value for one in call.args if isinstance(value := constant(one), str))
        if kind not in ("option", "argument") or not names:
            continue
        keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        values = options(call)
        is_positional = kind == "argument"
        names = names[:1] if is_positional else tuple(name for name in names if name.startswith("-"))
        may_be_left_out = values.get("required") is False or "default" in keywords or values.get("nargs") == -1
        if names:
            yield Argument(
                names=tuple(name.split("/")[0] for name in names),
                required=values.get("required") is True or (is_positional and not may_be_left_out),
                choices=_choice(keywords.get("type")),
                default=_default(values),
                is_flag=values.get("is_flag") is True or any("/" in name for name in names),
                command=command,
                is_number=_is_number(keywords, values),
            )


def _fire(calls: list[ast.Call], functions: list[Function]) -> Iterator[Argument]:
    """Parameters of the function that is given to `fire.Fire`."""
    given = [call.args[0] for call in calls if dotted(call.func) in ("fire.Fire", "Fire") and call.args]
    named = {one.id for one in given if isinstance(one, ast.Name)}
    for function in functions:
        if function.name not in named:
            continue
        positional = function.args.args
        without = len(positional) - len(function.args.defaults)
        for place, parameter in enumerate(positional):
            value = constant(function.args.defaults[place - without]) if place >= without else None
            yield Argument(
                names=(f"--{parameter.arg}",),
                required=place < without,
                default=None if value is None else str(value),
                is_flag=isinstance(value, bool),
                is_number=isinstance(value, int) and not isinstance(value, bool),
            )


def _absl(calls: list[ast.Call]) -> Iterator[Argument]:
    """`flags.DEFINE_string("name", default, ...)`; `flags.mark_flag_as_required("name")`."""
    required = {
        name
        for call in calls
        if method(call).startswith("mark_flag")
        for one in ast.walk(call)
        if isinstance(name := constant(one), str)
    }
    for call in calls:
        kind = method(call).removeprefix("DEFINE_")
        if not method(call).startswith("DEFINE_") or len(call.args) < 2:
            continue
        name, default = constant(call.args[0]), constant(call.args[1])
        if isinstance(name, str):
            yield Argument(
                names=(f"--{name}",),
                required=name in required and default is None,
                choices=elements(call.args[2]) if kind == "enum" and len(call.args) > 2 else (),
                default=None if default is None else str(default),
                is_flag=kind in ("bool", "boolean"),
                is_number=kind == "integer",
            )


def _default(values: dict[str, object]) -> str | None:
    return None if values.get("default") is None else str(values["default"])


def _is_number(keywords: dict[str, ast.expr], values: dict[str, object]) -> bool:
    default = values.get("default")
    typed = source_of(keywords["type"]) if "type" in keywords else ""
    return typed in ("int", "click.INT") or (isinstance(default, int) and not isinstance(default, bool) and not typed)


def _choice(node: ast.expr | None) -> tuple[str, ...]:
    """The choices of `click.Choice([...])`."""
    is_choice = isinstance(node, ast.Call) and last_name(node) == "Choice" and node.args
    return elements(node.args[0]) if isinstance(node, ast.Call) and is_choice else ()
