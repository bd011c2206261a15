"""Text that has to be shorter ends where a paragraph, a sentence or a word does, and not in the middle of code."""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"[.!?][)\]\"'`*]*(?=\s+(?:[^\W\d_a-z]|[`*(\[-])|\s*\n|\s*$)")
"""What follows is a line's end or begins like a sentence, so that `Sec. 3` and `e.g. this` are no ends."""
_PARAGRAPH, _LINE, _WORD = re.compile(r"(?=\n[ \t]*\n)"), re.compile(r"(?=\n)"), re.compile(r"(?=\s)")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.M)


def shorten(line: str, limit: int) -> str:
    """One line in at most `limit` characters: whole, or whole sentences of it, or whole words and `…`."""
    if len(line) <= limit:
        return line
    sentences = line[: _last(_SENTENCE, line, limit)]
    if sentences and not _is_in_code(sentences):
        return sentences
    words = line[: _last(_WORD, line, limit - 2)] or line[: limit - 2]
    if _is_in_code(words):
        words = words.rpartition("`")[0]
    return (words.rstrip(" ,;:(-") or line[: limit - 2].replace("`", "")) + " …"


def cut(text: str, limit: int, rest: str) -> str:
    """A Markdown text, of a longer one than `limit` characters the beginning, up to the end of a paragraph or sentence.

    What is left out is said in a line of its own: `rest`, for example "the plan". A code block that was cut is closed.
    """
    text = text.strip()
    if len(text) <= limit:
        return text
    ends = (max(_last(one, text, limit) for one in (_PARAGRAPH, _SENTENCE)), _last(_LINE, text, limit))
    kept = text[: next(filter(None, (*ends, _last(_WORD, text, limit), limit)))]
    left = len(text) - len(kept)
    fences = [match[1] for match in _FENCE.finditer(kept)]
    closing = f"\n{fences[-1]}" if len(fences) % 2 else ""
    return f"{kept}{closing}\n\n[{left:,} more characters of {rest} are left out]"


def _last(pattern: re.Pattern[str], text: str, limit: int) -> int:
    """Where the last match ends within the second half of `limit` characters; 0 where none does."""
    found = (match.end() for match in pattern.finditer(text[: limit + 2]))
    return max((end for end in found if limit // 2 < end <= limit), default=0)


def _is_in_code(text: str) -> bool:
    return text.count("`") % 2 == 1
