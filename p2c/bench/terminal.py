"""The end of a set on the terminal: the table, the classes, the figures."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from p2c.bench import words
from p2c.bench.result import Bench
from p2c.report.plain import plain

_WHOLE = frozenset({"lines", "net", "minimum", "cost", "time"})
"""Short cells, which are not broken."""
_LEFT = frozenset({"entry", "class", "ended", "lines", "rung"})


def show(bench: Bench, console: Console, folder: str) -> None:
    """Print it; what a file's name or a program put into it is data."""
    console.print()
    console.print(_table(bench.title, words.HEAD, [words.row_cells(row) for row in bench.rows]))
    for row in bench.rows:
        if row.unexpected:
            console.print(
                escape(plain(f"(!) {row.name}: {words.otherwise(row)}", 400)), soft_wrap=True, highlight=False
            )
    found = bench.statistics
    if found.classes:
        console.print(_table("By class", words.CLASS_HEAD, [words.class_cells(one) for one in found.classes]))
    if found.judged:
        console.print(_table("Rungs", words.RUNGS_HEAD, words.rung_cells(found)))
    for heading, one in words.line_groups(found):
        console.print(_table(f"Lines modified: {heading}", words.LINES_HEAD, words.line_cells(one)))
        console.print(words.share_sentence(one), soft_wrap=True, highlight=False)
    for sentence in words.sentences(bench):
        console.print(escape(plain(sentence, 1000)), soft_wrap=True, highlight=False)
    console.print(f"page     {escape(folder)}/bench.html", soft_wrap=True, highlight=False)
    console.print(f"figures  {escape(folder)}/bench.json", soft_wrap=True, highlight=False)


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    shown = words.columns(rows, head)
    table = Table(
        title=escape(plain(title, 100)), title_justify="left", header_style="bold", box=SIMPLE_HEAD, padding=0
    )
    for n in shown:
        is_left = head[n] in _LEFT
        table.add_column(head[n], justify="left" if is_left else "right", overflow="fold", no_wrap=head[n] in _WHOLE)
    for row in rows:
        table.add_row(*(escape(plain(row[n], 100)) for n in shown))
    return table
