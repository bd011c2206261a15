"""A file is not there: whose fault is it? A data set is withheld (`blocked`), anything else is the code's own.

The rules, in this order; the first that holds decides:

1. the program was writing: it should have made the folder. The code's fault.
2. a file of that name is elsewhere in the tree: the path is wrong. The code's fault.
3. another place of the code writes a file of that name: the program's own product. The code's fault.
4. this very run wrote a file of the same kind into the same folder: it is looked for under another name than it was
   saved under. The code's fault.
5. what ships with code (configuration, templates, modules, scripts): the repository should hold it. Its fault.
6. the name is that of data (extension or folder) or of trained weights: the data set is missing.
7. anything else is the code's fault.
"""

from __future__ import annotations

import ast
import posixpath
import re

from sandbox.requirements.dotted import dotted
from sandbox.smoke.phrases import names
from sandbox.smoke.script import Script
from sandbox.traceback import WORKSPACE
from sandbox.tree import Tree

DATA_EXTENSIONS = names("data_extensions")
WEIGHT_EXTENSIONS = names("weight_extensions")
DATA_FOLDERS = names("data_folders")
OUTPUT_FOLDERS = names("output_folders")
AMBIGUOUS_EXTENSIONS = frozenset({".json", ".txt", ".xml", ".yaml", ".yml", ""})
SHIPPED_EXTENSIONS = names("shipped_extensions")
DATA_WORDS = re.compile(
    r"data|corpus|train|test|input|images?|samples?|labels?|annotations?|weights|pretrained|embed|"
    r"papers?\b|documents?\b|articles?\b|reviews\b|questions\b|queries\b|sentences\b|transcripts?\b"
)
CONFIG_WORDS = re.compile(r"config|settings|requirements|prompt|template|schema|params|hyper|vocab")
_WRITING = re.compile(
    r"""open\([^)]*['"][wax]b?\+?['"]|savefig|\.to_\w+\(|\bsave\w*\(|\bdump\(|mkdir|makedirs|write|FileHandler|imsave"""
)
_READING = re.compile(r"(?:^|\.)(?:open|imread|load\w*|read\w*|from_csv|\w*File)$")
_QUOTED = re.compile(r"""['"`]([^'"`\n]{1,300})['"`]""")
_BARE = re.compile(r"(?<![\w/])((?:[\w.~-]*/)+[\w.-]*|[\w-]+\.[A-Za-z][A-Za-z0-9]{0,8})(?=[\s,:;)!]|\.?$)")


def named_paths(message: str) -> tuple[str, ...]:
    """The paths that a message speaks of: what it quotes, else what looks like one."""
    quoted = [text for text in _QUOTED.findall(message) if "/" in text or "." in text or " " not in text]
    return tuple(quoted or _BARE.findall(message))


def is_data(path: str) -> bool:
    """Whether the name is that of a data set or of trained weights, by extension or folder."""
    lower = path.lower().rstrip("/")
    parts = [part for part in re.split(r"[/\\]", lower) if part]
    extension = posixpath.splitext(lower)[1]
    in_data = any(part in DATA_FOLDERS or DATA_WORDS.match(part) for part in parts[:-1])
    if extension in DATA_EXTENSIONS | WEIGHT_EXTENSIONS:
        return True
    if not parts or CONFIG_WORDS.search(parts[-1]):
        return False
    if extension not in AMBIGUOUS_EXTENSIONS:  # as in `data/corpus.en`
        return extension not in SHIPPED_EXTENSIONS and any(part in DATA_FOLDERS for part in parts[:-1])
    if not extension and parts[-1] in OUTPUT_FOLDERS:
        return False
    return in_data or bool(DATA_WORDS.search(parts[-1]))


def is_withheld(path: str, code: str, tree: Tree, written: tuple[str, ...] = ()) -> bool:
    """Whether the missing file `path`, asked for by the source line `code`, is data that the sandbox withholds.

    Args:
        written: the files that the run had written by then.
    """
    return not _WRITING.search(code) and is_data(path.removeprefix(WORKSPACE)) and is_lost(path, tree, written)


def may_be_data(path: str) -> bool:
    """Whether the name may be that of data or weights: it is, or says nothing, and is not of what ships with code."""
    name = posixpath.basename(path.lower().rstrip("/"))
    extension = posixpath.splitext(name)[1]
    ships = extension in SHIPPED_EXTENSIONS | {".yaml", ".yml"} or CONFIG_WORDS.search(name) or name in OUTPUT_FOLDERS
    return bool(name) and (is_data(path) or not ships)


def is_lost(path: str, tree: Tree, written: tuple[str, ...] = ()) -> bool:
    """Whether the tree neither has a file (or folder) of that name anywhere nor writes one, nor has the run."""
    path = posixpath.normpath(path.removeprefix(WORKSPACE))
    name = posixpath.basename(path)
    has = any(posixpath.basename(other) == name or other.startswith(f"{path}/") for other in tree.files)
    return bool(name.strip(".")) and not has and not is_product(name, tree) and not _has_sibling(path, written)


def _has_sibling(path: str, written: tuple[str, ...]) -> bool:
    """Whether one of `written` lies in the folder of `path` and has its extension."""
    kind = (posixpath.dirname(posixpath.normpath(path)), posixpath.splitext(path)[1])
    return bool(kind[1]) and any((posixpath.dirname(one), posixpath.splitext(one)[1]) == kind for one in written)


def other_lost(scripts: tuple[Script, ...], tree: Tree) -> dict[str, str]:
    """Literal paths of data that `scripts` read and the tree lacks, each with the place that reads it."""
    found: dict[str, str] = {}
    for script in scripts:
        lines = script.text.splitlines()
        calls = (node for node in script.nodes if isinstance(node, ast.Call) and _READING.search(dotted(node.func)))
        for node in (inner for call in calls for argument in call.args for inner in ast.walk(argument)):
            path = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            is_path = posixpath.splitext(path.lower())[1] in DATA_EXTENSIONS | WEIGHT_EXTENSIONS and "\n" not in path
            if is_path and isinstance(node, ast.Constant) and is_withheld(path, lines[node.lineno - 1], tree):
                found.setdefault(path, f"{script.path}:{node.lineno} reads it")
    return found


def is_product(name: str, tree: Tree) -> bool:
    """Whether some line of the tree's code that writes a file names it."""
    for path in tree.python_files():
        text = tree.text(path)
        if name in text and any(name in line and _WRITING.search(line) for line in text.splitlines()):
            return True
    return False
