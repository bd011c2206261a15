"""What of a file is counted: its lines without what carries no meaning, Python apart from all others.

- Blank lines do not count; nor do line endings (`\\n`, `\\r\\n`, `\\r`), white space at the end of a line and a byte
  order mark. Indentation counts.
- Of a notebook the cells' lines count, code as Python and the rest as other; what a run writes into it does not
  (outputs, execution counts, metadata).
- A binary file has no lines, by git's rule: a NUL among its first 8,000 bytes.
- A generated file has none either: a program wrote it from others. Those are bytecode, the metadata of packaging
  (`*.egg-info`, `*.dist-info`) and lock files. Python source is never one, whatever it is called, so that no edit
  hides in it. Folders of version control, caches and environments are not even read (`sandbox/tree.py`).
- `.py` and `.pyi` are Python, everything else is `other`.
- Data are no part of what a share is a share of: a log of 5,000 lines beside a program of 100 would make every edit
  next to nothing. Data are what is told by its suffix to be a log, a table, records or a drawing, and JSON, XML and
  plain text of more lines than people write. An edit of data is an edit like any other.
"""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from pathlib import PurePosixPath

from p2c.repair.text import is_binary, words

_PYTHON = (".py", ".pyi", ".pyw")
_BYTECODE = (".pyc", ".pyo")
_METADATA = (".egg-info", ".dist-info")
_DATA = (".log", ".csv", ".tsv", ".jsonl", ".ndjson", ".geojson", ".arff", ".svg")
_DATA_WHERE_LONG = (".json", ".txt", ".xml", ".dat")
_LONG = 1_000
"""Lines of which a configuration, a list of requirements or a note has fewer."""
LOCK_FILES = words(
    "uv.lock poetry.lock pdm.lock Pipfile.lock pixi.lock pylock.toml conda-lock.yml conda-lock.yaml "
    "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml Cargo.lock"
)
"""What a resolver wrote; a `requirements.txt` is people's own."""


@dataclass(frozen=True)
class Counted:
    """The lines of one file that count."""

    python: tuple[bytes, ...] = ()
    other: tuple[bytes, ...] = ()

    def __len__(self) -> int:
        return len(self.python) + len(self.other)


def counted_lines(path: str, content: bytes) -> Counted:
    """What counts of the file at `path`."""
    if is_binary(content) or is_generated(path):
        return Counted()
    if path.endswith(".ipynb"):
        cells = _cells(content)
        if cells is not None:
            return cells
    lines = _lines(content)
    return Counted(python=lines) if path.endswith(_PYTHON) else Counted(other=lines)


def is_no_source(path: str, counted: Counted) -> bool:
    """Whether the file at `path`, of which that counts, is data and neither code nor configuration nor a document."""
    suffix = PurePosixPath(path.lower()).suffix
    return suffix in _DATA or (suffix in _DATA_WHERE_LONG and len(counted) > _LONG)


def is_generated(path: str) -> bool:
    """Whether a program wrote the file at `path` from other files."""
    pure = PurePosixPath(path)
    if pure.suffix in _PYTHON:
        return False
    in_metadata = any(part.endswith(_METADATA) for part in pure.parts)
    return in_metadata or pure.suffix in _BYTECODE or pure.name in LOCK_FILES


def _lines(content: bytes) -> tuple[bytes, ...]:
    plain = content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return tuple(line for line in map(bytes.rstrip, plain.split(b"\n")) if line)


def _cells(content: bytes) -> Counted | None:
    """The lines of a notebook's cells; None where it is no notebook (of nbformat 4), which then is text like any."""
    try:
        found = json.loads(content)["cells"]
        sources = [(cell["cell_type"] == "code", _source(cell["source"])) for cell in found]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    code, rest = ("\n".join(text for is_code, text in sources if is_code is wanted) for wanted in (True, False))
    python, other = (_lines(text.encode("utf-8", "surrogatepass")) for text in (code, rest))
    return Counted(python, other)


def _source(source: object) -> str:
    """A cell's text, which nbformat has as one string or as a list of lines."""
    return source if isinstance(source, str) else "".join(_parts(source))


def _parts(source: object) -> list[str]:
    if not isinstance(source, list) or not all(isinstance(part, str) for part in source):
        raise TypeError("a cell's source is neither text nor lines of text")
    return source
