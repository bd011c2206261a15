"""Whether what the debugging agent says is missing is missing: its word alone ends no repair as blocked.

The file or key that it names must not be in the repository, must not be what a repository ships or makes itself (a
cache is, by its name), and must be named by the run as well: by a line that says it is not there, or, where the run
stopped for want of something, by the code that stopped.

Where an exception about something else ended the run, only a line counts by which the program says that it is an error:
programs also note that they found no file which they can do without. What comes of working on nothing (an empty list, a
division by zero) is no such exception, as that is how most programs end that could not read their data; and one that
ended itself, by its exit status, did so for what it said.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Sequence

from p2c.repair.failing import headline
from p2c.repair.syntax import python_tree
from sandbox.smoke.lost_files import is_lost, may_be_data
from sandbox.smoke.phrases import says
from sandbox.smoke.withheld import KEY_NAME
from sandbox.tree import Tree
from sandbox.verdict import Failure, Missing, Verdict

_RUNS = ("import", "start", "smoke", "replay")
_BY_THE_CODE = frozenset({"SyntaxError", "IndentationError", "TabError", "NameError", "UnboundLocalError"})
"""No file that is not there brings these about."""
_NAME = re.compile(
    r"`([^`\s]+)`|(?<![\w/`~])((?:[\w.~-]{0,120}/){1,30}[\w.-]{0,120}\w|[\w-]{1,120}\.[A-Za-z]\w{0,8}\b)"
)
"""A file in a sentence. It has bounds, as a model that does not stop may write ten thousand dashes."""
_CACHE = re.compile(r"(?<![a-z])cached?(?![a-z])", re.I)
_ERROR = re.compile(
    r"\b(?:error|fatal|critical|exception)\b|\bfail|\bcannot\b|\bcan't\b|could ?n[o']t|unable to|No such file|"
    r"file not found",
    re.I,
)
_NOT_THERE = re.compile(r"FileNotFoundError|NotADirectoryError")
_EVIDENCE = 600


def confirmed(claims: Sequence[str], tree: Tree, verdict: Verdict) -> tuple[Missing, ...]:
    """What of `claims`, the agent's words on what is missing, is so; empty where nothing is.

    Args:
        tree, verdict: the repository as it fails, and what the sandbox said of it.
    """
    failure = verdict.failure
    if failure is None or failure.step not in _RUNS or failure.exception in _BY_THE_CODE:
        return ()
    is_for_want = _stopped_for_want(verdict)
    any_line = is_for_want or failure.kind == "exit"
    printed = [line for line in _complaints(verdict) if any_line or _is_error(line) or line in failure.message]
    code = list(_literals(failure, tree)) if is_for_want else []
    found: dict[str, Missing] = {}
    for name in (one for claim in claims for one in _named(claim)):
        is_key = KEY_NAME.fullmatch(name) is not None
        if not is_key and (_CACHE.search(posixpath.basename(name)) or not (may_be_data(name) and is_lost(name, tree))):
            continue
        said = _said(name, printed) or _said(name, [] if is_key else code)
        if said:
            found.setdefault(name, Missing(kind="key" if is_key else "data", what=name, evidence=said[:_EVIDENCE]))
    return tuple(found.values())


def _named(claim: str) -> Iterator[str]:
    for match in _NAME.finditer(claim):
        yield (match[1] or match[2]).strip("'\"").removeprefix("/workspace/").removeprefix("./")
    yield from KEY_NAME.findall(claim)


def _said(name: str, lines: Sequence[str]) -> str:
    """The first of `lines` that names it, as a whole word."""
    word = re.compile(rf"(?<![\w.-]){re.escape(posixpath.basename(name.rstrip('/')))}(?![\w-])")
    return next((line for line in lines if word.search(line)), "")


def _complaints(verdict: Verdict) -> Iterator[str]:
    """The lines of the run by which something is not there, and which do not say that it goes without."""
    smoke = verdict.smoke
    texts = [
        verdict.failure.evidence if verdict.failure else "",
        smoke.stdout if smoke else "",
        smoke.stderr if smoke else "",
    ]
    for line in (line.strip() for text in texts for line in text.splitlines()):
        if (says("absent", line) or says("key", line) or _NOT_THERE.match(line)) and not says("fallback", line):
            yield line


def _is_error(line: str) -> bool:
    return _ERROR.search(line) is not None or _NOT_THERE.match(line) is not None


def _stopped_for_want(verdict: Verdict) -> bool:
    said = headline(verdict)
    return says("absent", said) or says("emptiness", said) or _NOT_THERE.match(said) is not None


def _literals(failure: Failure, tree: Tree) -> Iterator[str]:
    """The strings that stand in the files in which it failed, each with its place; without frames in all files."""
    own = dict.fromkeys(frame.file for frame in reversed(failure.frames) if frame.in_repository)
    for path in own or tree.python_files():
        parsed = python_tree(tree.files.get(path, b""))
        for node in ast.walk(parsed) if parsed else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value:
                yield f"{path}:{node.lineno} reads {node.value}"
