"""Files that never were code, and the edits that write one again: those lines are counted apart.

Such a file is an answer of a model that was saved as it came: prose, a shell command, code that stops at the output
limit behind an open Markdown fence, or one line of literal `\\n`. An edit writes it again where the file parses
afterwards and at least half of its lines are new. Everything else is an ordinary edit, which counts: a line or two
that complete a file that ends too early, a fence that is taken off.
"""

from __future__ import annotations

from collections import Counter

from p2c.repair.counted import counted_lines
from p2c.repair.syntax import SyntaxProblem, problem
from sandbox.inside.parsing import was_never_code
from sandbox.tree import Tree

_NEW = 0.5
"""The least share of new lines in a file that was written again."""
_NONE = frozenset({"prose", "one-line", "shell", "fence-cut"})
"""What the sandbox's parser calls files that never were code; one between two fences needs only to lose them."""
_BREAKS = 3
"""Literal `\\n` in one line that stand for the ends of lines."""
_SENTENCE = 4
"""Words from which on a line without any mark of code reads like a sentence."""


def written_again(before: Tree, after: Tree) -> tuple[str, ...]:
    """The files that never were code in `before` and were written again in `after`."""
    changed = (path for path in sorted(before.files) if after.files.get(path, b"") not in (b"", before.files[path]))
    return tuple(path for path in changed if is_written_again(path, before.files[path], after.files[path]))


def is_written_again(path: str, before: bytes, after: bytes) -> bool:
    """Whether the file `path` never was code before, parses after, and at least half of its lines are new."""
    if not never_was_code(path, before) or problem(path, after) is not None:
        return False
    old, new = _lines(path, before), _lines(path, after)
    return 0 < new.total() * _NEW <= (new - old).total()


def _lines(path: str, content: bytes) -> Counter[bytes]:
    lines = counted_lines(path, content)
    return Counter((*lines.python, *lines.other))


def never_was_code(path: str, content: bytes) -> bool:
    """Whether the file `path` is no code, rather than code with a mistake; of configuration, one line of `\\n` is."""
    found = problem(path, content)
    text = content.decode("utf-8", "replace")
    if found is None or not text.strip():
        return False
    if not path.endswith(".py"):
        return "\n" not in text.strip() and text.count("\\n") >= _BREAKS
    return _is_no_python(text, found)


def _is_no_python(text: str, found: SyntaxProblem) -> bool:
    answer = was_never_code(text, found.line or 1)
    return (answer is not None and answer[0] in _NONE) or _prose_share(text) > 0.5


def _prose_share(text: str) -> float:
    """The share of lines that read like sentences: several words, nothing that only code has."""
    lines = [line for line in text.splitlines() if line.strip()]
    sentences = 0
    for line in lines:
        plain = not any(mark in line for mark in ("=", "(", "import ", "def ", "class ", "return", "#"))
        sentences += plain and len(line.split()) >= _SENTENCE and not line.rstrip().endswith(":")
    return sentences / len(lines)
