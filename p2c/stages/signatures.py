"""Signatures, read from code without running it: what a module's functions, methods and classes can be called with."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

_TRANSPARENT = frozenset(
    {
        "staticmethod",
        "classmethod",
        "abstractmethod",
        "override",
        "no_grad",
        "inference_mode",
        "cache",
        "lru_cache",
        "wraps",
    }
)
"""Decorators that leave a function's parameters as they are written."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Parameter:
    """One parameter; `positional` and `keyword`: how it can be given."""

    name: str
    required: bool
    positional: bool = True
    keyword: bool = True


@dataclass(frozen=True)
class Signature:
    """What a call may give, without `self`.

    Attributes:
        parameters: in order.
        more: whether any number of further positional arguments is taken (`*args`).
        others: whether any further keywords are taken (`**kwargs`).
    """

    parameters: tuple[Parameter, ...] = ()
    more: bool = False
    others: bool = False

    def refuses(self, positional: int, keywords: frozenset[str]) -> str:
        """Why a call with so many positional arguments and these keywords fails, or an empty string."""
        by_place = [parameter for parameter in self.parameters if parameter.positional]
        if positional > len(by_place) and not self.more:
            return f"takes at most {len(by_place)} positional arguments, is given {positional}"
        given = {parameter.name for parameter in by_place[:positional]}
        known = {parameter.name for parameter in self.parameters if parameter.keyword}
        if unknown := sorted(keywords - known):
            if not self.others:
                return f"has no parameter `{unknown[0]}`"
        elif twice := sorted(keywords & given):
            return f"is given `{twice[0]}` twice"
        absent = [p.name for p in self.parameters if p.required and p.name not in given | keywords]
        return f"needs `{absent[0]}`, which is not given" if absent else ""


def signatures(tree: ast.Module) -> dict[str, Signature]:
    """The signatures of the functions, classes and methods (`Class.method`) that a module defines at its top level.

    Left out is what cannot be known by reading: what is defined twice or decorated in ways unknown, and classes that
    get their constructor from elsewhere.
    """
    found: dict[str, list[Signature | None]] = {}
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for node in tree.body:
        if isinstance(node, _Function):
            found.setdefault(node.name, []).append(_of_function(node, bound=False))
        elif isinstance(node, ast.ClassDef):
            found.setdefault(node.name, []).append(_of_class(node, classes))
            for part in node.body:
                if isinstance(part, _Function) and not _is_property(part):
                    found.setdefault(f"{node.name}.{part.name}", []).append(_of_function(part, bound=True))
    return {name: known[0] for name, known in found.items() if len(known) == 1 and known[0] is not None}


def broken_promise(promised: Signature, written: Signature) -> str:
    """Why a call that is right by `promised` can be wrong by `written`, or an empty string."""
    has = {parameter.name: parameter for parameter in written.parameters}
    wanted = [parameter.name for parameter in promised.parameters]
    absent = [name for name in wanted if name not in has and not name.startswith("_")]
    if absent and not written.others:
        return f"has no parameter `{absent[0]}`"
    if extra := [p.name for p in written.parameters if p.required and p.name not in wanted]:
        return f"needs `{extra[0]}` besides"
    for parameter in promised.parameters:
        if not parameter.required and parameter.name in has and has[parameter.name].required:
            return f"needs `{parameter.name}`, which may be left out by the promise"
    by_place = [parameter.name for parameter in promised.parameters if parameter.positional]
    there = [parameter.name for parameter in written.parameters if parameter.positional]
    if not written.more and [name for name in there if name in by_place] != [
        name for name in by_place if name in there
    ]:
        return "has its parameters in another order"
    moved = [
        name for place, name in enumerate(by_place) if name in has and (place >= len(there) or there[place] != name)
    ]
    return f"does not take `{moved[0]}` at its place" if moved and not written.more else ""


def fields(node: ast.ClassDef) -> Iterator[ast.AnnAssign]:
    """The annotated names in a class body."""
    yield from (part for part in node.body if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name))


def decorators(node: _Function | ast.ClassDef) -> Mapping[str, ast.expr]:
    """Last part of each decorator's name -> the decorator."""
    plain = ((mark.func if isinstance(mark, ast.Call) else mark, mark) for mark in node.decorator_list)
    return {ast.unparse(name).rpartition(".")[2]: mark for name, mark in plain}


def _is_property(node: _Function) -> bool:
    return bool({"property", "cached_property", "setter", "deleter", "overload"} & decorators(node).keys())


def _of_function(node: _Function, *, bound: bool) -> Signature | None:
    marks = decorators(node)
    if set(marks) - _TRANSPARENT:
        return None
    given = node.args
    places = [*given.posonlyargs, *given.args]
    optional = len(places) - len(given.defaults)
    parameters = [
        Parameter(arg.arg, required=index < optional, keyword=index >= len(given.posonlyargs))
        for index, arg in enumerate(places)
    ]
    parameters += [
        Parameter(arg.arg, required=default is None, positional=False)
        for arg, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
    ]
    whole = Signature(tuple(parameters), more=given.vararg is not None, others=given.kwarg is not None)
    if not bound or "staticmethod" in marks or not places:
        return whole
    is_self_left_out = places[0].annotation is not None and places[0].arg not in ("self", "cls")  # in a note's sketch
    return whole if is_self_left_out else replace(whole, parameters=whole.parameters[1:])


def _of_class(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> Signature | None:
    """The constructor's; None where it comes from a base or a decorator that is not read here."""
    marks = decorators(node)
    if set(marks) - {"dataclass", "final", "total_ordering"} or node.keywords:
        return None
    own = [part for part in node.body if isinstance(part, _Function) and part.name in ("__init__", "__new__")]
    if own:
        return _of_function(own[0], bound=True) if len(own) == 1 else None
    bases = [ast.unparse(base) for base in node.bases]
    if "dataclass" in marks:
        return _of_dataclass(node, marks["dataclass"]) if not bases else None
    if not bases:
        return Signature()
    others = {name: other for name, other in classes.items() if other is not node}
    inherited = others.get(bases[0]) if len(bases) == 1 else None
    return _of_class(inherited, others) if inherited is not None else None


def _of_dataclass(node: ast.ClassDef, mark: ast.expr) -> Signature | None:
    options = _options(mark)
    if options.get("init") == "False":
        return None
    by_keyword = options.get("kw_only") == "True"
    parameters = []
    for field in fields(node):
        kind = ast.unparse(field.annotation).rpartition("typing.")[2]
        made = _options(field.value) if _is_field(field.value) else {}
        if kind.rpartition(".")[2] == "KW_ONLY":
            by_keyword = True
        elif not kind.startswith("ClassVar") and made.get("init") != "False":
            required = field.value is None or (
                _is_field(field.value) and not {"default", "default_factory"} & made.keys()
            )
            alone = by_keyword or made.get("kw_only") == "True"
            parameters.append(Parameter(ast.unparse(field.target), required=required, positional=not alone))
    return Signature(tuple(parameters))


def _is_field(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] == "field"


def _options(call: ast.expr | None) -> dict[str, str]:
    """The keyword arguments of a call, as written."""
    return (
        {option.arg or "**": ast.unparse(option.value) for option in call.keywords}
        if isinstance(call, ast.Call)
        else {}
    )
