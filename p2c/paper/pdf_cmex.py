"""TeX's big symbols (font CMEX): what a character code stands for, and how far the glyph reaches below its origin.

Fonts of this kind hang from their baseline, and most have no Unicode map, so that the file gives the code alone. Codes
and depths are those of TeXbook, appendix F, and of `cmex10.tfm`.
"""

from __future__ import annotations

_CODES = dict(enumerate("()[]⌊⌋⌈⌉{}⟨⟩|‖"))
_CODES |= dict(zip(range(16, 30), "()()[]⌊⌋⌈⌉{}⟨⟩", strict=True))
_CODES |= dict(zip(range(32, 44), "()[]⌊⌋⌈⌉{}⟨⟩", strict=True))
_CODES |= dict(zip(range(48, 68), "⎛⎞⎡⎤⎣⎦⎢⎥⎧⎫⎩⎭⎨⎬⎪⏐⎝⎠⎜⎟", strict=True))
_CODES |= dict(zip(range(104, 112), "[]⌊⌋⌈⌉{}", strict=True)) | dict.fromkeys(range(112, 116), "√")
_CODES |= dict(zip(map(ord, "PQRSTXYZ[\\"), "∑∏∫∪∩∑∏∫∪∩", strict=True))
_DEPTHS = dict.fromkeys(range(16, 18), 1.8) | dict.fromkeys(range(18, 32), 2.4) | dict.fromkeys(range(32, 48), 3.0)
_DEPTHS |= dict.fromkeys(range(48, 54), 1.8) | dict.fromkeys(range(56, 60), 0.9) | dict.fromkeys(range(60, 62), 1.8)
_DEPTHS |= dict.fromkeys(range(64, 66), 1.8) | dict.fromkeys(range(104, 112), 1.8) | {113: 1.8, 114: 2.4, 115: 3.0}
_DEPTHS |= {ord(char): 1.0 for char in "PQST"} | {ord(char): 1.4 for char in "XY[\\"} | {ord("R"): 1.11, ord("Z"): 2.22}
_MAPPED = {"∑": 1.2, "∏": 1.2, "∫": 1.6, "√": 1.0} | dict.fromkeys("⎛⎞⎡⎤⎣⎦⎨⎬⎝⎠", 1.8) | dict.fromkeys("⎧⎫⎩⎭", 0.9)


def is_extension(font: str) -> bool:
    """Whether `font` is such a one, by its name: Computer Modern's, or Latin Modern's, which has the same codes."""
    return "CMEX" in font or "LMMathExtension" in font


def big_symbol(char: str) -> str:
    """The symbol that `char`, as the file gives it, stands for."""
    return _CODES.get(ord(char), char)


def depth(char: str) -> float:
    """How many ems the glyph of `char` reaches down; a guess where a Unicode map hides its size."""
    return _DEPTHS.get(ord(char), _MAPPED.get(char, 1.2))
