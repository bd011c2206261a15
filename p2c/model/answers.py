"""Structured answers: JSON out of whatever surrounds it, then strictly validated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from json_repair import repair_json
from pydantic import ValidationError

from p2c.errors import AnswerError
from p2c.model.fences import blocks
from p2c.model.types import Answer

_DECODER = json.JSONDecoder(strict=False)
_CONTROLS = {"\b": "\\b", "\f": "\\f"}
_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/|(?<!\S)#[^\n]*', re.DOTALL)


class UnreadableAnswer(AnswerError):
    """One answer could not be used; the message goes back to the model."""


def read_answer(text: str, answer: type[Answer]) -> Answer:
    """The value in a model's answer.

    Tolerated around and in the JSON: prose, code fences, comments, trailing commas, single quotes, raw line
    breaks in strings. What was cut off is never completed: a shorter plan that validates would be worse than none.

    Raises:
        UnreadableAnswer: no JSON is found, it was cut off, or it does not validate; the message says where.
    """
    problem = ""
    for candidate in _candidates(text):
        try:
            return answer.model_validate(candidate)
        except ValidationError as error:
            problem = problem or _explain(error)
    if problem:
        raise UnreadableAnswer(problem)
    if "{" not in text and "[" not in text:
        raise UnreadableAnswer("There is no JSON object in it.")
    if not _is_whole(text):
        raise UnreadableAnswer("The JSON is incomplete: it ends before every bracket and string is closed.")
    raise UnreadableAnswer("The JSON is malformed and cannot be parsed.")


def _candidates(text: str) -> Iterator[Any]:
    """JSON values in `text`, the likeliest first; each as parsed, those that need mending last."""
    pieces = [text.strip(), *(block.content.strip() for block in reversed(blocks(text)) if block.closed)]
    for piece in pieces:
        try:
            yield _tidy(json.loads(piece, strict=False))
        except (ValueError, RecursionError):  # nested a thousand deep: no answer of ours
            continue
    yield from (value for value, _ in sorted(_embedded(text), key=lambda found: -found[1]))
    for piece in (*pieces[1:], _outermost(text)):
        if piece.startswith(("{", "[")) and _is_whole(piece):
            with suppress(RecursionError, ValueError):  # nested too deep for it
                yield _tidy(repair_json(piece, return_objects=True, skip_json_loads=True))


def _embedded(text: str) -> Iterator[tuple[Any, int]]:
    """Every outermost object that parses as it is, with its length."""
    position = text.find("{")
    while position >= 0:
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            if _opens_object(text, position):
                return  # malformed: what parses inside it is only a part of the answer
            end = position + 1
        else:
            yield _tidy(value), end - position
        position = text.find("{", end)


def _opens_object(text: str, position: int) -> bool:
    """Whether the brace begins a JSON object, not a formula or a placeholder in prose."""
    return re.match(r"\{\s*(//[^\n]*\s*|#[^\n]*\s*)*[\"']?\w+[\"']?\s*:", text[position : position + 400]) is not None


def _outermost(text: str) -> str:
    """From the first brace that begins an object to the last that can end it."""
    starts = (match.start() for match in re.finditer(r"\{", text))
    start = next((position for position in starts if _opens_object(text, position)), None)
    return "" if start is None else text[start : text.rfind("}") + 1]


def _is_whole(piece: str) -> bool:
    """Whether every bracket is closed, either outside strings or counted plainly (quotes may be broken)."""
    bare = _STRING_OR_COMMENT.sub("", piece)
    return any(
        text.count("{") == text.count("}") and text.count("[") == text.count("]") and not text.count('"') % 2
        for text in (bare, piece)
    )


def _tidy(value: Any) -> Any:
    r"""Strings with `\b` and `\f` as the LaTeX they were meant to be: an unescaped `\beta`, `\frac`."""
    if isinstance(value, str):
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
