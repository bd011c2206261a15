"""A GPU that is taken for granted: where there is none, the CPU does the work; where there is one, nothing changes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from p2c.repair.fixers.case import Case, Fix, span
from p2c.repair.fixers.python_file import Change, PythonFile, files_with

_NO_GPU = re.compile(
    r"Torch not compiled with CUDA enabled|No CUDA GPUs are available|Found no NVIDIA driver"
    r"|CUDA device but torch\.cuda\.is_available\(\) is False|Attempting to deserialize object on a CUDA device"
)
QUOTED = '"cuda"'
_CUDA = re.compile(r"cuda(?::\d+)?")


def hard_coded_cuda(case: Case) -> Fix | None:
    """Asks `torch.cuda.is_available()` wherever the code names the device "cuda" or calls `.cuda()` without asking."""
    if not _NO_GPU.search(case.said):
        return None
    changes = {}
    for path, file in files_with(case, "cuda"):
        new = file.edited(_named(file))
        if new is not None:
            changes[path] = new
    return Fix(changes, "use the CPU where there is no GPU") if changes else None


def _named(file: PythonFile) -> Iterator[Change]:
    asked = {id(part) for node in ast.walk(file.module) if _asks(node) for part in ast.walk(node)}
    for node in ast.walk(file.module):
        if id(node) in asked:
            continue
        if isinstance(node, ast.Call) and _places(node):
            for value in [*node.args, *(k.value for k in node.keywords)]:
                if _is_cuda(value) and id(value) not in asked:
                    yield span(value), _either(file, file.text(value))
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and _is_cuda(node.value):
            yield span(node.value), _either(file, file.text(node.value))
        elif isinstance(node, ast.arguments):
            for default in [*node.defaults, *node.kw_defaults]:
                if default is not None and _is_cuda(default):
                    yield span(default), _either(file, file.text(default))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _moves(node):
            yield span(node), f"{file.text(node.func.value)}.to({_either(file, QUOTED)})"


def _asks(node: ast.AST) -> bool:
    """Whether it is a choice that asks for a GPU already."""
    return isinstance(node, ast.IfExp | ast.If) and "is_available" in ast.unparse(node.test)


def _places(call: ast.Call) -> bool:
    """Whether the call says where something is: `torch.device(...)`, `.to(...)`, or any `device=`."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    named = any(k.arg in ("device", "map_location") for k in call.keywords)
    return name in ("device", "to", "set_default_device", "add_argument", "get") or named


def _moves(call: ast.Call) -> bool:
    """Whether it is `x.cuda()`."""
    return isinstance(call.func, ast.Attribute) and call.func.attr == "cuda" and not call.args and not call.keywords


def _is_cuda(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_CUDA.fullmatch(node.value))


def _either(file: PythonFile, cuda: str) -> str:
    return f"{cuda} if {file.written('torch.cuda.is_available')}() else {cuda[-1]}cpu{cuda[-1]}"
