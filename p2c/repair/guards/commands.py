"""What a line of shell runs, as far as a guard must know it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

WEAK = re.compile(
    r"\|\|\s*(?:true|:|exit\s+0|echo)|;\s*true\s*$|^\s*exit(?:\s+0)?\s*(?:#.*)?$|\bset\s+\+e|\bset\s+\+o"
    r"|\bsed\s+(?:-\w+\s+)*-i.*\.py\b|\brm\b.*\btests?\b|^\.IGNORE\b|^\s*trap\b.*\bexit\s+0|--help\b|--dry[-_]run\b|^-\s*\w*python|(?<![&>|])&\s*$"
)
"""What takes the force out of a line: failures forgotten, sent to the background, or nothing done at all."""
NARROWED = re.compile(r"--collect-only\b|--co\b|--deselect\b|--ignore(?:-glob)?\b|(?:^|\s)-k[\s=]")
"""Options that make pytest run fewer tests."""
_TARGET = re.compile(r"(?:^|\s)-m\s+([\w.]+)|([\w./-]+\.(?:py|sh))\b|(?:^|[\s;&|])(pytest|make|torchrun)\b")
_WORK = re.compile(r"\b(?:python[\d.]*|torchrun|accelerate|bash|sh|make|pytest)\b\s+\S|\"?\$\{?PYTHON\w*\}?\"?\s+\S")
_ECHO = re.compile(r"^\s*(?:echo|printf|true|:|#)")


def targets(lines: Iterable[str]) -> Counter[str]:
    """The scripts and modules that `lines` run, each by the last part of its name (`-m a.b`, `a/b.py`: `b`)."""
    found: Counter[str] = Counter()
    for line in lines:
        if _ECHO.match(line):
            continue
        for module, script, tool in _TARGET.findall(line):
            name = module or script.removesuffix(".py") or tool
            found[re.split(r"[./]", name)[-1] if not name.endswith(".sh") else name.rpartition("/")[2]] += 1
    return found


def works(line: str) -> bool:
    """Whether `line` starts a program of its own."""
    return bool(_WORK.search(line)) and not _ECHO.match(line)


def is_script(path: str) -> bool:
    """Whether `path` is a shell script or a makefile by its name."""
    return path.endswith((".sh", ".bash")) or path.rpartition("/")[2] in ("Makefile", "makefile", "GNUmakefile")
