"""Shell scripts as entry points: those made to reproduce, those in `scripts/`, those with a telling name."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sandbox.requirements.bounds import shell_words
from sandbox.smoke.launchers import read_launcher
from sandbox.smoke.modules import Modules
from sandbox.smoke.programs import Words, read_program
from sandbox.tree import Tree

REPRODUCING = ("reproduce.sh", "run.sh", "smoke.sh", "smoke_test.sh", "demo.sh", "run_demo.sh", "run_all.sh")
ROOT_SCRIPTS = re.compile(r"(?:main|train|experiment[\w.-]*|eval|test)\.sh")
"""What such a script in the root is for, its name tells: it counts as one in `scripts/` does."""
FOLDERS = ("scripts", "script", "bin", "examples")
_DOWNLOADS = re.compile(
    r"^[ \t]*(?:sudo |pip3? |python3? -m pip|conda |wget |curl |git clone|docker |apt|gsutil |aws )", re.M
)
INHERITED = frozenset({"PATH", "HOME", "PYTHONPATH", "LD_LIBRARY_PATH", "TMPDIR"})
"""Variables that a program may have been given already: to set one is to export it."""
MAX_SCRIPT = 64 * 1024
"""Characters of a script that is looked into for a launcher."""
_LAUNCHERS = re.compile(r"torchrun|torch\.distributed|accelerate")
_SUBSTITUTED = re.compile(r"\$\(|`|<<")
"""Commands inside of others, and documents: what a script does with them cannot be told by sight."""
_EXPANDED = re.compile(r"[$|&<>*?]|^~|\{.*[,.].*\}")
"""What a shell may have put something else in place of."""
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_CUT_WORD = re.compile(r"\S#")
"""`shlex` takes it for a comment, a shell does not."""


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

    A script that does nothing but start one program by a launcher such as `torchrun`, for several GPUs, is not run
    itself: its program is, as one process, with what the script exports.
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
    """The only program that a script starts by a launcher, where the script does nothing else that a run would miss.

    All else in it may set the shell's options and variables, and say something; what it exports goes with the program.
    """
    text = tree.text(path)
    if len(text) > MAX_SCRIPT or not _LAUNCHERS.search(text) or _SUBSTITUTED.search(text):
        return None
    script = _Launching()
    if not all(script.take(line) for line in _lines(text)) or script.launched is None:
        return None
    found = read_program(shlex.join(script.launched), "", tree, modules)
    given = script.given
    if found is None or any(map(_EXPANDED.search, found.rest)) or any(map(_EXPANDED.search, given.values())):
        return None
    assignments = (f"{name}={shlex.quote(value)}" for name, value in given.items())
    return replace(found, start=" ".join((*assignments, found.start)))


class _Launching:
    """A script that may stand for the program that it launches, read line by line.

    Attributes:
        launched: the launcher's words, once they were found.
        given: the variables that the program is given, once it is launched.
    """

    def __init__(self) -> None:
        self.launched: list[str] | None = None
        self.given: dict[str, str] = {}
        self._variables: dict[str, str] = {}
        self._exported: dict[str, str] = {}

    def take(self, line: str) -> bool:
        """Whether such a script may hold `line`; if so, what it says is kept."""
        words = None if _CUT_WORD.search(line) else shell_words(line, comments=True)
        if words is None:
            return False
        cut = next((place for place, word in enumerate(words) if not _ASSIGNMENT.match(word)), len(words))
        assigned = dict(word.split("=", 1) for word in words[:cut])
        words = words[cut:]
        if read_launcher(words) is not None:
            return self._launch(words, assigned)
        if words[:1] == ["export"]:
            return self._export(words[1:])
        if words:
            exports_all = words[0] == "set" and any(re.match(r"-[a-z]*a|allexport$", word) for word in words[1:])
            return words[0] in ("set", "echo") and not exports_all and not re.search(r"[|&<>]", line)
        self._variables |= assigned
        inherited = self._exported.keys() | INHERITED
        self._exported |= {name: value for name, value in assigned.items() if name in inherited}
        return True

    def _launch(self, words: list[str], assigned: dict[str, str]) -> bool:
        """The launcher's line; there may be one, which runs nothing besides."""
        pipes = (place for place, word in enumerate(words) if word == "|")
        is_alone = not {"||", "&"} & {*words} and all(words[place + 1 : place + 2] == ["tee"] for place in pipes)
        is_only = self.launched is None
        self.launched = words
        self.given = {**self._exported, **assigned}
        return is_alone and is_only

    def _export(self, words: list[str]) -> bool:
        for word in words:
            name, has_value, value = word.partition("=")
            if not re.fullmatch(r"[A-Za-z_]\w*", name):
                return False
            if has_value or name in self._variables:
                self._exported[name] = value if has_value else self._variables[name]
        return True


def _lines(text: str) -> Iterator[str]:
    """The commands of a script, as far as they can be told by sight; comments are left out."""
    for line in text.replace("\\\n", " ").splitlines():
        if not line.lstrip().startswith("#"):
            yield from re.split(r";|&&", line)
