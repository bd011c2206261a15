"""What the evaluator reads: rules, paper and repository first and the same in every call, the task last."""

from __future__ import annotations

import re
from itertools import accumulate

from p2c.evaluate.fit import Shown
from p2c.model.types import Message
from p2c.paper.invisible import visible
from p2c.prompts import render
from p2c.report.plain import plain

LISTED = 60
"""Of the files that are left out, so many at most are named in the prompt."""
_LIST = 5_000
"""Characters for their names; the window sets them aside with the task (`window.py`)."""
_NAMES = "PAPER|REPOSITORY|REFERENCE|RUN|REQUIREMENT"
_OPENING, _CLOSING = re.compile(rf"<<<({_NAMES})\b"), re.compile(rf"\b({_NAMES})>>>")


def paper_part(markdown: str) -> str:
    """The paper. What holds the marks around it cannot end them early; so it is with every part."""
    return render("paper", paper=unmarked(markdown))


def repository_part(shown: Shown, mark: str = "REPOSITORY") -> str:
    """A repository: each file with its path, then what is not shown.

    Args:
        mark: `REPOSITORY` for the one that is evaluated, `REFERENCE` for the authors' own.
    """
    files = [{"file": file, "path": _path(file.path), "text": unmarked(file.text)} for file in shown.files]
    listed = _listed(shown)
    more = len(shown.left_out) - len(listed)
    return render("evaluate/repository", mark=mark, files=files, left_out=listed, more=more)


def _listed(shown: Shown) -> list[tuple[str, str, int]]:
    """Path, reason and bytes of what is left out, as much of it as is named."""
    rows = [(_path(one.path), one.reason, one.bytes) for one in shown.left_out[:LISTED]]
    ends = accumulate(len(path) + len(reason) + 30 for path, reason, _ in rows)
    return [row for row, end in zip(rows, ends, strict=True) if end <= _LIST]


def conversation(*parts: str) -> tuple[Message, ...]:
    """The rules, then the parts of one request, what is stable first."""
    return (
        Message(role="system", content=render("evaluate/system")),
        Message(role="user", content="\n".join(part.strip("\n") + "\n" for part in parts if part)),
    )


def unmarked(text: str) -> str:
    """`text` without characters that nobody sees, and without the marks that stand around what is only data."""
    return _CLOSING.sub(r"\1 >>", _OPENING.sub(r"<< \1", visible(text)[0]))


def _path(path: str) -> str:
    """A path on one line; a file may be called anything."""
    return unmarked(plain(path, 300))
