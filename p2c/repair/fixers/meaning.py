"""What the names of a file mean, as far as its imports say it, and how the file would write another name."""

from __future__ import annotations

import ast
import builtins


class Meaning:
    """The imported names of one file."""

    def __init__(self, module: ast.Module) -> None:
        self._bound: dict[str, str] = {}
        for node in ast.walk(module):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    self._bound[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    self._bound[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def of(self, node: ast.expr) -> str:
        """The qualified name that `node` stands for (`numpy.linalg.norm`), or the empty string."""
        if isinstance(node, ast.Name):
            return self._bound.get(node.id, "")
        if isinstance(node, ast.Attribute):
            base = self.of(node.value)
            return f"{base}.{node.attr}" if base else ""
        return ""

    def written(self, name: str) -> tuple[str, str]:
        """How the file writes the qualified `name`, and the import statement that it needs for that, or ``."""
        if hasattr(builtins, name):
            return name, ""
        fitting = [
            (len(meant), f"{bound}{name[len(meant) :]}")
            for bound, meant in self._bound.items()
            if name == meant or name.startswith(meant + ".")
        ]
        if fitting:
            return max(fitting)[1], ""
        return name, f"import {module_of(name)}"


def module_of(name: str) -> str:
    """The module of a qualified name: what stands before the first class, else before the last part."""
    parts = name.split(".")
    first = next((i for i, part in enumerate(parts) if i and part[:1].isupper()), len(parts) - 1)
    return ".".join(parts[: max(first, 1)])
