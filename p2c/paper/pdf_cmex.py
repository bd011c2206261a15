"""TeX's big symbols (font CMEX): what a character code stands for, and how far the glyph reaches below its origin.

Fonts of this kind hang from their baseline, and most have no Unicode map, so that the file gives the code alone; code
32 is a parenthesis, no space. Codes and depths are those of TeXbook, appendix F, and of `cmex10.tfm`; those of the
pieces of brackets in Unicode's private area are the Adobe Glyph List's (`parenlefttp` and so on).
"""

from __future__ import annotations

_CODES = dict(enumerate("()[]⌊⌋⌈⌉{}⟨⟩|‖/\\"))
_CODES |= dict(zip(range(16, 32), "()()[]⌊⌋⌈⌉{}⟨⟩/\\", strict=True))
_CODES |= dict(zip(range(32, 48), "()[]⌊⌋⌈⌉{}⟨⟩/\\/\\", strict=True))
_CODES |= dict(zip(range(48, 68), "⎛⎞⎡⎤⎣⎦⎢⎥⎧⎫⎩⎭⎨⎬⎪⏐⎝⎠⎜⎟", strict=True))
_CODES |= dict(zip(range(68, 98), "⟨⟩⨆⨆∮∮⨀⨀⨁⨁⨂⨂∑∏∫∪∩⨄⋀\u22c1∑∏∫∪∩⨄⋀\u22c1∐∐", strict=True))
_CODES |= dict(zip(range(104, 112), "[]⌊⌋⌈⌉{}", strict=True)) | dict.fromkeys(range(112, 116), "√")
_DEPTHS = dict.fromkeys((16, 17, 46, 47), 1.8) | dict.fromkeys(range(18, 32), 2.4) | dict.fromkeys(range(32, 46), 3.0)
_DEPTHS |= dict.fromkeys(range(48, 54), 1.8) | dict.fromkeys(range(56, 60), 0.9) | dict.fromkeys(range(60, 62), 1.8)
_DEPTHS |= dict.fromkeys((64, 65, 68, 69), 1.8) | dict.fromkeys(range(104, 112), 1.8) | {113: 1.8, 114: 2.4, 115: 3.0}
_DEPTHS |= dict.fromkeys((70, 74, 76, 78, *range(80, 88), 96), 1.0) | {72: 1.11, 73: 2.22, 82: 1.11, 90: 2.22}
_DEPTHS |= dict.fromkeys((71, 75, 77, 79, 88, 89, *range(91, 96), 97), 1.4)
_ADOBE = dict(enumerate("⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪⎮⎞⎟⎠⎤⎥⎦⎫⎬⎭", start=0xF8EB))
_SYMBOLS = frozenset(_CODES.values())
_MAPPED = {"∑": 1.2, "∏": 1.2, "∫": 1.6, "√": 1.0} | dict.fromkeys("⎛⎞⎡⎤⎣⎦⎨⎬⎝⎠", 1.8) | dict.fromkeys("⎧⎫⎩⎭", 0.9)


def is_extension(font: str) -> bool:
    """Whether `font` is such a one, by its name: Computer Modern's, or Latin Modern's, which has the same codes."""
    return "CMEX" in font or "LMMathExtension" in font


def big_symbol(char: str, *, mapped: bool = False) -> tuple[str, float]:
    """The symbol that `char`, as the file gives it, stands for, and how many ems its glyph reaches down.

    With `mapped`, the file says so in Unicode: `(` is itself then, not the code of a brace. That hides the glyph's
    size, so that its depth is a guess.
    """
    char = _ADOBE.get(ord(char), char)
    if (mapped and char in _SYMBOLS) or ord(char) not in _CODES:
        return char, depth(char)
    return _CODES[ord(char)], _DEPTHS.get(ord(char), 1.2)


def depth(symbol: str) -> float:
    """How many ems `symbol` reaches down, about, where its font does not tell which of its sizes it is."""
    return _MAPPED.get(symbol, 1.2)
