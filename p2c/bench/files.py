"""The set's results as files: `bench.json`, `bench.md`, `bench.csv`, `bench.html`."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import cache
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from p2c.bench import words
from p2c.bench.places import Places
from p2c.bench.result import Bench
from p2c.bench.row import Row
from p2c.report.plain import plain
from p2c.run.atomic import write_atomically
from sandbox.verdict import Rung

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the start of a cell."""


def write_results(bench: Bench, places: Places) -> None:
    """Write all of them. Raises RunFolderError."""
    made = {
        "bench.json": bench.model_dump_json(indent=1) + "\n",
        "bench.md": as_markdown(bench),
        "bench.csv": as_csv(bench),
        "bench.html": as_html(bench),
    }
    for name, text in made.items():
        write_atomically(places.root / name, text.encode("utf-8", "replace"), places.scratch)


def as_markdown(bench: Bench) -> str:
    """The table and the figures as Markdown."""
    found = bench.statistics
    parts = [f"# {_cell(bench.title)}", "", *_interrupted(bench)]
    parts += _table(words.HEAD, [words.row_cells(row) for row in bench.rows])
    wrong = [row for row in bench.rows if row.unexpected]
    if wrong:
        parts += ["", "## Otherwise than expected", ""]
        parts += [f"- {_cell(row.name)}: {_cell(words.otherwise(row))}" for row in wrong]
    if found.classes:
        parts += ["", "## By class", "", *_table(words.CLASS_HEAD, [words.class_cells(one) for one in found.classes])]
    if found.judged:
        parts += ["", "## Rungs", "", *_table(words.RUNGS_HEAD, words.rung_cells(found))]
    for heading, one in words.line_groups(found):
        parts += ["", f"## Lines modified: {heading}", "", *_table(words.LINES_HEAD, words.line_cells(one))]
        parts += ["", f"{words.share_sentence(one)}."]
    parts += ["", "## In all", "", *(f"- {_cell(sentence)}" for sentence in words.sentences(bench)), ""]
    return "\n".join(parts)


def as_csv(bench: Bench) -> str:
    """A line an entry, for spreadsheets: numbers as numbers, no cell a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_CSV_HEAD)
    for row in bench.rows:
        writer.writerow([_csv_cell(value) for value in _csv_row(row)])
    return stream.getvalue()


def as_html(bench: Bench) -> str:
    """One page that needs nothing else: no script to be read, nothing from elsewhere, every text escaped."""
    return _page().render(
        bench=bench,
        found=bench.statistics,
        words=words,
        plain=plain,
        rows=[(row, words.row_cells(row), _sort_keys(row)) for row in bench.rows],
        link=quote,
        width=lambda share: f"{100 * share:.1f}",
        classes=[words.class_cells(one) for one in bench.statistics.classes],
    )


@cache
def _page() -> Template:
    environment = Environment(
        loader=PackageLoader("p2c.bench", "templates"), undefined=StrictUndefined, autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html.j2")


_CSV_HEAD = (
    "entry", "kind", "class", "end", "as_expected", "first_rung", "rung", "lines_reduced", "lines_net", "lines_gross",
    "lines_rewritten", "is_minimal", "baseline_lines", "share", "baseline_python", "python_share", "minimum",
    "fixers_tried", "fixers_kept", "model_tried", "model_kept", "model",
    "calls", "prompt_tokens", "cached_tokens", "reply_tokens", "cost_usd",
    "seconds", "sandbox_seconds", "model_seconds",
)  # fmt: skip


def _csv_row(row: Row) -> Sequence[object]:
    lines, used = row.lines, row.usage
    counts = (lines.reduced, lines.net, lines.gross, lines.rewritten) if lines else (None,) * 4
    return (
        row.name, row.kind, row.group, row.end.value, int(not row.unexpected), row.first_rung, row.rung,
        *(one.total if one else None for one in counts), None if row.is_minimal is None else int(row.is_minimal),
        lines.baseline_lines if lines else None,
        row.share, lines.baseline_python if lines else None, row.python_share, row.minimum,
        row.fixers.tried, row.fixers.accepted, row.model_edits.tried, row.model_edits.accepted, row.model,
        used.calls, used.prompt_tokens, used.cached_tokens, used.reply_tokens, used.cost_usd,
        row.seconds, row.sandbox_seconds, row.model_seconds,
    )  # fmt: skip


def _csv_cell(value: object) -> object:
    if not isinstance(value, str):
        return "" if value is None else value
    text = plain(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _sort_keys(row: Row) -> tuple[str, ...]:
    """By which the page's script sorts a column: numbers as numbers; empty: after all others."""
    lines = row.lines
    numbers: tuple[float | None, ...] = (
        int(Rung[row.rung]) if row.rung else None,
        lines.reduced.total if lines else None,
        lines.net.total if lines else None,
        row.minimum,
        row.fixers.tried,
        row.model_edits.tried,
        row.usage.prompt_tokens + row.usage.reply_tokens,
        row.usage.cost_usd,
        row.seconds,
    )
    rung, *rest = ("" if number is None else f"{number:g}" for number in numbers)
    return plain(row.name), plain(row.group), rung, row.end.value, *rest


def _interrupted(bench: Bench) -> list[str]:
    return ["Interrupted: what was not begun, or not ended, is in no figure.", ""] if bench.interrupted else []


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    shown = words.columns(rows, head)
    lines = [[head[n] for n in shown], ["---"] * len(shown), *([_cell(row[n]) for n in shown] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def _cell(text: str) -> str:
    """Text that cannot end a cell, begin HTML, or make a link."""
    shown = plain(text, 600).replace("\\", "\\\\")
    for sign in "|<>`*_[]":
        shown = shown.replace(sign, f"\\{sign}")
    return shown
