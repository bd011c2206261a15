"""One shell line: which program of the tree does it run, and with what?

Read are Python scripts and modules, shell scripts, notebooks, console scripts, and the servers whose own command runs
a file of the tree (`streamlit run`, `uvicorn`, `flask run`, `gunicorn`). What installs, downloads, tests, or needs
another machine is no program of the tree.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.requirements.bounds import shell_words
from sandbox.smoke.consoles import Console
from sandbox.smoke.launchers import read_launcher
from sandbox.smoke.modules import Modules
from sandbox.tree import Tree

NOTEBOOK = "python /job/notebook.py"
"""Runs a notebook cell by cell; `sandbox.smoke.notebook` brings it into the container."""
SERVERS = {
    "streamlit": "streamlit run",
    "uvicorn": "uvicorn",
    "flask": "flask",
    "gunicorn": "gunicorn",
    "hypercorn": "hypercorn",
    "fastapi": "fastapi run",
    "chainlit": "chainlit run",
}
_ASSIGNMENT = re.compile(r"^[A-Z_][A-Z0-9_]*=\S*$")
_PYTHON = re.compile(r"python(?:[23](?:\.\d+)?)?(?:\.exe)?|py")
_NOT_PROGRAMS = frozenset({"pip", "venv", "pytest", "unittest", "http.server", "virtualenv", "build", "jupyter", "tox"})
_RUNNERS = (("uv", "run"), ("poetry", "run"), ("pipenv", "run"), ("pdm", "run"), ("hatch", "run"), ("rye", "run"))
_CUTS = ("|", "&", ">", ">>", "2>", "2>&1", "&>", "1>", "||")


@dataclass(frozen=True)
class Words:
    """A line that runs a program of the tree.

    Attributes:
        start: the words that name the program, as shell text.
        rest: its arguments.
        here: the folder to run it in; empty for the root.
        said: how it differs from the line.
    """

    start: str
    rest: tuple[str, ...]
    here: str = ""
    said: str = ""

    @property
    def text(self) -> str:
        """A shell line for the root of the tree."""
        text = " ".join((self.start, shlex.join(self.rest))).strip()
        return f"cd {shlex.quote(self.here)} && {text}" if self.here else text


def read_program(
    line: str, here: str, tree: Tree, modules: Modules, consoles: Mapping[str, Console] | None = None
) -> Words | None:
    """The program of the tree that `line` runs, when it is given in the folder `here`; None when there is none."""
    words, flask_app = _without_wrappers(shell_words(line) or [])
    cut = next((n for n, word in enumerate(words) if word in _CUTS), len(words))
    words = words[:cut]
    if not words or any(word.startswith(("<", ">")) and len(word) < 3 for word in words):
        return None
    if launched := read_launcher(words):
        found = _found(list(launched.words), here, tree, modules)
        start = " ".join((*launched.variables, found.start)) if found else ""
        return replace(found, start=start, said=f"{launched.launcher}: one process, on the CPU") if found else None
    return _found(words, here, tree, modules) or _other(words, here, tree, consoles or {}, flask_app)


def _found(words: list[str], here: str, tree: Tree, modules: Modules) -> Words | None:
    """A program of the tree that Python or a shell runs, from the folder `here` or from the root."""
    for place in dict.fromkeys((here, "")):
        is_python = _PYTHON.fullmatch(posixpath.basename(words[0]))
        found = _python(words, place, tree, modules) if is_python else _script(words, place, tree)
        if found is not None:
            return found
    return None


def _other(
    words: list[str], here: str, tree: Tree, consoles: Mapping[str, Console], flask_app: str | None
) -> Words | None:
    """A server's own command, a notebook, a console script."""
    if words[0] in SERVERS:
        return _server(words[0], words[1:], here, flask_app)
    if words[0] in ("jupyter", "papermill", "jupyter-nbconvert", "jupyter-execute"):
        return _notebook(words, here, tree)
    return Words(consoles[words[0]].command, tuple(words[1:])) if words[0] in consoles else None


def _without_wrappers(words: list[str]) -> tuple[list[str], str | None]:
    """`words` without assignments and commands that only run another one; and what FLASK_APP is set to."""
    flask_app = None
    while words:
        if _ASSIGNMENT.match(words[0]):
            name, _, value = words[0].partition("=")
            flask_app = value if name == "FLASK_APP" else flask_app
            words = words[1:]
        elif words[0] in ("env", "time", "nohup", "sudo", "exec", "xvfb-run"):
            words = words[1:]
            while words and words[0] == "-a":
                words = words[1:]
        elif tuple(words[:2]) in _RUNNERS:
            words = words[2:]
        else:
            break
    return words, flask_app


def _python(words: list[str], here: str, tree: Tree, modules: Modules) -> Words | None:
    words = [words[0], *_without_switches(words[1:])]
    if len(words) < 2:
        return None
    if words[1] == "-m" and len(words) > 2:
        name = words[2]
        if name in SERVERS:
            return _server(name, words[3:], here, None)
        known = any(modules.find(n, (here,)) for n in (f"{name}.__main__", name))
        is_program = known and name.split(".")[0] not in _NOT_PROGRAMS
        return Words(f"python -m {shlex.quote(name)}", tuple(words[3:]), here) if is_program else None
    path = posixpath.normpath(posixpath.join(here, words[1]))
    is_program = path in tree.files and path.endswith(".py") and posixpath.basename(path) != "setup.py"
    is_program = is_program and not modules.only_imports(path, tree)
    return Words(f"python {shlex.quote(words[1])}", tuple(words[2:]), here) if is_program else None


def _without_switches(words: list[str]) -> list[str]:
    """Without Python's own switches such as `-u`; `-W ignore` takes a word."""
    while words and words[0].startswith("-") and words[0] not in ("-m", "-c", "-"):
        words = words[2 if words[0] in ("-W", "-X") else 1 :]
    return words


def _script(words: list[str], here: str, tree: Tree) -> Words | None:
    """`bash run.sh`, `sh run.sh`, `./run.sh`, `./main.py`."""
    if words[0] in ("bash", "sh", "zsh", "source", "."):
        words = words[1:]
    elif not words[0].startswith("./"):
        return None
    path = posixpath.normpath(posixpath.join(here, words[0])) if words else ""
    if path not in tree.files or not path.endswith((".sh", ".bash", ".py")):
        return None
    runner = "python" if path.endswith(".py") else "bash"
    return Words(f"{runner} {shlex.quote(words[0])}", tuple(words[1:]), here)


def _server(name: str, rest: list[str], here: str, flask_app: str | None) -> Words | None:
    rest = [word for word in rest if word not in ("--reload", "--debug", "-d")]
    start = f"python -m {SERVERS[name]}"
    if name in ("streamlit", "fastapi", "chainlit"):
        rest = rest[1:] if rest[:1] in (["run"], ["dev"]) else []
    elif name == "flask":
        rest = ["--app", flask_app, *rest] if flask_app and "--app" not in rest else rest
        rest = rest if "run" in rest else []
    if not rest:
        return None
    if name == "streamlit":
        rest += ["--server.headless", "true"]
    return Words(start, tuple(rest), here)


def _notebook(words: list[str], here: str, tree: Tree) -> Words | None:
    for word in words[1:]:
        path = posixpath.normpath(posixpath.join(here, word))
        if word.endswith(".ipynb") and path in tree.files:
            return Words(f"{NOTEBOOK} {shlex.quote(word)}", (), here)
    return None
