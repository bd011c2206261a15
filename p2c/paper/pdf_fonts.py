"""Fonts whose characters stand for others: found by what a whole document sets in them, and put right."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from p2c.paper.pdf_words import Word

_HIGH = re.compile("[\u00c0-\u00ff]")
_CODE = re.compile("[\x01-\x09]")


def decoded(pages: list[list[Word]]) -> list[list[Word]]:
    """`pages` with the words of such fonts as they are printed."""
    texts: dict[str, Counter[str]] = {}
    for word in (word for words in pages for word in words):
        texts.setdefault(word.font, Counter()).update(word.text)
    renumbered = any(_lacks_digits(used, codes=3) and used["0"] for used in texts.values())
    changes: dict[str, Callable[[str], str]] = {}
    for font, used in texts.items():
        if _is_cyrillic(used):
            changes[font] = _cyrillic
        elif renumbered and _lacks_digits(used, codes=1):
            changes[font] = _digits
    if not changes:
        return pages
    return [[replace(w, text=changes[w.font](w.text)) if w.font in changes else w for w in words] for words in pages]


def _is_cyrillic(used: Counter[str]) -> bool:
    """Whether Latin letters (`\u00d0\u00e5\u00f8\u00e0`) stand for Cyrillic, as in T2A fonts without a Unicode map.

    T2A and CP1251 both have the letters at 0xC0 to 0xFF. No language of Latin script has more than half of its letters
    there, so a font where most letters are is a Cyrillic one.
    """
    high = sum(count for char, count in used.items() if _HIGH.match(char) and char.isalpha())
    return high >= 8 and high > 0.6 * sum(count for char, count in used.items() if char.isalpha())


def _cyrillic(text: str) -> str:
    return _HIGH.sub(lambda found: found[0].encode("latin-1").decode("cp1251"), text)


def _lacks_digits(used: Counter[str], codes: int) -> bool:
    """Whether the digits 1 to 9 are at the codes 1 to 9: as Distiller 3 numbered the glyphs of bitmap fonts (1997).

    Such a font sets letters, perhaps zeros, never another digit, and has at least `codes` of these codes.
    """
    letters = sum(count for char, count in used.items() if char.islower())
    found = sum(count for char, count in used.items() if _CODE.match(char))
    return letters >= 20 and found >= codes and not any(used[digit] for digit in "123456789")


def _digits(text: str) -> str:
    return _CODE.sub(lambda found: str(ord(found[0])), text)
