"""Slips of the pen that keep a file from parsing and can be meant in one way only."""

from __future__ import annotations

import re
from collections.abc import Callable

from p2c.repair.fixers.case import Case, Fix
from p2c.repair.syntax import python_problem
from p2c.repair.text import SourceText, read_text

_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'"})
_OTHERS = str.maketrans({"\u00a0": " ", "\u2003": " ", "\u200b": "", "\ufeff": "", "\u2212": "-", "\u2013": "-"})
"""Word processors and PDF readers put these in place of what Python knows."""
_PRINT = re.compile(r"^(?P<indent>\s*)print\s+(?P<what>[^\s(].*?)(?P<comment>\s+#.*)?$")
_WALRUS = re.compile(
    r"(?<![(\w])(?P<name>\w+)\s*:=\s*(?P<value>[\w.]+(?:\([^()]*\)|\[[^\[\]]*\])?)(?P<after>\s*[:),]|$)"
)
_STATEMENT = re.compile(r"^(?P<head>\s*\w+)\s*:=\s*(?P<value>.+)$")


def stray_quotes(case: Case) -> Fix | None:
    """Takes away a last line of three quotes that closes nothing."""
    return _mended(case, _without_last_quotes, "take away the quotes at the end of")


def typographic_characters(case: Case) -> Fix | None:
    """Writes typographic quotes, dashes and spaces in code as the plain ones."""
    return _mended(case, _plain, "write plain characters in")


def print_statements(case: Case) -> Fix | None:
    """Writes the print statements of Python 2 as calls."""
    return _mended(case, _printing, "call print in")


def bare_walrus(case: Case) -> Fix | None:
    """Puts `name := value` into parentheses where the grammar asks for them; as a statement it is an assignment."""
    return _mended(case, _assigning, "write the assignment expression as the grammar wants it in")


def _mended(case: Case, mend: Callable[[SourceText, int], SourceText], what: str) -> Fix | None:
    """Every file that does not parse, mended at the places that the parser names, until it parses; else not at all."""
    if case.failure.kind != "syntax":
        return None
    changes = {}
    for path in case.tree.python_files():
        content = _parsing(case.tree.files[path], mend)
        if content is not None:
            changes[path] = content
    return Fix(changes, f"{what} {', '.join(changes)}") if changes else None


_ROUNDS = 200


def _parsing(content: bytes, mend: Callable[[SourceText, int], SourceText]) -> bytes | None:
    now = content
    for _ in range(_ROUNDS):
        problem = python_problem(now)
        if problem is None:
            return now if now != content else None
        text = read_text(now)
        if problem.line is None or not 0 < problem.line <= len(text.lines):
            return None
        new = mend(text, problem.line - 1).encode()
        if new == now:
            return None
        now = new
    return None


def _without_last_quotes(text: SourceText, _: int) -> SourceText:
    shown = [i for i, line in enumerate(text.lines) if line.strip()]
    last = shown[-1] if shown else 0
    stray = bool(shown) and text.lines[last].strip() in ('"""', "'''")
    return text.spliced(last, last + 1, []) if stray else text


def _changed(text: SourceText, index: int, new: str) -> SourceText:
    return text.spliced(index, index + 1, [new])


def _plain(text: SourceText, index: int) -> SourceText:
    line = text.lines[index]
    with_quotes = line.translate(_QUOTES)  # what stands between them is text then, and stays as it is
    return _changed(text, index, with_quotes if with_quotes != line else line.translate(_OTHERS))


def _printing(text: SourceText, index: int) -> SourceText:
    match = _PRINT.match(text.lines[index])
    if match is None:
        return text
    what, end = match["what"], ""
    if what.startswith(">>"):
        return text
    if what.endswith(","):
        what, end = what.rstrip(","), ", end=' '"
    return _changed(text, index, f"{match['indent']}print({what}{end}){match['comment'] or ''}")


def _assigning(text: SourceText, index: int) -> SourceText:
    line = text.lines[index]
    if line.count(":=") != 1:
        return text
    statement = _STATEMENT.match(line)
    if statement:
        return _changed(text, index, f"{statement['head']} = {statement['value']}")
    return _changed(text, index, _WALRUS.sub(r"(\g<name> := \g<value>)\g<after>", line))
