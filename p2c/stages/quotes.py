"""Whether a paper says what is quoted from it: word by word, but for how it was set, wrapped and transcribed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

ENOUGH = 0.8
"""Share of the quote's words that one passage of the text must hold."""
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
_LOWERED = re.compile(r"(?<=[^\W\d_])_\{?(?:\\[a-z]+\{)?(?=[^\W\d_])")
_GAP = re.compile(r"\.\.\.|…|\[\.\.\.\]")


def is_quoted(quote: str, text: str) -> bool:
    """Whether `text` has a passage with (nearly) the words of `quote`, and all of its digits.

    Case, punctuation, line breaks, LaTeX commands and the names of Greek letters do not matter; parts joined by
    `...` are looked for one by one. A quote without words or digits is in no text. A letter and the word below it are
    two words or one, as papers and their readers have it: `d_model`, `$d_{\\text{model}}$`, `\\dmodel`, `d model`.
    """
    return any(_is_in(quote, text, joined=joined) for joined in (False, True))


def _is_in(quote: str, text: str, *, joined: bool) -> bool:
    pieces = [piece for part in _GAP.split(quote) if (piece := _words(part, joined=joined))]
    words = _words(text, joined=joined)
    return bool(pieces) and all(_has(words, piece) for piece in pieces)


@lru_cache(maxsize=256)
def _words(text: str, *, joined: bool) -> tuple[str, ...]:
    plain = _plain(text)
    return tuple(_TOKEN.findall(_LOWERED.sub("", plain) if joined else plain))


def _plain(text: str) -> str:
    spelt = "".join(_spelt(letter) for letter in unicodedata.normalize("NFKC", text))
    return re.sub(r"-\s*\n\s*", "", spelt).lower().replace("\\var", "\\")


def _spelt(letter: str) -> str:
    name = unicodedata.name(letter, "")
    return f" {name.rsplit(' ', 1)[-1].lower()} " if name.startswith("GREEK ") else letter


def _has(words: Sequence[str], piece: Sequence[str]) -> bool:
    wanted = Counter(piece)
    digits = {word for word in wanted if word[0].isdigit()}
    width = len(piece) + len(piece) // 4 + 1
    needed = ENOUGH * len(piece)
    for start, word in enumerate(words):
        if word not in wanted:
            continue
        passage = Counter(words[start : start + width])
        if sum((passage & wanted).values()) >= needed and all(digit in passage for digit in digits):
            return True
    return False
