r"""Letters of mathematical alphabets: `\mathcal{G}` is another thing than `G`.

TeX has them in fonts of their own, at the codes of plain letters (TeXbook, appendix F; `amsfonts`, `euscript`,
`dsfont`); newer files have Unicode's mathematical alphanumeric symbols.
"""

from __future__ import annotations

import re
import unicodedata

_ALPHABETS = {"SCRIPT CAPITAL": "mathcal", "DOUBLE-STRUCK CAPITAL": "mathbb", "FRAKTUR": "mathfrak"}
_ALPHABETS |= {"DOUBLE-STRUCK DIGIT": "mathbb", "BLACK-LETTER CAPITAL": "mathfrak"}
_FONTS = {
    "mathcal": re.compile("(?:CMB?|TX|PX)SY|LMMathSymbols|EUS[MB]|RSFS", re.IGNORECASE),
    "mathbb": re.compile("MSBM|BBOLD|DSROM|BBM", re.IGNORECASE),
    "mathfrak": re.compile("EUF[MB]", re.IGNORECASE),
}
_LETTER = re.compile("[\u2102-\u2133\U0001d400-\U0001d7ff]")
_PARTS = "\u211c\u2111"
"""Real and imaginary part, in most papers: they stay as they are."""


def _alphabet(letter: str) -> str:
    """The LaTeX command of the alphabet that `letter` belongs to; empty where the plain letter says as much."""
    plain = unicodedata.normalize("NFKC", letter)
    name = unicodedata.name(letter, "")
    if letter in _PARTS or not plain.isascii() or "ITALIC" in name:
        return ""
    return next((command for words, command in _ALPHABETS.items() if words in name), "")


_KNOWN = {
    (command, unicodedata.normalize("NFKC", letter)): letter
    for letter in map(chr, (*range(0x1D7FF, 0x1D400, -1), *range(0x2133, 0x2101, -1)))
    if (command := _alphabet(letter))
}


def in_alphabet(text: str, font: str) -> str:
    """`text`, as the file gives it, with the letters that `font` prints in an alphabet of its own."""
    for command, fonts in _FONTS.items():
        if fonts.search(font):
            return "".join(_KNOWN.get((command, char), char) for char in text)
    return text


def with_commands(text: str) -> str:
    r"""`text` with letters of such alphabets as LaTeX (`\mathbb{R}`), other mathematical letters as plain ones."""
    return _LETTER.sub(lambda found: _written(found[0]), text)


def _written(letter: str) -> str:
    plain = unicodedata.normalize("NFKC", letter)
    command = _alphabet(letter)
    if command:
        return f"\\{command}{{{plain}}}"
    return plain if letter > "\U0001d3ff" else letter
