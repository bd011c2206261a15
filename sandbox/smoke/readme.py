"""The commands that a repository's documentation tells a reader to run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.requirements.bounds import bounded_lines
from sandbox.smoke.consoles import console_scripts
from sandbox.smoke.modules import Modules
from sandbox.smoke.programs import Words, read_program
from sandbox.tree import Tree

MAX_FILES = 8
"""So many documents are read: the nearest to the root first."""
_DOCUMENT = re.compile(r"(?:readme|usage|manual|quick-?start|getting[-_]started|reproduc\w*|install\w*|run\w*)\b", re.I)
_FENCE = re.compile(r"^\s*(?:```|~~~)\s*\{?\.?([\w+-]*)")
_SHELLS = frozenset({"", "bash", "sh", "shell", "console", "zsh", "shell-session", "shellscript", "cmd", "text",
                     "powershell", "terminal", "commandline"})  # fmt: skip
_INLINE = re.compile(r"(?<!`)`([^`\n]{6,200})`(?!`)")
PLACEHOLDER = re.compile(
    r"<[^>]{0,200}>|\[[^\]]{0,200}\]|\.\.\.|…|\$|path/to|/path|your[-_ ]|\{[^}]{0,200}\}", re.IGNORECASE
)
_PROMPT = re.compile(r"^(?:\([\w.-]+\)\s*)?[$>%#]\s+")
_COMMENT = re.compile(r"(?<!\s)\s+#.*$")
_OUTPUT = re.compile(r"out|save|result|log|dest|export|checkpoint|ckpt|model", re.IGNORECASE)
_SMALL = re.compile(r"smoke|demo|quick|toy|synthetic|example|minimal|fast", re.IGNORECASE)


@dataclass(frozen=True)
class Command:
    """One command of the documentation.

    Attributes:
        complete: every file or folder that it names is in the tree, and it holds no placeholder.
        small: it calls itself a demo, a smoke test or the like.
        rest: its arguments.
        here: the folder that it is run in; empty for the root.
        inline: it stands in a sentence, not in a block of its own.
    """

    line: str
    source: str
    complete: bool
    small: bool
    rest: tuple[str, ...] = ()
    here: str = ""
    inline: bool = False


def commands(tree: Tree, modules: Modules) -> tuple[Command, ...]:
    """Commands that run a program of the tree, in order; installs, downloads and tests are left out."""
    known = {one.name: one for one in console_scripts(tree)}
    found: dict[str, Command] = {}
    for path in documents(tree):
        folder = posixpath.dirname(path) if posixpath.basename(path).lower().startswith("readme") else ""
        for number, here, line, is_inline in _lines(tree.text(path), folder, tree):
            program = read_program(line, here, tree, modules, known)
            if program is not None:
                command = _command(program, f"{path}:{number}", tree, inline=is_inline)
                found.setdefault(command.line, command)
    return tuple(sorted(found.values(), key=lambda one: one.inline))


def documents(tree: Tree) -> tuple[str, ...]:
    """READMEs and other documents that say how to run it, the nearest to the root first; at most `MAX_FILES`."""
    found = []
    for path in tree.files:
        folder, name = posixpath.split(path)
        stem, extension = posixpath.splitext(name.lower())
        is_text = extension in (".md", ".rst", ".txt", ".markdown", "")
        is_near = folder.count("/") == 0 and (folder.lower() in ("", "docs", "doc") or stem == "readme")
        if is_text and is_near and (_DOCUMENT.match(stem) or (folder and extension == ".md")):
            found.append((not stem.startswith("readme"), path.count("/"), path))
    return tuple(path for *_, path in sorted(found)[:MAX_FILES])


def _lines(text: str, folder: str, tree: Tree) -> Iterator[tuple[int, str, str, bool]]:
    """Line number, folder, command, and whether it stands in a sentence; continuations joined, prompts taken off."""
    fence: str | None = None
    held: list[str] = []
    start, here = 0, folder
    for number, line in bounded_lines(text):
        if match := _FENCE.match(line):
            fence = None if fence is not None else match[1].lower()
            held, here = [], folder
            continue
        is_code = fence in _SHELLS if fence is not None else line.startswith(("    ", "\t", "   "))
        if not is_code:
            here = folder if fence is None and line.strip() else here
            yield from ((number, folder, code, True) for code in _INLINE.findall(line) if fence is None)
            continue
        start = start if held else number
        held.append(line.strip())
        if held[-1].endswith("\\"):
            held[-1] = held[-1][:-1] + " "
            continue
        for part in map(str.strip, re.split("&&|;", _PROMPT.sub("", "".join(held)))):
            if re.match(r"cd\s+\S+$", part):
                here = _enter(here, part.split()[1].strip("\"'"), tree)
            else:
                yield start, here, _COMMENT.sub("", part), False
        held = []


def _enter(here: str, folder: str, tree: Tree) -> str:
    """Where `cd folder` leads; the repository's own name, after a clone, is its root."""
    target = posixpath.normpath(posixpath.join(here, folder)).removeprefix(".").removeprefix("/")
    return target if target in tree.folders and ".." not in target else ""


def _command(program: Words, source: str, tree: Tree, *, inline: bool) -> Command:
    rest = program.rest
    complete = not any(PLACEHOLDER.search(word) for word in rest) and _names_known(rest, program.here, tree)
    return Command(
        line=program.text,
        source=f"{source} ({program.said})" if program.said else source,
        complete=complete,
        small=bool(_SMALL.search(program.text)),
        rest=rest,
        here=program.here,
        inline=inline,
    )


def _names_known(words: tuple[str, ...], here: str, tree: Tree) -> bool:
    """Whether every path among the arguments is in the tree; what follows an option for output need not be."""
    for position, word in enumerate(words):
        is_named = word.startswith("-") or re.match(r"\+{0,2}[A-Za-z_][\w.@/]*=", word)
        option, _, value = word.partition("=") if is_named else ("", "", word)
        before = option or (words[position - 1] if position else "")
        if value and not _OUTPUT.search(before) and not is_there(value, here, tree):
            return False
    return True


def is_there(value: str, here: str, tree: Tree) -> bool:
    """Whether `value` is in the tree, where it looks like a path; anything else is.

    Args:
        here: the folder that a relative path starts from.
    """
    if not ("/" in value or re.search(r"\.[A-Za-z]{1,5}$", value)):
        return True
    path = posixpath.normpath(posixpath.join(here, value))
    return path in tree.files or path in tree.folders
