"""Programs that code starts by name, found in its text: `subprocess.run(["ffmpeg", ...])`, `os.system("dot -T ...")`.

Only names of the table are looked for, and only in files that can start programs at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sandbox.system.table import Kind, commands

_STARTS = (b"subprocess", b"os.system", b"os.popen", b"os.exec", b"which(", b"pexpect")
"""Text without which a file starts no program; a search for plain text is much the quickest."""
_USES_TEX = re.compile(rb"usetex[\"']?\s*\]?\s*[=:,]\s*True|usetex\(True")
_BACKEND = re.compile(
    rb"^\s*(?:matplotlib|mpl|plt)\.(?:use|switch_backend)\(\s*[\"'](tk|qt|wx|gtk)\w*agg[\"']", re.I | re.M
)
_SHOWS = re.compile(rb"^[^#\n]*\bcv2?\.(?:imshow|namedWindow)\(", re.M)
SHOWS_WINDOW = "cv2.imshow"
"""The use of the system that stands for a window of OpenCV's."""
_TOOLKITS = {b"tk": "matplotlib.backends.backend_tkagg", b"qt": "matplotlib.backends.backend_qtagg"}


@dataclass(frozen=True)
class Use:
    """Something of the system that code uses.

    Attributes:
        name: a dotted import name, or a program's.
        optional: the program can do without.
    """

    kind: Kind
    name: str
    file: str
    line: int | None
    optional: bool = False


def command_uses(path: str, content: bytes) -> Iterator[Use]:
    """The programs of the table that a Python file or a shell script starts, the first place of each."""
    if path.endswith((".sh", ".bash")):
        yield from _found(path, content, _in_shell())
        return
    if any(text in content for text in _STARTS):
        yield from _found(path, content, _in_python())
    tex = _USES_TEX.search(content) if b"usetex" in content else None
    if tex:
        yield Use("command", "latex", path, _line(content, tex.start()))
    backend = _BACKEND.search(content) if b"matplotlib" in content else None
    if backend:
        module = _TOOLKITS.get(backend[1].lower(), "matplotlib.backends.backend_tkagg")
        yield Use("import", module, path, _line(content, backend.start()))
    window = _SHOWS.search(content) if b"cv2" in content else None
    if window:
        yield Use("import", SHOWS_WINDOW, path, _line(content, window.start()))


def _found(path: str, content: bytes, pattern: re.Pattern[bytes]) -> Iterator[Use]:
    seen: set[bytes] = set()
    for hit in pattern.finditer(content):
        name = hit[hit.lastindex or 0]
        if name not in seen:
            seen.add(name)
            yield Use("command", name.decode(), path, _line(content, hit.start(hit.lastindex or 0)))


def _line(content: bytes, at: int) -> int:
    return content.count(b"\n", 0, at) + 1


@cache
def _names() -> str:
    return "|".join(sorted(map(re.escape, commands()), key=len, reverse=True))


@cache
def _in_python() -> re.Pattern[bytes]:
    """A list or call that begins with the name, or a string that is a command line of it."""
    alone = rf"[\[(]\s*[\"']({_names()})[\"']\s*[,\])+]"
    line = rf"[\"']({_names()})\s+[-\w./{{%\"'<]"
    return re.compile(rf"{alone}|(?<![\w\"'])[fr]?{line}".encode())


@cache
def _in_shell() -> re.Pattern[bytes]:
    return re.compile(rf"(?m)(?:^|[;&|(]|\$\()\s*(?:sudo\s+|time\s+)?({_names()})\s+[^=\s]".encode())
