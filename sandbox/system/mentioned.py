"""Debian packages that the repository's own papers speak of: told to a person, never installed from there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.tree import Tree

_APT = re.compile(r"\bapt(?:-get|itude)?\b(?:\s+-\S+)*\s+install\s+((?:[^\n&|;`#\\]|\\\n)+)")
_LIST = re.compile(r"(?:apt|packages)\.txt", re.I)
_PAPER = re.compile(r"(?:readme|install)[^/]*\.(?:md|rst|txt)|readme|dockerfile[^/]*|[^/]*\.dockerfile", re.I)
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_NOT_SYSTEM = re.compile(r"python3?(?:[.\d]*)?(?:-(?:dev|pip|venv|setuptools))?|pip|sudo|y")
MAX_NAMES = 12


def mentioned(tree: Tree) -> Iterator[str]:
    """A note for each file at the top of the tree that asks for Debian packages: which, and where."""
    for path in sorted(tree.files):
        if "/" in path:
            continue
        text = tree.text(path)
        if _LIST.fullmatch(path):
            names = [line.partition("#")[0].strip() for line in text.splitlines()]
        elif _PAPER.fullmatch(path):
            names = [word for hit in _APT.finditer(text) for word in hit[1].replace("\\\n", " ").split()]
        else:
            continue
        found = [name for name in dict.fromkeys(names) if _NAME.fullmatch(name) and not _NOT_SYSTEM.fullmatch(name)]
        if found:
            more = f" and {len(found) - MAX_NAMES} more" if len(found) > MAX_NAMES else ""
            yield f"{path} asks for Debian packages: {', '.join(found[:MAX_NAMES])}{more}"
