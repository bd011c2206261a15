"""The lines modified between two trees on the terminal, file by file. Names of files are shown as data."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from p2c.repair.between import FileLines, LinesBetween
from p2c.report.plain import plain
from p2c.report.text import count, share_line

MAX_FILES = 200
"""Rows of the table."""
_WHY = {
    "binary": "binary: not counted",
    "generated": "generated: not counted",
    "never code": "was never code: counted apart",
}


def show(found: LinesBetween, console: Console) -> None:
    """A row for each file that is not the same, then the sums and the shares."""
    if found.files:
        console.print(_table(found.files[:MAX_FILES]))
        if len(found.files) > MAX_FILES:
            console.print(f"And {len(found.files) - MAX_FILES:,} more; --json has them all.")
    console.print(f"lines modified  {count(found.net)}", soft_wrap=True)
    if found.rewritten.total:
        console.print(f"written again   {count(found.rewritten)}", soft_wrap=True)
    share = share_line(found.share, found.baseline_lines, found.python_share, found.baseline_python)
    console.print(f"share           {share}", soft_wrap=True)


def _table(files: tuple[FileLines, ...]) -> Table:
    table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("file", overflow="fold")
    table.add_column("Python", justify="right")
    table.add_column("other", justify="right")
    table.add_column("")
    for one in files:
        said = f"moved from {plain(one.moved_from)}" if one.moved_from is not None else one.state
        note = "; ".join(part for part in (said if said != "changed" else "", _WHY.get(one.not_counted, "")) if part)
        cells = (plain(one.path), str(one.lines.python or "-"), str(one.lines.other or "-"), note)
        table.add_row(*map(escape, cells))
    return table
