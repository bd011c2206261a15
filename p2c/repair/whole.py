"""A file that the answer gives in full, as the smallest change of the file that there is.

What the model only laid out otherwise stays as it was: white space at the ends of lines, the style of indentation, and
in Python every comment, blank line and docstring, quote and line break that changes nothing of what the code does.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from p2c.repair.answer import Lines
from p2c.repair.diff import Opcode, opcodes
from p2c.repair.hunks import paired
from p2c.repair.paths import Refused
from p2c.repair.place import elides
from p2c.repair.syntax import python_tree
from p2c.repair.text import is_binary, new_text, read_text

_LONG = 30
"""Lines from which on a much shorter version is taken for an excerpt."""
LONG = 100
"""Lines from which on a file is so long that it should be edited and not be written again."""
_SHARE = 0.25
"""Of a long file; what changes more of it is asked for once more."""
_LAYOUT = 4_000
"""Lines, of both versions, up to which layout is told from code."""
_LOOSE = re.compile(r"[\s'\"(),\\;]+")
"""What may stand elsewhere, or not at all, in the same code."""
_TRIES = 40
"""Trials to tell layout from code in one file; what is not told by then counts as code."""
_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_PAIRS = 400
"""Pairs of lines that are compared to cut up one difference."""
_FEW = 2
"""Lines that a repair may well take out in one place."""
_COSTLY = 4_000_000
"""Pairs of equal lines that are compared at most."""


def whole_file(
    before: bytes | None, lines: tuple[str, ...], *, python: bool, parsed: bool, lenient: bool = False
) -> bytes | Refused:
    """The bytes of the file when it shall read `lines`; lines that stay keep their endings, as does the end.

    Args:
        python: whether it is Python.
        parsed: whether the file was code before; one that never was may well become much shorter, or all new.
        lenient: whether much of a long file may change, as the answer was asked for a second time.
    """
    if not any(line.strip() for line in lines):
        return Refused("the file is given without content")
    if before is None or not before.strip():
        return new_text(lines).encode()
    if is_binary(before):
        return Refused("the file is binary")
    text = read_text(before)
    refused = _excerpt(text.lines, lines) if parsed else _elided(text.lines, lines)
    if refused is not None:
        return refused
    while lines and not lines[-1].strip() and text.lines[-1].strip():
        lines = lines[:-1]
    lines, spans = _smallest(text.lines, lines, python=python and parsed)
    changed = sum(max(stop - start, high - low) for _, start, stop, low, high in spans)
    if parsed and not lenient and len(text.lines) >= LONG and changed > _SHARE * len(text.lines):
        return Refused(
            f"{changed} of its {len(text.lines)} lines change, more than a quarter of a long file; keep every line "
            "that need not change, or give SEARCH/REPLACE blocks. If all of it is needed, give it again as it is"
        )
    for _, start, stop, low, high in reversed(spans):
        text = text.spliced(start, stop, lines[low:high])
    return text.encode()


def quotes(before: bytes, lines: Sequence[str]) -> bool:
    """Whether `lines`, fenced beside other edits, only quote a part of the file instead of giving all of it."""
    old, new = read_text(before).lines, tuple(line for line in lines if line.strip())
    wanted = "\n".join(line.strip() for line in new)
    there = [line.strip() for line in old if line.strip()]
    kept = len(set(there) & {line.strip() for line in new})
    return wanted in "\n".join(there) or kept * 2 < len(set(there))


def left_out(before: bytes, after: bytes, *, parsed: bool) -> Lines:
    """The lines of a file that are gone with nothing in their place, where that looks as if only a part were given.

    A part begins or ends somewhere within the file. In one that was no code before (`parsed`) what goes there may well
    be talk, or a fence; of more than two lines at one place nobody knows, wherever they stood.
    """
    old, new = ([line.strip() for line in read_text(text).lines if line.strip()] for text in (before, after))
    gone: list[str] = []
    for _, start, stop, low, high in _differences(old, new):
        outside = parsed and low == high and (start == 0 or stop == len(old))
        if outside or (stop - start) - (high - low) > _FEW:
            gone += old[start:stop]
    return tuple(gone)


def _elided(old: Sequence[str], new: Sequence[str]) -> Refused | None:
    known = set(old)
    elided = next((x for x in new if elides(x) and x not in known), None)
    if elided is None:
        return None
    return Refused(f"the file leaves code out (`{elided.strip()}`); give it in full, or use SEARCH/REPLACE blocks")


def _excerpt(old: Sequence[str], new: Sequence[str]) -> Refused | None:
    code = [line for line in new if line.strip()]
    there = [line for line in old if line.strip()]
    short = len(there) > _LONG and len(code) * 2 < len(there)
    if short or (len(there) >= 8 and len(code) * 4 < len(there)):
        return Refused(
            f"only {len(new)} lines are given of a file of {len(old)}, which looks like an excerpt; "
            "use SEARCH/REPLACE blocks for a part of it"
        )
    return _elided(old, new)


def _smallest(old: tuple[str, ...], new: tuple[str, ...], *, python: bool) -> tuple[tuple[str, ...], list[Opcode]]:
    """The new lines, in the style of the old ones, and as few differences as make the old ones say the same."""
    small = len(old) + len(new) <= _LAYOUT and sum(map(len, new)) <= 40 * _LAYOUT
    wanted = _meaning(new) if python and small else None
    if wanted is None:
        return new, _differences(old, new)
    styled = _indented_as(old, new)
    new = styled if _meaning(styled) == wanted else new
    return new, _Layout(old, new, wanted).without(_differences(old, new))


def _differences(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    """Where the two differ in more than white space at the ends of lines."""
    bare = [line.rstrip() for line in old], [line.rstrip() for line in new]
    found: list[Opcode] = []
    for tag, start, stop, low, high in _spans(*bare):
        if tag == "replace" and (stop - start == high - low or (stop - start) * (high - low) <= _PAIRS):
            spans = paired(old[start:stop], new[low:high])
            found += [(tag, start + a, start + b, low + c, low + d) for a, b, c, d in spans]
        elif tag != "equal":
            found.append((tag, start, stop, low, high))
    return found


def _spans(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    """As `opcodes`; where the texts repeat a line so often that it would take long, all between is one difference."""
    count: dict[str, int] = {}
    for line in old:
        count[line] = count.get(line, 0) + 1
    if sum(count.get(line, 0) for line in new) <= _COSTLY:
        return opcodes(old, new)
    return [("replace", 0, len(old), 0, len(new))]


class _Layout:
    """Tells the differences that only lay out the code otherwise from those that change it."""

    def __init__(self, old: Sequence[str], new: Sequence[str], wanted: str) -> None:
        self.old, self.new, self.wanted = old, new, wanted
        self.tries = 0

    def without(self, spans: list[Opcode]) -> list[Opcode]:
        """`spans` without those that are layout: halves that change nothing are left out as a whole."""
        doubtful = [span for span in spans if self._may_be(span)]
        certain = [span for span in spans if not self._may_be(span)]
        return sorted([*certain, *self._kept(doubtful, certain)], key=lambda span: span[1:])

    def _may_be(self, span: Opcode) -> bool:
        _, start, stop, low, high = span
        return start == stop or low == high or _essence(self.old[start:stop]) == _essence(self.new[low:high])

    def _kept(self, spans: list[Opcode], others: list[Opcode]) -> list[Opcode]:
        if not spans or self.tries >= _TRIES:
            return spans
        self.tries += 1
        if self._same(others):
            return []
        if len(spans) == 1:
            return spans
        half = len(spans) // 2
        first = self._kept(spans[:half], [*others, *spans[half:]])
        return [*first, *self._kept(spans[half:], [*others, *first])]

    def _same(self, spans: list[Opcode]) -> bool:
        lines: list[str] = []
        at = 0
        for _, start, stop, low, high in sorted(spans, key=lambda span: span[1:]):
            lines += [*self.old[at:start], *self.new[low:high]]
            at = stop
        return _meaning([*lines, *self.old[at:]]) == self.wanted


def _essence(lines: Sequence[str]) -> str:
    """What is left of code without what layout may change; equal where two pieces may say the same."""
    return _LOOSE.sub("", " ".join(line.partition("#")[0] for line in lines))


def same_code(one: ast.AST, other: ast.AST) -> bool:
    """Whether two pieces of Python do the same, but for comments, layout and docstrings."""
    try:
        return _told(one) == _told(other)
    except (RecursionError, ValueError):  # as in `_meaning`
        return False


def _meaning(lines: Sequence[str]) -> str | None:
    """What Python code does, without comments, layout and docstrings; None where it does not parse."""
    module = python_tree("\n".join(lines).encode("utf-8", "surrogatepass"))
    if module is None:
        return None
    try:
        return _told(module)
    except (RecursionError, ValueError):  # ValueError: an integer with more digits than Python prints
        return None


def _told(node: ast.AST) -> str:
    """`node` as a text that is the same for code that does the same."""
    parts = [type(node).__name__]
    for name, value in ast.iter_fields(node):
        items = value if isinstance(value, list) else [value]
        if name == "body" and isinstance(node, _DOCUMENTED):
            items = items[1:] if len(items) > 1 and _is_text(items[0]) else items
        parts.append(f"{name}=[{','.join(_told(x) if isinstance(x, ast.AST) else repr(x) for x in items)}]")
    return f"({' '.join(parts)})"


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _indented_as(old: Sequence[str], new: tuple[str, ...]) -> tuple[str, ...]:
    """`new` indented in the style of `old`: tabs or blanks, as many a level."""
    there, given = _unit(old), _unit(new)
    if not there or not given or there == given:
        return new
    found = []
    for line in new:
        body = line.lstrip(given[0])
        levels, rest = divmod(len(line) - len(body), len(given))
        found.append(there * levels + given[0] * rest + body)
    return tuple(found)


def _unit(lines: Sequence[str]) -> str:
    """One level of indentation: a tab, or the fewest blanks that a line has; "" where there is none."""
    indents = [re.match(r"[ \t]*", line)[0] for line in lines if line.strip()]  # type: ignore[index]
    deep = [indent for indent in indents if indent]
    if any(indent.startswith("\t") for indent in deep):
        return "\t" if all(indent.startswith("\t") for indent in deep) else ""
    return min(deep, key=len, default="")
