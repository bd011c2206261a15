"""Structured answers: JSON out of whatever surrounds it, then strictly validated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from json_repair import repair_json
from pydantic import ValidationError

from p2c.errors import AnswerError
from p2c.model.fences import blocks
from p2c.model.types import Answer

_DECODER = json.JSONDecoder(strict=False)
_CONTROLS = {"\b": "\\b", "\f": "\\f"}
LONGEST = 1_000_000
"""Characters of an answer. No plan is as long; validating more takes longer than asking again."""
LONGEST_MENDED = 200_000
"""Characters that are repaired; what is longer must be JSON as it stands."""
MOST_OBJECTS = 200
"""In prose around the answer."""
_STRING_OR_COMMENT = re.compile(
    r'"(?:[^"\\]++|\\.)*+(?P<open>\\?\Z)?"?+|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?+|(?<!\S)#[^\n]*+', re.DOTALL
)
_STRING_OR_COMMA = re.compile(r'("(?:[^"\\]++|\\.)*+")|,(?=\s*+[}\]])', re.DOTALL)
"""A string, or a comma behind the last item."""
_NO_ESCAPE = re.compile(r'(\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))|\\')
"""An escape of JSON, or a backslash that begins none: of LaTeX, or of a regular expression."""
_OBJECT = re.compile(r"""\{\s*+(?:(?://|#)[^\n{]*+\n\s*+)*+(?:(?:"[^"\n{]*+"|'[^'\n{]*+'|\w++)\s*+:|\})""")
"""Where a JSON object begins, strictly or loosely written; no formula such as `{x | x > 0}`, no placeholder."""
_FORMULA = re.compile(r"\{[^{}\"'\n]*+\}")


class UnreadableAnswer(AnswerError):
    """One answer could not be used; the message goes back to the model."""


def read_answer(text: str, answer: type[Answer]) -> Answer:
    """The value in a model's answer.

    Tolerated around and in the JSON: prose, code fences, comments, trailing commas, single quotes, raw line
    breaks in strings. What was cut off is never completed: a shorter plan that validates would be worse than none.

    Raises:
        UnreadableAnswer: no JSON is found, it was cut off, or it does not validate; the message says where.
    """
    if len(text) > LONGEST:
        raise UnreadableAnswer(f"It has {len(text)} characters; at most {LONGEST} can be read. Be shorter.")
    problem = ""
    for candidate, malformed in _candidates(text):
        try:
            return answer.model_validate(candidate)
        except ValidationError as error:
            problem = problem or f"{malformed}{_explain(error)}"
    if problem:
        raise UnreadableAnswer(problem)
    if "{" not in text and "[" not in text:
        raise UnreadableAnswer("There is no JSON object in it.")
    if not _is_whole(text):
        raise UnreadableAnswer("The JSON is incomplete: it ends before every bracket and string is closed.")
    raise UnreadableAnswer("The JSON is malformed and cannot be parsed.")


def _candidates(text: str) -> Iterator[tuple[Any, str]]:
    """JSON values in `text`, the likeliest first; those that need mending last, with what is malformed in them."""
    fenced = [block.content.strip() for block in blocks(text) if block.closed and block.content.strip()]
    pieces = [text.strip(), *fenced[: -MOST_OBJECTS - 1 : -1]]
    for piece in pieces:
        with suppress(ValueError, RecursionError):  # nested a thousand deep: no answer of ours
            yield _tidy(json.loads(piece, strict=False)), ""
    yield from ((value, "") for value, _ in sorted(_embedded(text), key=lambda found: -found[1]))
    for piece in (*pieces[1:], _outermost(text)):
        if piece.startswith(("{", "[")) and len(piece) <= LONGEST_MENDED and _is_whole(piece):
            yield from _mended(piece)


def _mended(piece: str) -> Iterator[tuple[Any, str]]:
    """JSON without comments and commas behind the last item, its strings intact; else as well as it can be guessed."""
    bare = _STRING_OR_COMMENT.sub(lambda found: _escaped(found[0]) if found[0].startswith('"') else "", piece)
    try:
        yield _tidy(json.loads(_STRING_OR_COMMA.sub(r"\1", bare), strict=False)), ""
    except RecursionError:
        return
    except ValueError as error:
        with suppress(RecursionError, ValueError):  # nested too deep for it
            guessed = _tidy(repair_json(piece, return_objects=True, skip_json_loads=True))
            yield guessed, f"The JSON is malformed: {error}. Read as it may have been meant:\n"


def _escaped(string: str) -> str:
    return _NO_ESCAPE.sub(lambda found: found[1] or "\\\\", string)


def _embedded(text: str) -> Iterator[tuple[Any, int]]:
    """Every outermost object that parses as it is, with its length."""
    position = 0
    for _ in range(MOST_OBJECTS):
        opening = _OBJECT.search(text, position)
        if opening is None:
            return
        try:
            value, position = _DECODER.raw_decode(text, opening.start())
            yield _tidy(value), position - opening.start()
        except (ValueError, RecursionError):
            formula = _FORMULA.match(text, opening.start())
            if formula is None:
                return  # malformed: what parses inside it is only a part of the answer
            position = formula.end()


def _outermost(text: str) -> str:
    """From the first brace that begins an object to the last that can end it; the last formula where all are formulas.

    An object without quotes and without another one inside looks like a formula.
    """
    openings = [opening.start() for opening in islice(_OBJECT.finditer(text), MOST_OBJECTS)]
    formulas = [_FORMULA.match(text, start) for start in openings]
    start = next((start for start, formula in zip(openings, formulas, strict=True) if formula is None), None)
    if start is not None:
        return text[start : text.rfind("}") + 1]
    return formulas[-1].group() if formulas and formulas[-1] else ""


def _is_whole(piece: str) -> bool:
    """Whether every bracket is closed, either outside strings or counted plainly (quotes may be broken)."""
    if len(piece) > LONGEST_MENDED:
        return True  # not looked at: it is not mended either
    bare = _STRING_OR_COMMENT.sub(lambda found: '"' if found["open"] is not None else "", piece)
    return any(
        text.count("{") == text.count("}") and text.count("[") == text.count("]") and not text.count('"') % 2
        for text in (bare, piece)
    )


def _tidy(value: Any) -> Any:
    r"""Strings with `\b` and `\f` as the LaTeX they were meant to be: an unescaped `\beta`, `\frac`."""
    if isinstance(value, str):
        if "\b" not in value and "\f" not in value:
            return value
        return "".join(_CONTROLS.get(letter, letter) for letter in value)
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if isinstance(value, dict):
        return {key: _tidy(item) for key, item in value.items()}
    return value


def _explain(error: ValidationError) -> str:
    lines = []
    for detail in error.errors(include_url=False, include_context=False)[:12]:
        where = ".".join(str(part) for part in detail["loc"]) or "the whole answer"
        given = repr(detail["input"])
        lines.append(f"- {where}: {detail['msg']} (got {given if len(given) <= 80 else given[:77] + '...'})")
    rest = error.error_count() - len(lines)
    return "\n".join(lines) + (f"\n- and {rest} more" if rest > 0 else "")
