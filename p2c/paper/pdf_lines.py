"""Words of one region into lines of text, with sub- and superscripts marked as `_{}` and `^{}`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from p2c.paper.pdf_words import ACCENTS, Word, mend


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its text, its place in points, and the style of most of it."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool
    mono: bool
    words: tuple[Word, ...]


def main_size(words: Iterable[Word]) -> float:
    """The font size (points, to a tenth) that sets most characters of `words`."""
    sizes: Counter[float] = Counter()
    for word in words:
        sizes[round(word.size, 1)] += len(word.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def lines_of(words: Sequence[Word]) -> list[Line]:
    """`words` as lines from top to bottom; small words join the line that they are the index of."""
    if not words:
        return []
    size = main_size(words)
    rows: list[list[Word]] = []
    loose = [w for w in words if w.size < 0.85 * size or w.hangs or w.text in ACCENTS]
    for word in sorted((w for w in words if w not in loose), key=lambda w: (w.baseline, w.x0)):
        if rows and abs(word.baseline - rows[-1][0].baseline) <= 0.25 * size:
            rows[-1].append(word)
        else:
            rows.append([word])
    for word in loose:
        _attach(word, rows, size)
    rows.sort(key=_baseline)
    return [_line(row) for row in rows]


def _attach(word: Word, rows: list[list[Word]], size: float) -> None:
    """Puts an index, an accent, a big operator or small print on the row whose baseline it belongs to."""
    if word.hangs or word.text in ACCENTS:
        middle = sum(word.extent) / 2 if word.extent else word.baseline + 0.5 * word.size
        low = middle + 0.25 * word.size if word.hangs else word.baseline + 0.2 * word.size
        aligned = [row for row in rows if abs(_baseline(row) - low) <= 0.6 * word.size]
        if aligned:
            row = min(aligned, key=lambda row: abs(_baseline(row) - low))
            row.append(word if word.hangs else _over(word, row))
        else:
            rows.append([word])
        return
    near = [row for row in rows if -0.7 * size <= word.baseline - _baseline(row) <= 0.45 * size]
    beside = [row for row in near if min(_gap(word, other) for other in row) <= 0.8 * size]
    if beside or near:
        min(beside or near, key=lambda row: abs(_baseline(row) - word.baseline)).append(word)
    else:
        rows.append([word])


def _over(accent: Word, row: list[Word]) -> Word:
    """The accent, moved to stand just before the word that it is printed over."""
    middle = accent.middle[0]
    below = [w for w in row if w.x0 - 1 <= middle <= w.x1 + 1]
    x0 = below[0].x0 - 0.01 if below else accent.x0
    return replace(accent, x0=x0, x1=x0)


def _gap(one: Word, other: Word) -> float:
    return max(one.x0 - other.x1, other.x0 - one.x1, 0.0)


def _baseline(row: list[Word]) -> float:
    return max(row, key=lambda w: (not w.hangs and w.text not in ACCENTS, round(w.size, 1), len(w.text))).baseline


def _line(row: list[Word]) -> Line:
    row = sorted(row, key=lambda w: w.x0)
    size = main_size(w for w in row)
    letters = sum(len(w.text) for w in row)
    return Line(
        text=mend(_join(row)),
        x0=row[0].x0,
        y0=min(w.y0 for w in row),
        x1=max(w.x1 for w in row),
        y1=max(w.y1 for w in row),
        size=size,
        bold=sum(len(w.text) for w in row if w.bold) > 0.7 * letters,
        mono=sum(len(w.text) for w in row if w.mono) > 0.7 * letters,
        words=tuple(row),
    )


def _join(row: list[Word]) -> str:
    """Spaces by the gaps, not by the file: text layers of old reports have none or too many."""
    size = max((w.size for w in row if not w.hangs), default=row[0].size)
    base = _baseline(row)
    text, script = "", ""
    previous: Word | None = None
    for word in row:
        kind = _script(word, base, size)
        apart = previous is not None and word.x0 - previous.x1 > 0.13 * max(word.size, previous.size, 0.7 * size)
        if script and kind != script:
            text += "}"
            script = ""
        if apart:
            text += " "
        if kind and not script:
            text += kind + "{"
            script = kind
        text += word.text
        previous = word
    return text + ("}" if script else "")


def _script(word: Word, base: float, size: float) -> str:
    if word.size > 0.82 * size or word.hangs:
        return ""
    if word.baseline < base - 0.15 * size:
        return "^"
    if word.baseline > base + 0.08 * size:
        return "_"
    return ""
