"""Fractions and roots of a formula: what stands above and below a drawn line becomes one word, `\\frac{1}{n}`.

TeXbook, appendix G, rules 11 and 15: a root's line begins at its sign; a fraction's line is as wide as the wider of its
two parts, and both are centred on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from p2c.paper.pdf_words import Word

Box = tuple[float, float, float, float]
Linear = Callable[[Sequence[Word]], str]

_AXIS = 0.25
"""Ems by which the middle of a formula (its fraction lines, its minus signs) is above the baseline."""
_DEEP = frozenset("gjpqy()[]{},;|µρϕβγηχψζξ/∫")


def ink(word: Word) -> tuple[float, float]:
    """Top and bottom of what is printed, about: a word's box is that of its font, which is too high and too deep."""
    if word.extent:
        return word.extent
    low = any(char in "acemnorsuvwxzgpqy" for char in word.text[:1]) and len(word.text) == 1
    return (
        word.baseline - (0.48 if low else 0.7) * word.size,
        word.baseline + (0.22 if _DEEP.intersection(word.text) else 0.0) * word.size,
    )


def with_fractions(words: Sequence[Word], rules: Sequence[Box], linear: Linear, largest: float = 1e9) -> list[Word]:
    """`words` with every fraction and root that one of `rules` (thin lines) shows as one word in its place.

    `linear` writes the parts. With `largest`, only fractions whose print is all smaller (points) are taken: in running
    text, where a line between two lines is an underline otherwise.
    """
    left = list(words)
    for rule in sorted(rules, key=lambda box: box[2] - box[0]):
        left = _with_root(left, rule, linear) or _with_fraction(left, rule, linear, largest) or left
    return left


def _with_root(words: list[Word], rule: Box, linear: Linear) -> list[Word] | None:
    signs = [w for w in words if w.text == "√" and abs(w.x1 - rule[0]) < 2 and abs(ink(w)[0] - rule[1]) < 0.35 * w.size]
    if not signs:
        return None
    sign = signs[0]
    bottom = ink(sign)[1]
    under = [w for w in words if w is not sign and _over(w, rule) and rule[1] - 1 < ink(w)[1] and ink(w)[0] < bottom]
    under = [w for w in under if ink(w)[0] >= rule[1] - 0.2 * w.size and w.middle[0] < rule[2]]  # no comma behind it
    if not under:
        return None
    main = max(under, key=lambda w: w.size)
    whole = replace(
        main,
        text=f"\\sqrt{{{linear(under)}}}",
        x0=sign.x0,
        x1=rule[2],
        y0=rule[1],
        y1=max(bottom, *(ink(w)[1] for w in under)),
        hangs=False,
        extent=(rule[1], max(ink(w)[1] for w in under)),
    )
    return _replaced(words, [sign, *under], whole)


def _with_fraction(words: list[Word], rule: Box, linear: Linear, largest: float) -> list[Word] | None:
    above, below = _part(words, rule, up=True), _part(words, rule, up=False)
    if not above or not below:
        return None
    size = max(w.size for w in (*above, *below))
    widest = max(_width(above), _width(below))
    if size >= largest or abs(rule[2] - rule[0] - widest) > 0.8 * size or not _centred(above, below, size):
        return None
    y = (rule[1] + rule[3]) / 2
    top, bottom = min(ink(w)[0] for w in above), max(ink(w)[1] for w in below)
    around = [w.size for w in words if w not in above and w not in below and not w.hangs and ink(w)[0] < y < ink(w)[1]]
    em = max([size, *around]) if around else size
    whole = replace(
        above[0],
        text=f"\\frac{{{linear(above)}}}{{{linear(below)}}}",
        x0=rule[0],
        x1=rule[2],
        y0=top,
        y1=bottom,
        baseline=y + _AXIS * em,
        size=em,
        hangs=False,
        extent=(top, bottom),
    )
    return _replaced(words, [*above, *below], whole)


def _part(words: Sequence[Word], rule: Box, *, up: bool) -> list[Word]:
    """What stands on the line, or hangs under it: a group that begins near it and has no white through it."""
    found: list[Word] = []
    far = 0.0
    y = (rule[1] + rule[3]) / 2

    def near(word: Word) -> tuple[float, float]:
        top, bottom = ink(word)
        return (y - bottom, y - top) if up else (top - y, bottom - y)

    for word in sorted((w for w in words if w.x0 < rule[2] - 0.5 and w.x1 > rule[0] + 0.5), key=near):
        start, end = near(word)
        if start < -0.3 * word.size or end <= 0 or start > (far - 0.15 * word.size if found else 0.65 * word.size):
            continue
        if not _over(word, rule):
            return []
        found.append(word)
        far = max(far, end)
    return found


def _over(word: Word, rule: Box) -> bool:
    slack = 0.25 * word.size
    return word.x0 >= rule[0] - slack and word.x1 <= rule[2] + slack


def _centred(above: Sequence[Word], below: Sequence[Word], size: float) -> bool:
    one, other = _middle(above), _middle(below)
    return abs(one - other) <= 0.5 * size


def _middle(words: Sequence[Word]) -> float:
    return (min(w.x0 for w in words) + max(w.x1 for w in words)) / 2


def _width(words: Sequence[Word]) -> float:
    return max(w.x1 for w in words) - min(w.x0 for w in words)


def _replaced(words: Sequence[Word], parts: Sequence[Word], whole: Word) -> list[Word]:
    gone = {id(part) for part in parts}
    return [*(w for w in words if id(w) not in gone), whole]
