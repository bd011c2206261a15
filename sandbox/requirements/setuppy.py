"""The literal lists of `setup.py`, read by parsing only: it is never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sandbox.requirements.dotted import last_part
from sandbox.requirements.entries import Entry


def setup_py(text: str) -> Iterator[Entry]:
    """What `install_requires` and `extras_require` hold as constants. Raises SyntaxError, ValueError."""
    tree = ast.parse(text)
    values = {
        t.id: n.value for n in ast.walk(tree) if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)
    }
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and last_part(call.func) == "setup"):
            continue
        for keyword in call.keywords:
            value = (
                values.get(keyword.value.id, keyword.value) if isinstance(keyword.value, ast.Name) else keyword.value
            )
            if keyword.arg == "install_requires":
                yield from _strings(value, primary=True)
            elif keyword.arg == "extras_require" and isinstance(value, ast.Dict):
                for lines in value.values:
                    yield from _strings(lines, primary=False)


def _strings(node: ast.expr, *, primary: bool) -> Iterator[Entry]:
    for item in node.elts if isinstance(node, ast.List | ast.Tuple) else ():
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            yield item.value, item.lineno, primary
