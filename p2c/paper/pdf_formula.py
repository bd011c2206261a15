"""Display formulas by geometry, as LaTeX in a line: `-\\frac{1}{N} \\sum_{n=1}^{N} y_{n} \\log(f(BAx_{n}))`.

Print size, baseline and drawn lines tell fractions, roots, limits and indices apart; what they do not tell stays in
rows from top to bottom and from left to right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from p2c.paper.pdf_fractions import Box, ink, with_fractions
from p2c.paper.pdf_limits import is_operator, operator_ink, with_limits
from p2c.paper.pdf_words import Word, mend

_SMALL = 0.85
_HATS = {"\u02c6": "hat", "\u02dc": "tilde", "\u00af": "bar", "\u02d9": "dot", "\u02c7": "check", "\u02d8": "breve"}
_PIECES = {"⎛⎜⎝": "(", "⎞⎟⎠": ")", "⎡⎢⎣": "[", "⎤⎥⎦": "]", "⎧⎨⎩⎪": "\\{", "⎫⎬⎭⎪": "\\}"}
_SIGNS = {"∑": "\\sum", "∏": "\\prod", "∫": "\\int", "√": "\\sqrt", "\u2212": "-"}
_FUNCTIONS = re.compile(r"(?<![A-Za-z\\])(log|exp|max|min|sup|inf|lim|ln|sin|cos|tan|tanh|det|Pr)(?![A-Za-z])")
_ARG = re.compile(r"\barg\s?(?=max|min)")
_NUMBER = re.compile(r"\((?:[A-Z]\.?)?\d+(?:\.\d+)?[a-z]?\)")


def formula_lines(words: Sequence[Word], rules: Sequence[Box]) -> list[str]:
    """The rows of a display formula, from top to bottom; `rules` are the thin horizontal lines drawn near it."""
    plain = [replace(w, text=re.sub(r"([{}])", r"\\\1", w.text)) for w in words if mend(w.text).strip()]
    return [_polished(row).strip() for row in _rows(plain, rules)]


def linear(words: Sequence[Word]) -> str:
    """A part of a formula (a numerator, a limit) in one line."""
    return " ".join(row.strip() for row in _rows(words, ()))


def _polished(row: str) -> str:
    for sign, name in _SIGNS.items():
        row = re.sub(re.escape(sign) + r"(?=[A-Za-z0-9])", f"{name} ".replace("- ", "-").replace("\\", r"\\"), row)
        row = row.replace(sign, name)
    return mend(_FUNCTIONS.sub(r"\\\1", _ARG.sub(r"\\arg ", row)))


def _rows(words: Sequence[Word], rules: Sequence[Box]) -> list[str]:
    whole = with_fractions(_accented(_assembled(words)), rules, linear)
    if not whole:
        return []
    size = _print_size(whole)
    parts = _with_stacks(_with_cases(with_limits(whole, size, linear), size), size)
    rows = _grouped(parts, size)
    return [_row(mains, scripts, size) for mains, scripts in rows]


def _print_size(words: Sequence[Word]) -> float:
    """The size of the formula's own print: the largest that sets at least an eighth of it, indices not."""
    sizes: Counter[float] = Counter()
    for word in words:
        if not word.hangs and not is_operator(word):
            sizes[round(word.size, 1)] += 1
    least = sum(sizes.values()) / 8
    return max((s for s, count in sizes.items() if count >= least), default=words[0].size)


def _assembled(words: Sequence[Word]) -> list[Word]:
    """`words` with tall brackets that are made of pieces as one."""
    found = [w for w in words if not any(w.text and w.text in pieces for pieces in _PIECES)]
    for pieces, whole in _PIECES.items():
        of = sorted((w for w in words if w.text and w.text in pieces), key=lambda w: (round(w.x0 / 3), w.baseline))
        while of:
            stack = [w for w in of if abs(w.x0 - of[0].x0) < 3]
            of = [w for w in of if w not in stack]
            extent = min(ink(w)[0] for w in stack), max(ink(w)[1] for w in stack)
            found.append(replace(stack[0], text=whole, hangs=True, extent=extent, baseline=extent[0]))
    return found


