"""Shell scripts as entry points: those made to reproduce, those in `scripts/`, those with a telling name."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.smoke.launchers import read_launcher
from sandbox.smoke.modules import Modules
from sandbox.smoke.programs import Words, read_program
from sandbox.tree import Tree

REPRODUCING = ("reproduce.sh", "run.sh", "smoke.sh", "smoke_test.sh", "demo.sh", "run_demo.sh", "run_all.sh")
ROOT_SCRIPTS = re.compile(r"(?:main|train|experiment[\w.-]*|eval|test)\.sh")
"""What such a script in the root is for, its name tells: it counts as one in `scripts/` does."""
FOLDERS = ("scripts", "script", "bin", "examples")
_DOWNLOADS = re.compile(
    r"^\s*(?:sudo |pip3? |python3? -m pip|conda |wget |curl |git clone|docker |apt|gsutil |aws )", re.M
)


@dataclass(frozen=True)
class Shell:
    """A shell script that may be run.

    Attributes:
        reproduces: it is made to reproduce what the repository shows.
        downloads: it calls what needs the network.
    """

    command: str
    source: str
    reproduces: bool
    downloads: bool


def shell_scripts(tree: Tree, modules: Modules) -> tuple[Shell, ...]:
    """Those of `tree`, the ones made to reproduce first.

    A script that starts one program by a launcher such as `torchrun`, for several GPUs, is not run itself: its program
    is, as one process.
    """
    others = sorted(path for path in tree.files if _is_other(path))
    found = []
    for path in (*(name for name in REPRODUCING if name in tree.files), *others):
        launched = _launched(path, tree, modules)
        command = f"bash {shlex.quote(path)}" if launched is None else launched.text
        source = path if launched is None else f"{path} ({launched.said})"
        found.append(Shell(command, source, path in REPRODUCING, bool(_DOWNLOADS.search(tree.text(path)))))
    return tuple(found)


def _is_other(path: str) -> bool:
    folder, name = posixpath.split(path)
    is_one = name.endswith(".sh") if folder in FOLDERS else not folder and ROOT_SCRIPTS.fullmatch(name)
    return bool(is_one) and not re.search(r"install|setup|download|data|env", name)


def _launched(path: str, tree: Tree, modules: Modules) -> Words | None:
    """The only program that a script starts by a launcher, where its arguments are plain words."""
    lines = [words for words in _lines(tree.text(path)) if read_launcher(_bare(words)) is not None]
    if len(lines) != 1:
        return None
    found = read_program(shlex.join(lines[0]), "", tree, modules)
    return found if found and not any("$" in word or "`" in word for word in found.rest) else None


def _lines(text: str) -> Iterator[list[str]]:
    for line in re.split(r"\n|;|&&", text.replace("\\\n", " ")):
        try:
            yield shlex.split(line, comments=True)
        except ValueError:
            continue


def _bare(words: list[str]) -> list[str]:
    """`words` without assignments before the command."""
    while words and re.match(r"\w+=", words[0]):
        words = words[1:]
    return words
