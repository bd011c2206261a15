"""The imports of a notebook's cells: a run of the program does without them, so each counts as optional."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sandbox.requirements.imports import Import, read_module

MAX_BYTES = 16 * 1024 * 1024
_MAGIC = re.compile(r"^(\s*)(?:[%!?].*|[\w.]+\?+\s*)$", re.M)
_STILL_PYTHON = re.compile(r"\s*%%(?:time|timeit|capture|prun)\b")


def read_notebook(path: str, content: bytes) -> tuple[Import, ...]:
    """The imports of all code cells, with lines of the file; none where it is no notebook or above `MAX_BYTES`.

    The format is nbformat 4 (or 3, whose cells lie in worksheets). A cell of another language is left out, and so
    is a line of IPython's own (`%matplotlib inline`, `!pip install x`).
    """
    if len(content) > MAX_BYTES or b"import" not in content:
        return ()
    text = content.decode("utf-8-sig", "replace")
    try:
        return tuple(found for cell in _cells(json.loads(text)) for found in _imports(path, cell, text))
    except (ValueError, RecursionError, AttributeError, TypeError):
        return ()


def _cells(notebook: Any) -> Iterator[str]:
    """The source of each code cell in Python. Raises AttributeError or TypeError for what is no notebook."""
    for sheet in notebook.get("worksheets", [notebook]):
        for cell in sheet.get("cells", ()):
            source = cell.get("source", cell.get("input", ""))
            code = source if isinstance(source, str) else "".join(source)
            other_language = code.lstrip().startswith("%%") and not _STILL_PYTHON.match(code)
            if cell.get("cell_type") == "code" and not other_language:
                yield code


def _imports(path: str, cell: str, text: str) -> Iterator[Import]:
    lines = cell.splitlines()
    for found in read_module(path, _MAGIC.sub(r"\1pass", cell).encode("utf-8", "replace")).imports:
        written = json.dumps(lines[found.line - 1])[1:-1]
        line = text.count("\n", 0, max(0, text.find(written))) + 1
        yield replace(found, line=line, guarded=True)
