"""Reading order of boxes on a page: columns first, split by what spans them.

A recursive cut (after Nagy and Seth's XY-cut): find the vertical line that leaves boxes side by side and crosses
the fewest others; what crosses it (titles, wide tables) divides the page into strips that are read one after
another, and in each strip the left column is read before the right one.
"""

from __future__ import annotations

from collections.abc import Sequence

from p2c.paper.pdf_layout import Box

_SLACK = 3.0
"""Points by which a box may reach over a column's edge."""


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """The indices of `boxes` in the order in which a person reads them."""
    return _order(list(range(len(boxes))), boxes)


def _order(ids: list[int], boxes: Sequence[Box]) -> list[int]:
    if len(ids) < 2:
        return ids
    cut = _cut(ids, boxes)
    if cut is None:
        return sorted(ids, key=lambda i: (boxes[i][1], boxes[i][0]))
    left, right, spanning = cut
    if not spanning:
        return _order(left, boxes) + _order(right, boxes)
    ordered: list[int] = []
    rest = left + right
    for span in sorted(spanning, key=lambda i: boxes[i][1]):
        centre = (boxes[span][1] + boxes[span][3]) / 2
        above = [i for i in rest if (boxes[i][1] + boxes[i][3]) / 2 < centre]
        rest = [i for i in rest if i not in above]
        ordered += [*_order(above, boxes), span]
    return ordered + _order(rest, boxes)


def _cut(ids: list[int], boxes: Sequence[Box]) -> tuple[list[int], list[int], list[int]] | None:
    """The best vertical line: (left of it, right of it, crossing it), or None where nothing stands side by side."""
    best: tuple[float, float] | None = None
    found = None
    for x in sorted({boxes[i][0] for i in ids}):
        left = [i for i in ids if boxes[i][2] <= x + _SLACK and boxes[i][0] < x]
        right = [i for i in ids if boxes[i][0] >= x - _SLACK and i not in left]
        shared = _shared_height(left, right, boxes)
        if shared <= 4.0:
            continue
        spanning = [i for i in ids if i not in left and i not in right]
        crossing = sum(boxes[i][3] - boxes[i][1] for i in spanning)
        score = (crossing - 0.5 * shared, x)
        if best is None or score < best:
            best, found = score, (left, right, spanning)
    return found


def _shared_height(left: list[int], right: list[int], boxes: Sequence[Box]) -> float:
    """Over how many points of height a box on the left stands beside one on the right."""
    total = 0.0
    for i in left:
        for j in right:
            total += max(0.0, min(boxes[i][3], boxes[j][3]) - max(boxes[i][1], boxes[j][1]))
    return total
