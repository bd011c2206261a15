"""What the documentation tells a reader to install: `pip install torch numpy`.

Only asked for where a repository declares nothing. It then says which distribution and which version is meant by an
import, as a declaration would, and brings in nothing that no import names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.requirements.bounds import bounded_lines, shell_words
from sandbox.requirements.entries import Entry
from sandbox.tree import Tree

_DOCUMENT = re.compile(r"(?:docs?/)?(?:readme|install(?:ation)?|usage|getting[-_]started)[^/]*", re.I)
_TEXT = (".md", ".rst", ".txt", ".markdown")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_INLINE = re.compile(r"(?<!`)`([^`\n]{6,300})`(?!`)")
_INSTALL = re.compile(r"^\s*(?:\([\w.-]+\)\s*)?(?:[$%>#!]\s*)?(?:sudo\s+)?"
                      r"(?:(?:python[\d.]*|py)\s+-m\s+pip|pip[\d.]*|uv\s+pip)\s+install\s+(?P<words>.+)$")  # fmt: skip
_TAKING = frozenset(
    {"-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-i", "--index-url", "--extra-index-url", "-f"}
    | {"--find-links", "-t", "--target", "--trusted-host", "--prefix", "--root", "--timeout", "--torch-backend"}
)
"""pip's options that take a word."""
_NAME = re.compile(
    r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?(?:\[[\w,\s-]*\])?(?:\s*(?:[<>=!~]=?=?)\s*[\w.*+!-]+(?:,\s*[<>=!~]=?=?\s*[\w.*+!-]+)*)?",
    re.A,
)
_LOCAL = re.compile(r".*\.(?:txt|whl|zip|gz|toml|py|cfg)$", re.I)


def documents(tree: Tree) -> tuple[str, ...]:
    """The files that are read: READMEs and their like, in the root or in `docs`."""
    return tuple(
        p for p in sorted(tree.files) if _DOCUMENT.fullmatch(p) and ("." not in p or p.lower().endswith(_TEXT))
    )


def documented(text: str) -> Iterator[Entry]:
    """The requirements in the install commands of one document, in code blocks and in sentences; none is primary."""
    for number, line in _code(text):
        match = _INSTALL.match(line)
        for word in _words(match["words"]) if match else ():
            yield word, number, False


def _code(text: str) -> Iterator[tuple[int, str]]:
    held: list[str] = []
    is_fenced, start = False, 1
    for number, line in bounded_lines(text):
        if _FENCE.match(line):
            is_fenced, held = not is_fenced, []
        elif is_fenced or line.startswith(("    ", "\t", "$ ")):
            start = start if held else number
            held.append(line.strip())
            if held[-1].endswith("\\"):
                held[-1] = held[-1][:-1] + " "
                continue
            yield start, "".join(held)
            held = []
        else:
            held = []
            yield from ((number, code) for code in _INLINE.findall(line))


def _words(text: str) -> Iterator[str]:
    taken = False
    for word in shell_words(re.split(r"&&|[;|]", text)[0], comments=True) or ():
        if taken or word.startswith("-"):
            taken = not taken and word in _TAKING
        elif _NAME.fullmatch(word) and not _LOCAL.fullmatch(word):
            yield word
