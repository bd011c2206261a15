"""The numbers that a text speaks of, however it writes them: `4,000`, `10^{-4}`, `2 \\cdot 10^{-7}`, `31 %`, `ten`."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable

_WORDS = {
    "zero": 0.0, "one": 1.0, "once": 1.0, "two": 2.0, "twice": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0,
    "seven": 7.0, "eight": 8.0, "nine": 9.0, "ten": 10.0, "eleven": 11.0, "twelve": 12.0, "dozen": 12.0,
    "fifteen": 15.0, "sixteen": 16.0, "twenty": 20.0, "thirty": 30.0, "fifty": 50.0, "hundred": 100.0,
    "thousand": 1000.0, "half": 0.5, "third": 1 / 3, "quarter": 0.25,
}  # fmt: skip
_SUFFIXES = {"k": 1e3, "m": 1e6, "b": 1e9, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_PLAIN = r"(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_SCIENTIFIC = re.compile(
    rf"(?:(?P<m>{_PLAIN})\s*(?:\\cdot|\\times|[·*x])\s*)?(?<!\d)10\s*\^\s*(?:\{{\s*(?P<a>-?\s*\d+)\s*\}}|(?P<b>-?\s*\d+))"
)
_LOWERED = re.compile(r"(?<![\d.])10(-\d{1,2})(?![\d.])")
_POWER = re.compile(r"(?<![\d.])(\d{1,4})\s*\^\s*\{?\s*(\d{1,2})\s*\}?")
_FRACTION = re.compile(rf"\\[dt]?frac\s*\{{\s*({_PLAIN})\s*\}}\s*\{{\s*({_PLAIN})\s*\}}|({_PLAIN})\s*/\s*({_PLAIN})")
_NUMBER = re.compile(rf"({_PLAIN})(?:[eE]([+-]?\d+))?\s*(%|(?:[kKMB]|thousand|[mb]illion)\b)?")
_WORD = re.compile(r"[a-z]+")


def numbers_in(text: str) -> frozenset[float]:
    """Every number that `text` can be read to hold, without its sign.

    Where there are two readings both count: `10,100` is ten thousand one hundred, and ten, and a hundred; `0.1 %` is
    0.1 and 0.001; `10-4` is ten and four, and what a PDF reader can leave of a ten with a small -4.
    """
    text = _simplified(text)
    found: set[float] = set()
    for match in _SCIENTIFIC.finditer(text):
        exponent = int((match["a"] or match["b"]).replace(" ", ""))
        _add(found, f"{_value(match['m'] or '1')}e{exponent}")
    text = _SCIENTIFIC.sub(" ", text)
    found.update(10.0 ** int(exponent) for exponent in _LOWERED.findall(text))
    found.update(float(base) ** int(exponent) for base, exponent in _POWER.findall(text))
    for above, below, left, right in _FRACTION.findall(text):
        top, bottom = _value(above or left), _value(below or right)
        found.update({top / bottom} if bottom else ())
    for number in _NUMBER.finditer(text):
        digits, power, unit = number.groups()
        _add(found, f"{_value(digits)}e{power or 0}")
        found.update(_value(part) for part in digits.split(",") if part)
        if unit == "%":
            found.add(_value(digits) / 100)
        elif unit:
            found.add(_value(digits) * _SUFFIXES[unit.lower()])
    found.update(_WORDS[word] for word in _WORD.findall(text.lower()) if word in _WORDS)
    return frozenset(found)


def holds(numbers: Iterable[float], wanted: float) -> bool:
    """Whether `wanted`, or its negative, is among `numbers`, up to rounding."""
    return any(math.isclose(number, abs(wanted), rel_tol=1e-6, abs_tol=1e-300) for number in numbers)


def _add(found: set[float], written: str) -> None:
    number = float(written)
    if math.isfinite(number):
        found.add(number)


def _value(digits: str) -> float:
    return float(digits.replace(",", ""))


def _simplified(text: str) -> str:
    """`text` with one way to write minus, superscripts, spaces, thousands and per cent."""
    plain: list[str] = []
    raised = False
    for letter in text:
        name = unicodedata.name(letter, "") if not letter.isascii() else ""
        is_raised = name.startswith("SUPERSCRIPT")
        if is_raised and not raised:
            plain.append("^")
        raised = is_raised
        plain.append(_SIGNS.get(name) or (unicodedata.normalize("NFKC", letter) if name else letter))
    joined = "".join(plain).replace("$", "")
    joined = joined.replace("{,}", ",").replace("\\,\\%", "%").replace("\\%", "%").replace("\\,", " ")
    return re.sub(r"\\(?:mathrm|text|mathbf)\s*", "", joined)


_SIGNS = {
    **dict.fromkeys(("MINUS SIGN", "EN DASH", "HYPHEN", "NON-BREAKING HYPHEN", "SUPERSCRIPT MINUS"), "-"),
    **dict.fromkeys(("MULTIPLICATION SIGN", "DOT OPERATOR", "MIDDLE DOT"), "*"),
}
"""Unicode's names for minus and times -> how they are written here."""
