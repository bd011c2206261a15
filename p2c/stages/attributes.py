"""What the instances of a class have, read by parsing: the names that its body and its methods bind."""

from __future__ import annotations

import ast

_REGISTERING = frozenset({"add_module", "register_buffer", "register_module", "register_parameter"})
"""Methods of torch.nn.Module that bind an attribute by its name."""


def attributes(node: ast.ClassDef) -> dict[str, str]:
    """The attributes that a class and its methods bind: name -> annotation, empty where there is none."""
    found: dict[str, str] = {}
    for own in node.body:
        if isinstance(own, ast.AnnAssign | ast.Assign):
            targets = [own.target] if isinstance(own, ast.AnnAssign) else own.targets
            kind = ast.unparse(own.annotation) if isinstance(own, ast.AnnAssign) else ""
            names = (one for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))
            found.update({one.id: kind for one in names if isinstance(one.ctx, ast.Store) and one.id not in found})
    for part in ast.walk(node):
        if isinstance(part, ast.AnnAssign) and (name := _bound(part.target)):
            found[name] = found.get(name) or ast.unparse(part.annotation)
        elif name := _bound(part):
            found.setdefault(name, "")
    return found


def may_have_any(node: ast.ClassDef) -> bool:
    """Whether a class has attributes whose names only a run knows: `__getattr__`, `setattr(self, name, value)`."""
    return any(
        (isinstance(part, ast.FunctionDef) and part.name in ("__getattr__", "__getattribute__"))
        or (isinstance(part, ast.Attribute) and part.attr == "__dict__" and _is_self(part.value))
        or (isinstance(part, ast.Call) and _is_setattr(part) and not isinstance(part.args[1], ast.Constant))
        for part in ast.walk(node)
    )


def _bound(part: ast.AST) -> str:
    """The name of the instance's attribute that `part` binds, or an empty string.

    It is the target of an assignment, a loop or a `with`, or a call: `setattr(self, "name", ...)`,
    `self.register_buffer("name", ...)`.
    """
    if isinstance(part, ast.Attribute):
        return part.attr if isinstance(part.ctx, ast.Store) and _is_self(part.value) else ""
    if not isinstance(part, ast.Call) or not part.args:
        return ""
    name = part.args[1] if _is_setattr(part) else part.args[0] if _is_registering(part) else None
    return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""


def _is_setattr(call: ast.Call) -> bool:
    is_it = ast.unparse(call.func) in ("setattr", "object.__setattr__")
    return is_it and len(call.args) > 1 and _is_self(call.args[0])


def _is_registering(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in _REGISTERING and _is_self(call.func.value)


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")
