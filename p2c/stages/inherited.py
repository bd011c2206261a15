"""What classes have from their bases, as far as one file shows it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from p2c.stages.attributes import may_have_any
from p2c.stages.signatures import decorators

_MODULE = frozenset(
    {
     "add_module", "apply", "bfloat16", "buffers", "children", "compile", "cpu", "cuda", "device", "double",
     "dump_patches", "eval", "extra_repr", "float", "get_buffer", "get_extra_state", "get_parameter", "get_submodule",
     "half", "ipu", "load_state_dict", "modules", "mtia", "named_buffers", "named_children", "named_modules",
     "named_parameters", "parameters", "register_backward_hook", "register_buffer", "register_forward_hook",
     "register_forward_pre_hook", "register_full_backward_hook", "register_full_backward_pre_hook",
     "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook", "register_module",
     "register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_",
     "set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train", "training", "type",
     "xpu", "zero_grad",
    }
)  # fmt: skip
_GIVES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("object", "ABC", "Generic", "Protocol", "Dataset", "IterableDataset"), frozenset()),
    **dict.fromkeys(("Exception", "ValueError", "RuntimeError"), frozenset(dir(ValueError))),
    "NamedTuple": frozenset({*dir(tuple), "_asdict", "_fields", "_field_defaults", "_make", "_replace"}),
    "TypedDict": frozenset(dir(dict)),
    "Module": _MODULE,
}
"""Bases that generated code often has, by the last part of their name, and what a class has from them for others."""


def inherited(tree: ast.Module, has: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    """`Class.name` for what the classes of `tree` inherit, and the classes that may have what is not seen here.

    What a base leaves abstract is not inherited.

    Args:
        tree: a file.
        has: `Class.name` for what its classes define themselves.
    """
    bases: dict[str, list[str]] = {}
    open_ended: set[str] = set()
    for node in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        above = [ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases]
        bases.setdefault(node.name, []).extend(above)
        open_ended |= {node.name} if may_have_any(node) else set()
    given: set[str] = set()
    unknown = set(open_ended)
    abstract = frozenset(_abstract(tree))
    for name in bases:
        for base in _all_above(name, bases):
            if base == name or base in open_ended or (base not in bases and base not in _GIVES):
                unknown.add(name)
            own = (one.partition(".")[2] for one in has if one.startswith(f"{base}.") and one not in abstract)
            given.update(f"{name}.{part}" for part in (own if base in bases else _GIVES.get(base, ())))
    return frozenset(given), frozenset(unknown)


def _abstract(tree: ast.Module) -> Iterator[str]:
    for node in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        for part in node.body:
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and "abstractmethod" in decorators(part):
                yield f"{node.name}.{part.name}"


def _all_above(name: str, bases: Mapping[str, Collection[str]]) -> Iterator[str]:
    """The bases of `name`, their bases, and so on, each once; itself, where a class of another file has its name."""
    waiting, seen = list(bases[name]), set[str]()
    while waiting:
        base = waiting.pop()
        if base not in seen:
            seen.add(base)
            yield base
            waiting.extend(bases.get(base, ()))
