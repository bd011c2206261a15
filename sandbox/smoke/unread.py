"""A program that did next to nothing for want of data: it said that it found none, and what it reads is not there.

Only asked about runs that are vacuous by what they exercised; its word makes no run pass.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from sandbox.smoke.arguments import CONFIGURATION
from sandbox.smoke.lost_files import is_withheld, named_paths
from sandbox.smoke.phrases import says
from sandbox.smoke.script import Script
from sandbox.tree import Tree
from sandbox.verdict import Missing

MOST = 5
"""Paths that are named."""
_PATH = re.compile(r"(?<![\w/:.~-])(?:\.{0,2}/)?[\w.-]+(?:/[\w.-]+)+/?(?![\w/])")

_NOTHING = re.compile(
    r"\bno\b[^.]*\b(?:data\w*|images?|samples?|files?|examples?|records?|documents?|sentences?|videos?)\b", re.I
)
_FILE = re.compile(r"\.(?:csv|tsv|txt|json|jsonl|ya?ml|toml|ini|cfg|npz|npy|h5|pkl|pt|pth|zip|gz)$", re.I)


def unread_data(said: str, scripts: tuple[Script, ...], tree: Tree) -> tuple[Missing, ...]:
    """The data that is not there, by a line of what was printed (`said`); empty where no line says so.

    What the line names is meant; where it names no file at all (`No images loaded.`), the data that the code or its
    configuration names.
    """
    if says("made_up", said):
        return ()
    lines = [one.strip() for one in said.splitlines() if says("absent", one) and not says("fallback", one)]
    named = {line: [path for path in named_paths(line) if "/" in path or _FILE.search(path)] for line in lines}
    found = {path: line for line, paths in named.items() for path in paths if is_withheld(path, "", tree)}
    of_nothing = next((line for line, paths in named.items() if not paths and _NOTHING.search(line)), None)
    if not found and of_nothing:
        for path, place in _read(scripts, tree):
            if is_withheld(path, "", tree):
                found.setdefault(path, f"{of_nothing[:300]} ({place})")
    return tuple(Missing(kind="data", what=path, evidence=said[:400]) for path, said in found.items())[:MOST]


def _read(scripts: tuple[Script, ...], tree: Tree) -> Iterator[tuple[str, str]]:
    """The paths that stand in the code that runs, then in configuration, each with its place."""
    for script in scripts:
        for node in script.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _PATH.fullmatch(node.value):
                yield node.value, f"{script.path}:{node.lineno}"
    for path in sorted(path for path in tree.files if path.endswith(CONFIGURATION)):
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for match in _PATH.finditer(line.partition("#")[0]):
                yield match[0], f"{path}:{number}"