def _accented(words: Sequence[Word]) -> list[Word]:
    """`words` with accents put on the letters that they are printed over."""
    held = [w for w in words if w.text not in _HATS]
    for accent in (w for w in words if w.text in _HATS):
        x = (accent.x0 + accent.x1) / 2
        under = [
            i
            for i, w in enumerate(held)
            if w.x0 - 0.2 * w.size <= x <= w.x1 + 0.2 * w.size and -0.5 < (w.baseline - accent.baseline) / w.size < 0.7
        ]
        if not under:
            held.append(accent)
            continue
        at = min(under, key=lambda i: abs((held[i].x0 + held[i].x1) / 2 - x))
        word = held[at]
        place = min(max(int((x - word.x0) / (word.x1 - word.x0) * len(word.text)), 0), len(word.text) - 1)
        hat = f"\\{_HATS[accent.text]}{{{word.text[place]}}}"
        held[at] = replace(word, text=word.text[:place] + hat + word.text[place + 1 :])
    return held


def _with_cases(words: list[Word], size: float) -> list[Word]:
    """`words` with the rows behind a tall brace that nothing closes as `\\begin{cases}`."""
    for brace in [w for w in words if w.text == "\\{" and w.hangs and ink(w)[1] - ink(w)[0] > 2 * size]:
        top, bottom = ink(brace)
        numbers = [w.x0 for w in words if _NUMBER.fullmatch(w.text)]
        right = [
            w
            for w in words
            if w is not brace
            and brace.x0 < w.x0 < max(numbers, default=1e9)
            and top - 0.3 * size < sum(ink(w)) / 2 < bottom + 0.3 * size
        ]
        rows = _grouped(right, size)
        if len(rows) < 2 or any(w.text == "\\}" and w.hangs for w in right):
            continue
        text = " \\\\ ".join(_row(mains, scripts, size).strip() for mains, scripts in rows)
        whole = replace(
            brace,
            text=f"\\begin{{cases}} {text} \\end{{cases}}",
            x1=max(w.x1 for w in right),
            size=size,
            baseline=(top + bottom) / 2 + 0.25 * size,
            hangs=False,
        )
        return [w for w in words if w is not brace and w not in right] + [whole]
    return words


def _with_stacks(words: list[Word], size: float) -> list[Word]:
    """`words` with two rows in a pair of tall parentheses, as of a binomial coefficient, as `{n \\atop k}`."""
    for left in [w for w in words if w.text == "(" and w.hangs]:
        top, bottom = ink(left)
        right = [w for w in words if w.text == ")" and w.hangs and w.x0 >= left.x1 and abs(ink(w)[0] - top) < 1]
        end = min((w.x0 for w in right), default=0.0)
        held = [w for w in words if left.x1 - 0.5 <= w.x0 and w.x1 <= end + 0.5 and top < sum(ink(w)) / 2 < bottom]
        rows = _grouped(held, size)
        if len(rows) != 2 or any(w.hangs for w in held) or not _is_stack(rows, (top + bottom) / 2):
            continue
        over, under = (_row(mains, scripts, size).strip() for mains, scripts in rows)
        whole = replace(
            held[0],
            text=f"{{{over} \\atop {under}}}",
            x0=left.x1,
            x1=end,
            size=size,
            baseline=(top + bottom) / 2 + 0.25 * size,
            extent=(top, bottom),
        )
        words = [*(w for w in words if w not in held), whole]
    return words


def _is_stack(rows: Sequence[tuple[list[Word], list[Word]]], axis: float) -> bool:
    """Whether of two rows one is above the axis and one below it, each centred over the other."""
    (over, under) = (mains for mains, _ in rows)
    centres = [(min(w.x0 for w in row) + max(w.x1 for w in row)) / 2 for row in (over, under)]
    apart = max(w.baseline for w in over) < axis + 0.1 * over[0].size and min(ink(w)[0] for w in under) > axis
    return apart and abs(centres[0] - centres[1]) < 0.5 * over[0].size


def _level(word: Word, size: float) -> float:
    """The baseline of the row that `word` belongs to: what is centred on the axis has none of its own."""
    if word.hangs or (word.text in "∑∏∫" and is_operator(word)):
        return sum(operator_ink(word)) / 2 + 0.25 * size
    return word.baseline


