"""What a program of typer's takes: the parameters of its functions, told by their defaults and `Annotated[...]`.

A parameter without a default is positional, `typer.Option` and a default make it an option, `bool` makes it a flag
(typer's manual, "CLI Arguments" and "CLI Options"; the older form puts `typer.Option(default, "--name")` in the
place of the default).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.requirements.dotted import dotted
from sandbox.smoke.syntax import (
    Argument,
    Function,
    command_name,
    constant,
    elements,
    imported,
    is_chat_bot,
    is_ellipsis,
    last_name,
    method,
    source_of,
)

_KINDS = ("Option", "Argument")


def typer_arguments(nodes: tuple[ast.AST, ...]) -> Iterator[Argument]:
    """Parameters of the functions below `@app.command()` and of the one that `typer.run` is given."""
    tops = imported(nodes)
    if ("click" in tops and "typer" not in tops) or is_chat_bot(nodes):
        return
    functions = [node for node in nodes if isinstance(node, Function)]
    run = {
        dotted(call.args[0])
        for call in nodes
        if isinstance(call, ast.Call) and dotted(call.func) == "typer.run" and call.args
    }
    taken = [(one, _command(one)) for one in functions if _command(one) or one.name in run]
    choices = {name: found for node in nodes if isinstance(node, ast.ClassDef) for name, found in _enumeration(node)}
    several = sum(call is not None for _, call in taken) > 1
    for function, call in taken:
        command = command_name(call, function) if call and several else None
        for parameter, default in _parameters(function):
            if last_name(parameter.annotation or ast.Constant("")) != "Context":
                yield _argument(_Parameter.of(parameter, default), command, choices)


def _command(function: Function) -> ast.Call | None:
    """The `@app.command()` above a function; None below decorators of click's own."""
    if any(last_name(one) in ("option", "argument") for one in function.decorator_list):
        return None
    calls = (one for one in function.decorator_list if isinstance(one, ast.Call))
    return next((call for call in calls if method(call) == "command"), None)


def _parameters(function: Function) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    taken = function.args
    positional = [*taken.posonlyargs, *taken.args]
    without: list[ast.expr | None] = [None] * (len(positional) - len(taken.defaults))
    yield from zip(positional, [*without, *taken.defaults], strict=True)
    yield from zip(taken.kwonlyargs, taken.kw_defaults, strict=True)


def _enumeration(node: ast.ClassDef) -> Iterator[tuple[str, tuple[str, ...]]]:
    if any(last_name(base).endswith("Enum") for base in node.bases):
        values = [constant(one.value) for one in node.body if isinstance(one, ast.Assign)]
        yield node.name, tuple(value for value in values if isinstance(value, str))


@dataclass(frozen=True)
class _Parameter:
    """One parameter, whichever way it is written.

    Attributes:
        kind: Option, Argument, or empty where neither is said.
        default: None where there is none.
        given: the names that are given in place of its own.
        annotation: its type.
    """

    name: str
    kind: str
    default: ast.expr | None
    given: tuple[str, ...]
    annotation: ast.expr | None

    @classmethod
    def of(cls, parameter: ast.arg, default: ast.expr | None) -> _Parameter:
        annotation, info = parameter.annotation, None
        if isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Annotated":
            parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
            annotation = parts[0]
            info = next((one for one in parts[1:] if isinstance(one, ast.Call) and last_name(one) in _KINDS), None)
        words = info.args if info else []
        if info is None and isinstance(default, ast.Call) and last_name(default) in _KINDS:
            info = default
            named = {one.arg: one.value for one in info.keywords}
            default = named.get("default", named.get("default_factory", info.args[0] if info.args else None))
            words = info.args[1:]
        elif info is not None and default is None:
            default = next((one.value for one in info.keywords if one.arg == "default_factory"), None)
        names = (name for one in words if isinstance(name := constant(one), str))
        given = tuple(name for text in names for name in text.split("/")[:1] if name.startswith("-"))
        is_required = is_ellipsis(default)
        return cls(parameter.arg, last_name(info) if info else "", None if is_required else default, given, annotation)


def _argument(one: _Parameter, command: str | None, choices: dict[str, tuple[str, ...]]) -> Argument:
    is_option = one.kind == "Option" or (one.default is not None and one.kind != "Argument")
    names = (one.given or (f"--{one.name.replace('_', '-')}",)) if is_option else (one.name,)
    value = constant(one.default)
    kind = source_of(one.annotation) if one.annotation else ""
    return Argument(
        names=names,
        required=one.default is None,
        choices=choices.get(kind, ()) or _literal(one.annotation),
        default=None if value is None else str(value),
        is_flag=isinstance(value, bool) or kind == "bool",
        command=command,
        is_number=kind == "int" or (isinstance(value, int) and not isinstance(value, bool)),
    )


def _literal(annotation: ast.expr | None) -> tuple[str, ...]:
    """The choices of `Literal["a", "b"]`."""
    if not (isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Literal"):
        return ()
    return elements(annotation.slice) or elements(ast.Tuple([annotation.slice]))
