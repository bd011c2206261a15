"""Removed names that ruff rewrites: NumPy's aliases and the abstract base classes of `collections`.

ruff is asked on this host: it parses, like every fixer, and runs nothing; the file comes over its standard input and
no configuration is read. Only what it says of the name that failed is taken over.
"""

from __future__ import annotations

import json
import re
import subprocess

from pydantic import BaseModel, TypeAdapter, ValidationError
from ruff import find_ruff_bin

from p2c.repair.fixers.case import Case, Fix, edited, has_lone_return
from p2c.repair.text import read_text

_NUMPY = re.compile(
    r"module ['\"]numpy['\"] has no attribute ['\"](\w+)['\"]"
    r"|cannot import name ['\"](\w+)['\"] from ['\"]numpy['\"]"
    r"|[`'\"]np\.(\w+)[`'\"] was (?:removed|a deprecated)"
)
_ABSTRACT = re.compile(r"cannot import name ['\"](\w+)['\"] from ['\"]collections['\"]")
_SECONDS = 20


def numpy_alias(case: Case) -> Fix | None:
    """Replaces the NumPy name that is gone, wherever it is used, by the one that NumPy names for it."""
    match = _NUMPY.search(case.said)
    name = next(filter(None, match.groups()), None) if match else None
    if name is None:
        return None
    changes = _rewritten(case, ("numpy", name), "NPY001,NPY201", f"`np.{name}`")
    return Fix(changes, f"replace np.{name}, which NumPy has removed") if changes else None


def collections_abc(case: Case) -> Fix | None:
    """Imports the abstract base classes from `collections.abc`: the only place for them since Python 3.10."""
    match = _ABSTRACT.search(case.said)
    changes = _rewritten(case, ("collections", match[1]), "UP035", "Import from `collections.abc`") if match else {}
    return Fix(changes, "take abstract base classes from collections.abc") if changes else None


class _Place(BaseModel):
    row: int
    column: int


class _Edit(BaseModel):
    content: str
    location: _Place
    end_location: _Place


class _Edits(BaseModel):
    edits: list[_Edit]


class _Finding(BaseModel):
    message: str
    fix: _Edits | None


_FINDINGS = TypeAdapter(list[_Finding])


def _rewritten(case: Case, words: tuple[str, ...], rules: str, about: str) -> dict[str, bytes]:
    """The files that hold `words`, with what ruff would do about it in findings that speak of `about`."""
    changes = {}
    for path in case.tree.python_files():
        content = case.tree.files[path]
        if not all(re.search(rf"\b{word}\b".encode(), content) for word in words):
            continue
        fixes = [f.fix for f in _findings(content, rules) if f.fix and about in f.message]
        new = _applied(content, [edit for fix in fixes for edit in fix.edits])
        if new != content:
            changes[path] = new
    return changes


def _findings(content: bytes, rules: str) -> list[_Finding]:
    ask = [find_ruff_bin(), "check", "--isolated", "--no-cache", "--exit-zero", "--target-version", "py311"]
    ask += ["--select", rules, "--output-format", "json", "--stdin-filename", "module.py", "-"]
    try:
        done = subprocess.run(ask, input=content, capture_output=True, check=True, timeout=_SECONDS)
        return _FINDINGS.validate_python(json.loads(done.stdout))
    except (subprocess.SubprocessError, ValueError, ValidationError):
        return []  # a file that ruff cannot read is none that it can mend


def _applied(content: bytes, edits: list[_Edit]) -> bytes:
    """`content` with `edits`; ruff counts characters, syntax trees bytes."""
    if has_lone_return(content):
        return content
    lines = read_text(content).lines

    def place(at: _Place) -> tuple[int, int]:
        line = lines[at.row - 1] if at.row <= len(lines) else ""
        return at.row, len(line[: at.column - 1].encode("utf-8", "surrogateescape"))

    return edited(content, [((*place(e.location), *place(e.end_location)), e.content) for e in edits])