def _grouped(words: Sequence[Word], size: float) -> list[tuple[list[Word], list[Word]]]:
    """Rows from top to bottom, each with its main words and its indices."""
    mains: list[list[Word]] = []
    small = sorted((w for w in words if w.size < _SMALL * size and not w.hangs), key=lambda w: w.x0)
    tall = [w for w in words if w.hangs]
    for word in sorted((w for w in words if w not in small and w not in tall), key=lambda w: _level(w, size)):
        if mains and _level(word, size) - _level(mains[-1][0], size) <= 0.35 * size:
            mains[-1].append(word)
        else:
            mains.append([word])
    for word in tall:
        reach = max(0.6 * size, 0.5 * (ink(word)[1] - ink(word)[0]))
        near = [row for row in mains if abs(_level(word, size) - _level(row[0], size)) <= reach]
        if near:
            min(near, key=lambda row: abs(_level(row[0], size) - _level(word, size))).append(word)
        else:
            mains.append([word])
    scripts: list[list[Word]] = [[] for _ in mains]
    stray: list[Word] = []
    for word in small:
        at = _row_of(word, mains, scripts, size)
        (stray if at is None else scripts[at]).append(word)
    held = list(zip(mains, scripts, strict=True))
    if stray:
        held += _grouped(stray, _print_size(stray)) if mains else [(stray, [])]
    return sorted(held, key=lambda row: _level(max(row[0], key=lambda w: w.size), size))


def _row_of(word: Word, rows: Sequence[Sequence[Word]], scripts: Sequence[Sequence[Word]], size: float) -> int | None:
    """The row that a small word is an index in: the one with a word close by that it touches the height of."""
    best: tuple[float, int] | None = None
    for at, row in enumerate(rows):
        level = _level(row[0], size)
        for other in (*row, *scripts[at]):
            top, bottom = ink(other)
            high, low = min(top, level - 0.95 * size), max(bottom, level + 0.5 * size)
            gap = max(word.x0 - other.x1, other.x0 - word.x1, 0.0)
            if not high - 0.3 * size <= word.baseline <= low + 0.3 * size or gap > 1.5 * size:
                continue
            away = abs(level - 0.15 * size - word.baseline) + gap
            if best is None or away < best[0]:
                best = away, at
    return best[1] if best else None


def _row(mains: Sequence[Word], scripts: Sequence[Word], size: float) -> str:
    """One row: main words from left to right, each followed by its indices, with spaces where white was printed."""
    level = _level(max(mains, key=lambda w: (not w.hangs, w.extent is None, w.size)), size)
    level_with = [
        w for w in scripts if w.text[:2].isupper() and abs(w.baseline - level) < 0.08 * size
    ]  # small capitals
    line = sorted([*mains, *level_with], key=lambda w: w.x0)
    scripts = [w for w in scripts if w not in level_with]
    own: dict[int, list[Word]] = {}
    for script in sorted(scripts, key=lambda w: w.x0):
        before = [i for i, w in enumerate(line) if w.x0 <= script.x0 + 0.1 * size and w.x0 < script.middle[0]]
        own.setdefault(before[-1] if before else -1, []).append(script)
    text = _scripts(own.get(-1, []), None, level, size)
    end = max((w.x1 for w in own.get(-1, [])), default=None)
    for at, word in enumerate(line):
        if end is not None and (word.x0 - end > 0.13 * size or (word.text[:1].isalpha() and _ends_function(text))):
            text += " "
        text += word.text + _scripts(own.get(at, []), word, level, size)
        end = max([word.x1, *(w.x1 for w in own.get(at, []))])
    return text


def _ends_function(text: str) -> bool:
    found = list(_FUNCTIONS.finditer(text))
    return bool(found) and found[-1].end() == len(text)


def _scripts(words: Sequence[Word], base: Word | None, level: float, size: float) -> str:
    """Indices of one word, lower before upper."""
    if not words:
        return ""
    middle = level - 0.1 * size
    if base is not None and base.extent and base.extent[1] - base.extent[0] > 1.5 * size:
        middle = sum(base.extent) / 2 + 0.2 * size
    up = [w for w in words if w.baseline < middle]
    down = [w for w in words if w.baseline >= middle]
    return (f"_{{{linear(down)}}}" if down else "") + (f"^{{{linear(up)}}}" if up else "")
