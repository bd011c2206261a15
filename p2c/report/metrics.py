"""What the smoke run measured, as rows: the numbers of its metrics file, beside the paper's where it has the same name.

The file was written by the program under test, so nothing in it is trusted to be of any type, length or number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from p2c.report.comparison import Comparison
from p2c.report.plain import plain

MAX_ROWS = 100
MAX_NAME = 120
HEAD = ("name", "value", "paper")
_DEPTH = 6
"""Levels of names within names that are followed."""

Row = tuple[str, str, str]


def rows(metrics: Mapping[str, object], compared: Sequence[Comparison] = ()) -> tuple[Row, ...]:
    """Name, value and the paper's value of all metrics, in their order; of lists the length.

    Args:
        metrics: the content of the file: below `metrics`, or where it has no such part, all but `paper`.
        compared: the rows of its `paper`, see `p2c.report.comparison`.
    """
    inner = metrics.get("metrics")
    found = inner if isinstance(inner, Mapping) else {name: value for name, value in metrics.items() if name != "paper"}
    papers = {one.name: f"{one.paper:.4g}" for one in compared}
    return tuple((name, value, papers.get(name, "")) for name, value in _flat(found, "", _DEPTH))


def _flat(values: Mapping[str, object], prefix: str, levels: int) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = plain(f"{prefix}{key}", MAX_NAME)
        if isinstance(value, Mapping) and value and levels:
            yield from _flat(value, f"{name}.", levels - 1)
        else:
            yield name, _written(value)


def _written(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str | int):
        return plain(str(value), 80)
    size = len(value) if isinstance(value, list | Mapping) else 0
    return f"{'list' if isinstance(value, list) else 'object'} of {size}"
