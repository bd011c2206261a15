"""Limits of big operators: small print centred below and above ∑, ∏, max and their like becomes `∑_{i=1}^{n}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from p2c.paper.pdf_fractions import ink
from p2c.paper.pdf_words import Word

_SYMBOLS = frozenset("∑∏∫∮∪∩\u22c3\u22c2∐⋀\u22c1⨀⨁⨂⨄⨆")
_NAMES = re.compile(r"(?:arg)?(?:max|min|sup|inf|lim|limsup|liminf)|Pr")
_SMALL = 0.85
"""Share of the formula's print below which something is a limit or an index."""


def is_operator(word: Word) -> bool:
    """Whether limits may stand above and below `word`."""
    return word.text in _SYMBOLS or bool(_NAMES.fullmatch(word.text))


def operator_ink(word: Word) -> tuple[float, float]:
    """Top and bottom of an operator; where its font does not hang, a symbol reaches below its baseline."""
    if word.extent or word.text not in _SYMBOLS:
        return ink(word)
    return word.baseline - 0.75 * word.size, word.baseline + 0.22 * word.size


def with_limits(words: Sequence[Word], size: float, linear: Callable[[Sequence[Word]], str]) -> list[Word]:
    """`words`, whose print is of `size` points, with each operator and its limits as one word."""
    left = _named(words)
    operators = [w for w in left if is_operator(w) and (w.hangs or w.size >= _SMALL * size)]
    small = [w for w in left if w.size < _SMALL * size and w not in operators]
    below = {id(o): _limit(o, small, operators, size, up=False) for o in operators}
    above = {id(o): _limit(o, small, operators, size, up=True) if o.text in _SYMBOLS else [] for o in operators}
    used = {id(w) for part in (*below.values(), *above.values()) for w in part}
    found: list[Word] = []
    for word in left:
        if id(word) in used:
            continue
        low, high = below.get(id(word), []), above.get(id(word), [])
        if not low and not high:
            found.append(word)
            continue
        text = word.text + (f"_{{{linear(low)}}}" if low else "") + (f"^{{{linear(high)}}}" if high else "")
        top, bottom = operator_ink(word)
        middle = (top + bottom) / 2
        baseline = middle + 0.25 * size if word.text in _SYMBOLS else word.baseline
        spread = [*low, *high]
        extent = (min([top, *(ink(w)[0] for w in spread)]), max([bottom, *(ink(w)[1] for w in spread)]))
        found.append(replace(word, text=text, size=size, baseline=baseline, hangs=False, extent=extent))
    return found


def _named(words: Sequence[Word]) -> list[Word]:
    """`words` with `arg` and the `max` or `min` behind it as one: the limit is centred below both."""
    left = list(words)
    for word in [w for w in left if w.text == "arg"]:
        after = [
            w
            for w in left
            if _NAMES.fullmatch(w.text) and abs(w.baseline - word.baseline) < 1 and 0 <= w.x0 - word.x1 < 0.5 * w.size
        ]
        if after:
            left = [w for w in left if w is not word and w is not after[0]]
            left.append(replace(after[0], text="arg" + after[0].text, x0=word.x0))
    return left


def _limit(operator: Word, small: Sequence[Word], operators: Sequence[Word], size: float, *, up: bool) -> list[Word]:
    """The small print over or under `operator`: from what stands there, on to both sides without white."""

    def distance(word: Word) -> float:
        (high, low), (top, bottom) = ink(word), operator_ink(operator)
        return top - low if up else high - bottom

    near = [w for w in small if -0.3 * size <= distance(w) <= 1.2 * size]
    rivals = [o for o in operators if up <= (o.text in _SYMBOLS) and abs(_centre(o)[1] - _centre(operator)[1]) < size]
    x = _centre(operator)[0]
    least = max((_border(near, _centre(o)[0], x) for o in rivals if _centre(o)[0] < x), default=0.0)
    most = min((_border(near, x, _centre(o)[0]) for o in rivals if _centre(o)[0] > x), default=1e9)
    near = [w for w in near if least < w.middle[0] < most]
    starts = [w for w in near if w.x0 < operator.x1 - 0.2 and w.x1 > operator.x0 + 0.2]
    if not starts:
        return []
    found = [min(starts, key=lambda w: (round(distance(w)), -w.size))]
    grown = True
    while grown:
        grown = False
        for word in near:
            if word not in found and any(_beside(word, other) for other in found):
                found.append(word)
                grown = True
    left, right = min(w.x0 for w in found), max(w.x1 for w in found)
    aside = abs(left + right - operator.x0 - operator.x1) / 2
    return found if aside <= max(0.6 * size, 0.5 * (operator.x1 - operator.x0), 0.3 * (right - left)) else []


def _centre(operator: Word) -> tuple[float, float]:
    return (operator.x0 + operator.x1) / 2, sum(operator_ink(operator)) / 2


def _border(words: Sequence[Word], left: float, right: float) -> float:
    """Where the limits of two operators, centred at `left` and `right`, part: at the widest gap between them."""
    spans = sorted([(w.x0, w.x1) for w in words if w.x1 > left and w.x0 < right] + [(right, right)])
    widest, border, end = -1.0, (left + right) / 2, left
    for start, stop in spans:
        if start - end > widest:
            widest, border = start - end, (start + end) / 2
        end = max(end, stop)
    return border


def _beside(one: Word, other: Word) -> bool:
    (top, bottom), (high, low) = ink(one), ink(other)
    return max(one.x0 - other.x1, other.x0 - one.x1) <= 0.6 * other.size and top < low and high < bottom
