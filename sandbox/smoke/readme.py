"""The commands that a README tells a reader to run."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.smoke.modules import Modules
from sandbox.tree import Tree

_FENCE = re.compile(r"^\s*(?:```|~~~)\s*([\w+-]*)")
_SHELLS = frozenset({"", "bash", "sh", "shell", "console", "zsh", "shell-session", "shellscript", "cmd", "text"})
_ASSIGNMENT = re.compile(r"^[A-Z_][A-Z0-9_]*=\S*$")
_PLACEHOLDER = re.compile(r"<[^>]*>|\[[^\]]*\]|\.\.\.|…|\$|path/to|/path|your[-_ ]|\{[^}]*\}", re.IGNORECASE)
_RUNNERS = {"python", "python3", "python3.11", "bash", "sh"}
_NOT_PROGRAMS = frozenset({"pip", "venv", "pytest", "unittest", "http.server", "virtualenv", "build", "jupyter"})
_OUTPUT = re.compile(r"out|save|result|log|dest|export|checkpoint|ckpt|model", re.IGNORECASE)
_SMALL = re.compile(r"smoke|demo|quick|toy|synthetic|example|minimal|fast", re.IGNORECASE)


@dataclass(frozen=True)
class Command:
    """One command of a README.

    Attributes:
        complete: every file or folder that it names is in the tree, and it holds no placeholder.
        small: it calls itself a demo, a smoke test or the like.
    """

    line: str
    source: str
    complete: bool
    small: bool


def commands(tree: Tree, modules: Modules) -> tuple[Command, ...]:
    """Commands that run a script or package of the tree, in order; installs, downloads and tests are left out."""
    readmes = [path for path in sorted(tree.files, key=lambda p: (p.count("/"), p)) if _is_readme(path)]
    found: dict[str, Command] = {}
    for path in readmes[:3]:
        for number, line in _shell_lines(tree.text(path)):
            command = _read(line, f"{path}:{number}", posixpath.dirname(path), tree, modules)
            if command is not None:
                found.setdefault(command.line, command)
    return tuple(found.values())


def _is_readme(path: str) -> bool:
    name = posixpath.basename(path).lower()
    return name in ("readme.md", "readme", "readme.txt", "readme.rst", "usage.md") and path.count("/") <= 1


def _shell_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines of fenced or indented blocks, continuations joined, prompts and comments taken off."""
    inside: str | None = None
    held, start = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _FENCE.match(line):
            inside = None if inside is not None else match[1].lower()
            held = ""
            continue
        is_code = inside in _SHELLS if inside is not None else line.startswith(("    ", "\t"))
        if not is_code:
            continue
        start = start if held else number
        held += line.strip()
        if held.endswith("\\"):
            held = held[:-1] + " "
            continue
        for part in re.split(r"\s*(?:&&|;)\s*", re.sub(r"^[$>%]\s+", "", held)):
            yield start, re.sub(r"\s+#.*$", "", part)
        held = ""


def _read(line: str, source: str, folder: str, tree: Tree, modules: Modules) -> Command | None:
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    while words and (_ASSIGNMENT.match(words[0]) or words[0] in ("env", "time", "nohup")):
        words = words[1:]
    if len(words) < 2 or words[0] not in _RUNNERS or any(word in ("|", "&", "<", ">") for word in words):
        return None
    target = _target(words, folder, tree, modules)
    if target is None:
        return None
    words[0] = "bash" if words[0] in ("bash", "sh") else "python"
    here, length = target
    rest = words[length:]
    complete = not any(_PLACEHOLDER.search(word) for word in rest) and _names_known(rest, here, tree)
    text = shlex.join(words)
    return Command(
        line=f"cd {shlex.quote(here)} && {text}" if here else text,
        source=source,
        complete=complete,
        small=bool(_SMALL.search(text)),
    )


def _target(words: list[str], folder: str, tree: Tree, modules: Modules) -> tuple[str, int] | None:
    """The folder to run in, and how many words name the program; None when the tree has no such program."""
    places = ("", folder) if folder else ("",)
    for here in places:
        if words[1] == "-m" and len(words) > 2 and words[0] not in ("bash", "sh"):
            name = words[2]
            known = any(modules.find(n, (here,)) for n in (f"{name}.__main__", name))
            if known and name.split(".")[0] not in _NOT_PROGRAMS:
                return here, 3
        elif posixpath.normpath(posixpath.join(here, words[1])) in tree.files and "setup.py" not in words[1]:
            return here, 2
    return None


def _names_known(words: list[str], here: str, tree: Tree) -> bool:
    """Whether every path among the arguments is in the tree; what follows an option for output need not be."""
    for position, word in enumerate(words):
        option, _, value = word.partition("=") if word.startswith("-") else ("", "", word)
        before = option or (words[position - 1] if position else "")
        is_path = "/" in value or re.search(r"\.[A-Za-z]{1,5}$", value)
        if not value or not is_path or _OUTPUT.search(before):
            continue
        path = posixpath.normpath(posixpath.join(here, value))
        if path not in tree.files and not any(p.startswith(f"{path}/") for p in tree.files):
            return False
    return True
